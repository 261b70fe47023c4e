//! `segnalalo replay FOLDER`: posts recorded webhook bodies, signed as Meta signs, and says what became of each, as the
//! log tells it.

mod bodies;
mod fate;

use super::demo::folder;
use crate::{
    client::Registry,
    demo_time,
    failure::Failure,
    operator, output,
    phrases::{Part, Phrases},
    processes,
};
use bodies::{Body, Reader, Sender};
use fate::{Became, Fates};
use segnalalo_kit::{
    clock::{self, Clock as _},
    config::Vars,
};
use segnalalo_proto::registry::v1::{GetTicketRequest, VerifyLogRequest, WatchRequest, WatchResponse};
use serde_json::json;
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};
use tonic::Streaming;

/// Nothing new for so long: nothing more will come.
const QUIET: Duration = Duration::from_millis(1_000);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "CARTELLA")]
    folder: PathBuf,
    #[arg(long, value_name = "URL")]
    facebook: Option<String>,
    #[arg(long, value_name = "URL")]
    whatsapp: Option<String>,
    #[arg(long, default_value_t = 40)]
    settle: u64,
    #[arg(long)]
    json: bool,
}

pub async fn run(args: &Args, vars: &Vars, phrases: &Phrases) -> Result<ExitCode, Failure> {
    let vars = &folder::with_demo(vars)?;
    let bodies = bodies::find(&args.folder)?;
    if bodies.is_empty() {
        let folder = args.folder.display().to_string();
        return Err(Failure::usage(phrases.say(Part::Replay, "nothing", &[("folder", &folder)])));
    }
    let webhook = |given: &Option<String>, variable: &str, port: u16| -> Result<String, Failure> {
        let address = vars.parsed(variable, SocketAddr::from(([127, 0, 0, 1], port))).map_err(Failure::config)?;
        Ok(given.clone().unwrap_or_else(|| format!("http://{}/webhook", processes::local(address))))
    };
    let facebook = webhook(&args.facebook, "INGEST_FACEBOOK_LISTEN", 8081)?;
    let whatsapp = webhook(&args.whatsapp, "INGEST_WHATSAPP_LISTEN", 8082)?;
    let sender = Sender::new(&facebook, &whatsapp, vars)?;
    let reader = Reader::new(vars)?;
    let mut watching = match Registry::connect(vars, phrases).await {
        Ok(registry) => Some(watch(registry, phrases).await?),
        Err(_) => None,
    };
    if !args.json {
        let count = bodies.len().to_string();
        eprintln!("{}", phrases.say(Part::Replay, "posting", &[("count", &count)]));
        if watching.is_none() {
            eprintln!("{}", phrases.say(Part::Replay, "without_registry", &[]));
        }
    }
    let time = demo_time::read(vars).await?;
    let mut fates = Fates::default();
    for body in &bodies {
        let begun = time.now();
        let sent = sender.post(body).await;
        if let (Err(why), true) = (&sent, fates.is_empty()) {
            return Err(Failure::unavailable(phrases.say(Part::Replay, "unsent", &[("why", why)])));
        }
        fates.push(&reader.told(body, begun), begun..=time.now(), sent);
    }
    if let Some((_, records)) = &mut watching {
        follow(records, &mut fates, Duration::from_secs(args.settle)).await;
    }
    let codes = match watching {
        Some((mut registry, _)) => codes(&mut registry, &fates).await,
        None => BTreeMap::new(),
    };
    Ok(tell(&bodies, &fates, &codes, args.json, phrases))
}

/// The log from its present head on.
async fn watch(mut registry: Registry, phrases: &Phrases) -> Result<(Registry, Streaming<WatchResponse>), Failure> {
    let head = registry.log.verify_log(VerifyLogRequest {}).await;
    let head = head.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner().records;
    let records = registry.tickets.watch(WatchRequest { after_position: head }).await;
    let records = records.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner();
    Ok((registry, records))
}

/// Reads facts until every message has found its way and nothing more comes, or the patience is over.
async fn follow(records: &mut Streaming<WatchResponse>, fates: &mut Fates, patience: Duration) {
    let end = clock::monotonic() + patience;
    while clock::monotonic() < end {
        match tokio::time::timeout(QUIET, records.message()).await {
            Ok(Ok(Some(response))) => fates.read(&response.record),
            Ok(Ok(None) | Err(_)) => return,
            Err(_) if fates.waiting() => {}
            Err(_) => return,
        }
    }
}

/// Public codes of all tickets that were met, by id.
async fn codes(registry: &mut Registry, fates: &Fates) -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    for id in fates.tickets() {
        let request = GetTicketRequest { ticket: Some(operator::ticket_ref(&id)) };
        if let Ok(answer) = registry.tickets.get_ticket(request).await {
            codes.insert(id, answer.into_inner().ticket.unwrap_or_default().code);
        }
    }
    codes
}

fn tell(
    bodies: &[Body],
    fates: &Fates,
    codes: &BTreeMap<String, String>,
    as_json: bool,
    phrases: &Phrases,
) -> ExitCode {
    let longest = bodies.iter().map(|body| body.name.chars().count()).max().unwrap_or(0);
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    let mut all_taken = true;
    for (number, body) in bodies.iter().enumerate() {
        let fate = fates.of(number);
        all_taken &= fate.taken();
        let became = fate.became();
        for one in &became {
            *totals.entry(one.word()).or_default() += 1;
        }
        let found = became.iter().filter_map(Became::ticket).filter_map(|id| codes.get(&id.to_string()));
        let found = found.cloned().collect::<Vec<_>>();
        if as_json {
            let words = became.iter().map(Became::word).collect::<Vec<_>>();
            output::line(
                json!({ "file": body.name, "status": fate.status(), "became": words, "tickets": found }).to_string(),
            );
            continue;
        }
        let words = became.iter().map(|one| phrases.word("became", one.word())).collect::<Vec<_>>().join(", ");
        let values = [("status", fate.shown()), ("became", words), ("codes", found.join(", "))];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        output::line(format!("{:<longest$}  {}", body.name, phrases.say(Part::Replay, "line", &values)));
    }
    if !as_json {
        let shown = totals.iter().map(|(word, count)| format!("{count} × {}", phrases.word("became", word)));
        let values = [("count", bodies.len().to_string()), ("totals", shown.collect::<Vec<_>>().join(", "))];
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        output::line(phrases.say(Part::Replay, "summary", &values));
    }
    if all_taken { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
