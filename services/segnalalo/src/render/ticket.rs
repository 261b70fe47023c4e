//! A ticket as people see it: one row of a list, and the head of its story.

use super::{table::table, wrap::wrap};
use crate::phrases::{Part, Phrases, sentence, stamp};
use jiff::{Timestamp, civil::Date};
use segnalalo_proto::{
    common::v1::TicketState,
    convert,
    registry::v1::{Deadline, Ticket},
    time,
};

/// Lower case code of an enum's value: `TICKET_STATE_RECEIVED` is `received`.
pub fn state_code(ticket: &Ticket) -> String {
    let name = TicketState::try_from(ticket.state).unwrap_or_default().as_str_name();
    name.trim_start_matches("TICKET_STATE_").to_lowercase()
}

pub fn channel_code(channel: i32) -> &'static str {
    convert::channel_from_wire(channel).map_or("", |channel| channel.code())
}

pub fn urgency_code(urgency: i32) -> &'static str {
    convert::urgency_from_wire(urgency).map_or("", |urgency| urgency.code())
}

pub fn kind_code(kind: i32) -> &'static str {
    convert::kind_from_wire(kind).map_or("", |kind| kind.code())
}

pub fn instant(at: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    at.and_then(time::from_wire)
}

/// The running term that is due next.
pub fn next_deadline(ticket: &Ticket) -> Option<(&Deadline, Timestamp)> {
    let running = ticket.deadlines.iter().filter(|deadline| !deadline.done && !deadline.paused);
    running.filter_map(|deadline| Some((deadline, instant(deadline.due.as_ref())?))).min_by_key(|(_, due)| *due)
}

/// Closed, merged or spam: nobody waits for anything.
fn is_at_rest(ticket: &Ticket) -> bool {
    matches!(ticket.state(), TicketState::Closed | TicketState::Merged | TicketState::Spam)
}

/// Rows in the order of the answer.
pub fn list(tickets: &[Ticket], now: Timestamp, phrases: &Phrases, width: usize) -> String {
    let columns = ["code", "protocol", "state", "office", "urgency", "channel", "left", "about"];
    let heads = columns.map(|column| phrases.say(Part::Columns, column, &[]));
    let rows = tickets.iter().map(|ticket| row(ticket, now, phrases)).collect::<Vec<_>>();
    table(&heads, &rows, width)
}

fn row(ticket: &Ticket, now: Timestamp, phrases: &Phrases) -> Vec<String> {
    let left = match next_deadline(ticket) {
        Some((_, due)) if !is_at_rest(ticket) => phrases.left(now.duration_until(due)),
        _ => phrases.say(Part::Left, "none", &[]),
    };
    let late = ticket.deadlines.iter().any(is_late);
    let left = if late { phrases.say(Part::Left, "late", &[("left", &left)]) } else { left };
    let about = [ticket.place.as_str(), ticket.summary.as_str()];
    let about = about.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    vec![
        ticket.code.clone(),
        ticket.protocol.clone(),
        phrases.word("state", &state_code(ticket)).to_owned(),
        ticket.office.clone(),
        phrases.word("urgency", urgency_code(ticket.urgency)).to_owned(),
        phrases.word("channel", channel_code(ticket.channel)).to_owned(),
        left,
        about,
    ]
}

/// What the story begins with.
pub fn head(ticket: &Ticket, now: Timestamp, phrases: &Phrases, width: usize) -> String {
    let annulled = if ticket.protocol_annulled { phrases.text("annulled", &[]) } else { String::new() };
    let kind = match kind_code(ticket.kind) {
        "" => phrases.text("unclassified", &[]),
        kind => phrases.word("kind", kind).to_owned(),
    };
    let mut lines = vec![
        phrases.text("head", &[("code", &ticket.code), ("protocol", &ticket.protocol), ("annulled", &annulled)]),
        phrases.text(
            "head_state",
            &[
                ("state", phrases.word("state", &state_code(ticket))),
                ("kind", &kind),
                ("office", phrases.office(&ticket.office)),
                ("urgency", phrases.word("urgency", urgency_code(ticket.urgency))),
                ("channel", phrases.word("channel", channel_code(ticket.channel))),
            ],
        ),
    ];
    if let Some(at) = instant(ticket.received_at.as_ref()) {
        lines.push(phrases.text("received", &[("at", &stamp(at))]));
    }
    lines.extend(terms(ticket, now, phrases));
    if !ticket.place.is_empty() {
        lines.push(phrases.text("place", &[("place", &ticket.place)]));
    }
    if ticket.public {
        lines.push(phrases.text("public", &[]));
    }
    if !ticket.merged_into.is_empty() {
        lines.push(phrases.text("merged_into", &[("id", &ticket.merged_into)]));
    }
    lines.iter().map(|line| wrap(line, 0, width)).collect::<Vec<_>>().join("\n")
}

fn terms(ticket: &Ticket, now: Timestamp, phrases: &Phrases) -> Vec<String> {
    let next = next_deadline(ticket).filter(|_| !is_at_rest(ticket)).map(|(deadline, due)| {
        let left = phrases.left(now.duration_until(due));
        let name = phrases.word("deadline", &deadline.name);
        phrases.text("next_deadline", &[("deadline", name), ("at", &phrases.by_when(due)), ("left", &left)])
    });
    let promised = ticket
        .expected_by
        .parse::<Date>()
        .ok()
        .map(|date| phrases.text("expected_by", &[("date", &phrases.date(date))]));
    let others = ticket.deadlines.iter().filter_map(|deadline| term(deadline, phrases));
    next.into_iter().chain(others).chain(promised).collect()
}

/// Met, but too late. (What runs and is late says so by the time left.)
fn is_late(deadline: &Deadline) -> bool {
    deadline.met_at.is_some() && deadline.late_seconds > 0
}

/// What is met, in time or not, and what stands still. Who was silent for two weeks was never late.
fn term(deadline: &Deadline, phrases: &Phrases) -> Option<String> {
    let name = sentence(phrases.word("deadline", &deadline.name));
    if deadline.paused {
        let left = phrases.duration(deadline.left_seconds);
        return Some(phrases.text("term_paused", &[("deadline", &name), ("left", &left)]));
    }
    let met_at = instant(deadline.met_at.as_ref()).filter(|_| !matches!(&*deadline.name, "auto_close" | "news"))?;
    let key = if is_late(deadline) { "term_late" } else { "term_in_time" };
    let by = phrases.duration(deadline.late_seconds.unsigned_abs());
    Some(phrases.text(key, &[("deadline", &name), ("at", &stamp(met_at)), ("by", &by)]))
}

/// What may be done now.
pub fn actions(ticket: &Ticket, phrases: &Phrases) -> String {
    phrases.say(Part::Next, &state_code(ticket), &[])
}
