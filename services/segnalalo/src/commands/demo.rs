//! `segnalalo demo`: the whole city on this machine. The broker with the configuration of production, every process in
//! one, and graph-sim in Meta's place. Everything it keeps stands in one folder, and is there again at the next start.

mod broker;
pub mod folder;

use crate::{
    failure::Failure,
    host::Host,
    output,
    phrases::{Part, Phrases},
    processes,
};
use broker::Broker;
use folder::Folder;
use jiff::{Timestamp, ToSpan as _};
use segnalalo_domain::calendar::local_date;
use segnalalo_kit::{
    clock::{self, SharedClock, SystemClock},
    config::Vars,
    shutdown::{self, Shutdown},
    telemetry,
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Waited for in silence; then it is said what is missing.
const SLOW: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "CARTELLA")]
    folder: Option<PathBuf>,
    #[arg(long, value_name = "FILE", default_value = ".tools/bin/nats-server")]
    nats_server: PathBuf,
}

pub async fn run(args: &Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let started = clock::monotonic();
    let path = vars.parsed("SEGNALALO_DATA_DIR", PathBuf::from(".demo")).map_err(Failure::config)?;
    let folder = Folder::open(args.folder.clone().unwrap_or(path))?;
    let vars = folder.complete(vars)?;
    let _telemetry = telemetry::init("segnalalo", &vars).map_err(Failure::config)?;
    eprintln!("{}", phrases.say(Part::Demo, "starting", &[]));

    let token = Shutdown::new();
    let signals = tokio::spawn(shutdown::signal(token.clone()));
    let mut all = processes::city(&vars)?;
    all.push(processes::graph_sim(&vars)?);
    let mut broker = Broker::start(&args.nats_server, &folder, &vars, phrases).await?;
    folder.claim()?;
    let clock: SharedClock = Arc::new(SystemClock);
    let result = match Host::start(all, &vars, &clock, token.clone()).await {
        Ok(mut host) => {
            live(&mut host, &mut broker, &token, |now| welcome(&folder, &vars, started, now, phrases), phrases).await
        }
        Err(failure) => Err(failure),
    };
    signals.abort();
    broker.stop().await;
    if result.is_ok() {
        let shown = folder.path().display().to_string();
        output::line(phrases.say(Part::Demo, "stopped", &[("folder", &shown)]));
    }
    result
}

/// Until shutdown. Says when everything is ready, or what is missing.
async fn live(
    host: &mut Host,
    broker: &mut Broker,
    token: &Shutdown,
    welcome: impl FnOnce(Timestamp),
    phrases: &Phrases,
) -> Result<(), Failure> {
    let mut next_word = clock::monotonic() + SLOW;
    let begun = clock::monotonic();
    while !host.is_ready() && !token.is_cancelled() && !host.has_ended() {
        if let Some(failure) = broker.failure() {
            token.cancel();
            host.run().await.ok();
            return Err(failure);
        }
        if clock::monotonic() >= next_word {
            let seconds = begun.elapsed().as_secs().to_string();
            let why = host.not_ready();
            eprintln!("{}", phrases.say(Part::Demo, "slow", &[("seconds", &seconds), ("why", &why)]));
            next_word += SLOW;
        }
        tokio::time::sleep(LOOK).await;
    }
    if host.is_ready() {
        welcome(host.clock.now());
    }
    let result = tokio::select! {
        result = host.run() => result,
        failure = broker.ended() => {
            token.cancel();
            host.run().await.ok();
            return Err(failure);
        }
    };
    if token.is_cancelled() {
        eprintln!("\n{}", phrases.say(Part::Demo, "stopping", &[]));
    }
    result
}

fn welcome(folder: &Folder, vars: &Vars, started: Instant, now: Timestamp, phrases: &Phrases) {
    let address = |variable: &str| vars.optional(variable).unwrap_or_default();
    let in_a_week = local_date(now).saturating_add(7.days()).to_string();
    let seconds = format!("{:.1}", started.elapsed().as_secs_f64()).replace('.', ",");
    let values = [
        ("seconds", seconds),
        ("folder", folder.path().display().to_string()),
        ("graph_sim", address("GRAPH_API_URL")),
        ("facebook", format!("http://{}/webhook", address("INGEST_FACEBOOK_LISTEN"))),
        ("whatsapp", format!("http://{}/webhook", address("INGEST_WHATSAPP_LISTEN"))),
        ("registry", address("SEGNALALO_REGISTRY_URL")),
        ("nats", address("SEGNALALO_NATS_URL")),
        ("program", program()),
        ("by", in_a_week),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    output::line(phrases.say(Part::Demo, "ready", &values));
}

/// How this program is called from here.
fn program() -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("segnalalo"));
    let here = std::env::current_dir().unwrap_or_default();
    program.strip_prefix(&here).unwrap_or(&program).display().to_string()
}
