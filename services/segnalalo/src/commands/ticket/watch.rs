//! `ticket watch`: facts as they happen, a line each.

use super::Desk;
use crate::{failure::Failure, output, phrases::stamp};
use segnalalo_domain::event::{Event, Recorded, Stream, ticket::Event as Happened};
use segnalalo_proto::{
    convert, event_name, record,
    registry::v1::{VerifyLogRequest, WatchRequest},
};
use serde_json::json;
use std::collections::HashMap;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    after: Option<u64>,
}

pub async fn watch(mut desk: Desk<'_>, args: &Args) -> Result<(), Failure> {
    let after = match args.after {
        Some(after) => after,
        None => {
            let answer = desk.registry.log.verify_log(VerifyLogRequest {}).await;
            answer.map_err(|status| desk.registry.refused(&status, desk.phrases, &[]))?.into_inner().records
        }
    };
    if !desk.common.json {
        eprintln!("{}", desk.phrases.text("watching", &[("position", &after.to_string())]));
    }
    let answer = desk.registry.tickets.watch(WatchRequest { after_position: after }).await;
    let mut records = answer.map_err(|status| desk.registry.refused(&status, desk.phrases, &[]))?.into_inner();
    let mut codes = HashMap::new();
    loop {
        match records.message().await {
            Ok(Some(response)) => line(&desk, &response.record, response.position, &mut codes),
            Ok(None) => return Ok(()),
            Err(status) => return Err(desk.registry.refused(&status, desk.phrases, &[])),
        }
    }
}

/// `codes`: public codes of the tickets that were opened meanwhile.
fn line(desk: &Desk<'_>, bytes: &[u8], position: u64, codes: &mut HashMap<Stream, String>) {
    let read = record::decode(bytes).ok().and_then(|record| convert::from_wire(record.envelope).ok());
    let Some(recorded) = read else {
        output::line(format!("{position}  ?"));
        return;
    };
    if let Event::Ticket(Happened::Opened { code, .. }) = &recorded.event {
        codes.insert(recorded.stream, code.clone());
    }
    let Recorded { stream, event, actor, occurred_at, .. } = &recorded;
    let name = event_name(event);
    if desk.common.json {
        let actor = json!({ "type": actor.kind.code(), "name": actor.name });
        let line = json!({
            "position": position,
            "at": occurred_at.to_string(),
            "event": name,
            "stream": stream.to_string(),
            "code": codes.get(stream),
            "actor": actor,
        });
        output::line(line.to_string());
    } else {
        let shown = codes.get(stream).cloned().unwrap_or_else(|| stream.to_string());
        output::line(format!("{position:>8}  {}  {name:<24}  {shown}", stamp(*occurred_at)));
    }
}
