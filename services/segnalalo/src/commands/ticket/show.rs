//! `ticket show`: the ticket and its whole story.

use super::Desk;
use crate::{
    demo_time,
    failure::Failure,
    operator, output,
    render::{json, story, ticket, wrap},
};
use segnalalo_kit::clock::Clock as _;
use segnalalo_proto::registry::v1::GetHistoryRequest;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "CODICE")]
    reference: String,
    #[arg(long)]
    full: bool,
}

pub async fn show(mut desk: Desk<'_>, args: &Args) -> Result<(), Failure> {
    let request = GetHistoryRequest { ticket: Some(operator::ticket_ref(&args.reference)) };
    let answer = desk.registry.tickets.get_history(request).await;
    let values = [("reference", args.reference.as_str())];
    let history = answer.map_err(|status| desk.registry.refused(&status, desk.phrases, &values))?.into_inner();
    let shown = history.ticket.unwrap_or_default();
    if desk.common.json {
        let entries = history.entries.iter().map(json::entry).collect::<Vec<_>>();
        output::line(json!({ "ticket": json::ticket(&shown), "history": entries }).to_string());
        return Ok(());
    }
    let width = wrap::width(desk.vars);
    let now = demo_time::read(desk.vars).await?.now();
    output::line(format!("{}\n", ticket::head(&shown, now, desk.phrases, width)));
    output::line(format!("{}\n", story::story(&history.entries, args.full, desk.phrases, width)));
    let actions = ticket::actions(&shown, desk.phrases);
    output::line(wrap::wrap(&desk.phrases.text("can_do", &[("actions", &actions)]), 0, width));
    Ok(())
}
