//! `segnalalo notices`: what arrived on a channel and belongs to no conversation.

use crate::{
    client::Registry,
    failure::Failure,
    output,
    phrases::{Phrases, stamp},
    render::{json, ticket, wrap},
};
use segnalalo_kit::config::Vars;
use segnalalo_proto::registry::v1::ListNoticesRequest;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    json: bool,
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub async fn run(args: &Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let mut registry = Registry::connect(vars, phrases).await?;
    let answer = registry.tickets.list_notices(ListNoticesRequest { limit: args.limit }).await;
    let notices = answer.map_err(|status| registry.refused(&status, phrases, &[]))?.into_inner().notices;
    if args.json {
        let notices = notices.iter().map(json::notice).collect::<Vec<_>>();
        output::line(json!({ "notices": notices }).to_string());
        return Ok(());
    }
    if notices.is_empty() {
        output::line(phrases.text("no_notices", &[]));
    }
    let unknown = phrases.text("notice_unknown", &[]);
    for notice in &notices {
        let at = ticket::instant(notice.at.as_ref()).map(stamp).unwrap_or_default();
        let values = [
            ("at", at.as_str()),
            ("channel", phrases.word("channel", ticket::channel_code(notice.channel))),
            ("subject", &notice.subject),
            ("unknown", if notice.known { "" } else { &unknown }),
        ];
        output::line(phrases.text("notice", &values));
        output::line(wrap::wrap(&wrap::shorten(&notice.raw, 400), 4, wrap::width(vars)));
    }
    Ok(())
}
