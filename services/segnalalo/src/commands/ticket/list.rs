//! `ticket list` and `ticket search`: a row for each ticket, with the time left to its next deadline.

use super::Desk;
use crate::{
    demo_time,
    failure::Failure,
    operator, output,
    render::{json, ticket, wrap},
};
use segnalalo_kit::clock::Clock as _;
use segnalalo_proto::registry::v1::{ListTicketsRequest, SearchTicketsRequest, Ticket};
use serde_json::json;

const PAGE: u32 = 500;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_delimiter = ',')]
    state: Vec<String>,
    #[arg(long, default_value = "", hide_default_value = true)]
    office: String,
    #[arg(long)]
    all: bool,
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

#[derive(Debug, clap::Args)]
pub struct SearchArgs {
    #[arg(required = true)]
    words: Vec<String>,
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub async fn list(mut desk: Desk<'_>, args: &Args) -> Result<(), Failure> {
    let states = operator::states(&args.state, desk.phrases)?;
    let mut tickets = Vec::new();
    let mut page_token = String::new();
    let total = loop {
        let request = ListTicketsRequest {
            open_only: states.is_empty() && !args.all,
            states: states.clone(),
            office: args.office.trim().to_ascii_uppercase(),
            page_size: args.limit.saturating_sub(tickets.len() as u32).clamp(1, PAGE),
            page_token,
        };
        let answer = desk.registry.tickets.list_tickets(request).await;
        let page = answer.map_err(|status| desk.registry.refused(&status, desk.phrases, &[]))?.into_inner();
        tickets.extend(page.tickets);
        page_token = page.next_page_token;
        if page_token.is_empty() || tickets.len() as u32 >= args.limit {
            break page.total;
        }
    };
    print(&desk, &tickets, total).await
}

pub async fn search(mut desk: Desk<'_>, args: &SearchArgs) -> Result<(), Failure> {
    let request = SearchTicketsRequest { query: args.words.join(" "), limit: args.limit.min(PAGE) };
    let answer = desk.registry.tickets.search_tickets(request).await;
    let tickets = answer.map_err(|status| desk.registry.refused(&status, desk.phrases, &[]))?.into_inner().tickets;
    print(&desk, &tickets, tickets.len() as u32).await
}

async fn print(desk: &Desk<'_>, tickets: &[Ticket], total: u32) -> Result<(), Failure> {
    if desk.common.json {
        let tickets = tickets.iter().map(json::ticket).collect::<Vec<_>>();
        output::line(json!({ "tickets": tickets, "total": total }).to_string());
        return Ok(());
    }
    if tickets.is_empty() {
        output::line(desk.phrases.text("no_tickets", &[]));
        return Ok(());
    }
    let now = demo_time::read(desk.vars).await?.now();
    output::line(ticket::list(tickets, now, desk.phrases, wrap::width(desk.vars)));
    if total as usize > tickets.len() {
        let shown = tickets.len().to_string();
        output::line(desk.phrases.text("shown_of_all", &[("shown", &shown), ("total", &total.to_string())]));
    }
    Ok(())
}
