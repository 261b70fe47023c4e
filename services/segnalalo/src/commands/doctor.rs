//! `segnalalo doctor`: looks at the machine, the broker, the secrets, the city's files and Meta, and says of each whether it
//! is well, and what to do when it isn't. It changes nothing; no value of a secret is ever told.

mod broker;
mod city;
mod conf;
mod engine;
mod finding;
mod keyring;
mod machine;
mod meta;
mod place;
mod ports;
mod rights;
mod secrets;
mod time;
mod webhooks;

use crate::{
    failure::Failure,
    output,
    phrases::{Part, Phrases},
};
use finding::{Finding, Verdict};
use place::{Place, Where};
use segnalalo_domain::calendar::rome;
use segnalalo_kit::{
    clock::{Clock as _, SystemClock},
    config::Vars,
    http,
};
use serde_json::json;
use std::{process::ExitCode, time::Duration};

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// 0: all is well; 1: something is worth a look; 2: something is wrong.
///
/// # Errors
/// A variable that says where things are is wrong.
pub async fn run(args: Args, vars: &Vars, phrases: &Phrases) -> Result<ExitCode, Failure> {
    let place = Place::find(args.place, vars)?;
    let findings = examine(&place).await?;
    let count = |verdict: Verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok);
    if args.json {
        let shown = findings.iter().map(|finding| finding.json(phrases)).collect::<Vec<_>>();
        output::line(json!({ "verdict": worst.code(), "findings": shown }).to_string());
    } else {
        for finding in &findings {
            output::line(finding.line(phrases));
        }
        let counts = [Verdict::Ok, Verdict::Warning, Verdict::Error].map(|verdict| count(verdict).to_string());
        let values = [("ok", counts[0].as_str()), ("warnings", &counts[1]), ("errors", &counts[2])];
        output::line(phrases.say(Part::Doctor, "total", &values));
    }
    Ok(ExitCode::from(match worst {
        Verdict::Ok => 0,
        Verdict::Warning => 1,
        Verdict::Error => 2,
    }))
}

async fn examine(place: &Place) -> Result<Vec<Finding>, Failure> {
    let http = http::client(PATIENCE);
    let (mut findings, disk) = machine(place).await?;
    if !place.contained {
        let wanted = ports::wanted(|process| place.vars_of(process))?;
        findings.extend(ports::judge(&ports::look(wanted, &http).await));
    }
    findings.push(engine::look(place.contained).await);
    findings.extend(secrets::look(place));
    findings.extend(secrets::look_at_files(place));
    findings.extend(city::look(&place.city()?));
    let examined = broker::look(place, disk).await?;
    findings.extend(examined.findings);
    findings.extend(rights::look(place).await?);
    findings.push(keyring::look(place).await?);
    findings.extend(webhooks::look(place, &http).await);
    let (of_meta, ahead_of_meta) = meta::look(place, SystemClock.now()).await?;
    findings.extend(of_meta);
    findings.push(time::beside_broker(match &examined.visit {
        Some(visit) => ahead_of_broker(visit).await,
        None => None,
    }));
    findings.extend(ahead_of_meta.map(time::beside_meta));
    findings.push(time::ntp(time::look_at_ntp(place.contained).await));
    findings.push(time::zone(&rome(), SystemClock.now()));
    Ok(findings)
}

/// And what was measured of the disk, when the broker's files are on it too.
async fn machine(place: &Place) -> Result<(Vec<Finding>, Option<machine::Sync>), Failure> {
    let data = place.data()?;
    let mut findings = vec![machine::memory(machine::look_at_memory(), place.contained)];
    let disk = machine::look_at_disk(&data, place.broker_data.as_deref());
    let with_broker = disk.as_ref().is_ok_and(|disk| disk.with_broker == Some(true));
    findings.extend(machine::disk(&data, disk));
    let folder = data.clone();
    let measured = tokio::task::spawn_blocking(move || machine::measure_sync(&folder)).await;
    let measured = measured.map_err(|error| Failure::failed(error.to_string()))?;
    findings.push(machine::sync(&data, &measured));
    Ok((findings, measured.ok().filter(|_| with_broker)))
}

/// Half of the way there and back is taken for the way there.
async fn ahead_of_broker(visit: &segnalalo_kit::bus::Visit) -> Option<jiff::SignedDuration> {
    let before = SystemClock.now();
    let theirs = visit.time().await.ok()?;
    let after = SystemClock.now();
    Some(before.duration_since(theirs) + after.duration_since(before) / 2)
}
