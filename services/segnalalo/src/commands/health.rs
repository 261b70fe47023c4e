//! `segnalalo health`: which processes are ready, asked at their admin ports. An image without a shell has no other way
//! to look after itself.

use crate::{
    failure::Failure,
    output,
    phrases::{Part, Phrases},
    processes,
};
use segnalalo_kit::{config::Vars, http};
use std::{process::ExitCode, time::Duration};

const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "PROCESSO")]
    services: Vec<String>,
}

pub async fn run(args: &Args, vars: &Vars, phrases: &Phrases) -> Result<ExitCode, Failure> {
    let known = processes::ADMIN_PORTS.map(|(name, _)| name);
    if let Some(unknown) = args.services.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::usage(format!("{unknown}: {}", known.join(", "))));
    }
    let client = http::client(PATIENCE);
    let mut all_ready = true;
    for name in known.into_iter().filter(|name| args.services.is_empty() || args.services.iter().any(|one| one == name))
    {
        let address = processes::local(processes::admin_address(name, vars)?);
        let url = format!("http://{address}/readyz");
        let (ready, said) = match client.get(&url).send().await {
            Ok(answer) if answer.status().is_success() => (true, phrases.say(Part::Health, "ready", &[])),
            Ok(answer) => {
                let why = answer.text().await.unwrap_or_default();
                (false, phrases.say(Part::Health, "not_ready", &[("why", why.trim())]))
            }
            Err(_) => (false, phrases.say(Part::Health, "silent", &[("url", &url)])),
        };
        all_ready &= ready;
        output::line(format!("{name:<16} {said}"));
    }
    Ok(if all_ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
