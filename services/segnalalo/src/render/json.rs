//! Answers of the registry as JSON: stable codes, instants as RFC 3339, empty fields left in.

use super::ticket::{channel_code, instant, kind_code, state_code, urgency_code};
use segnalalo_proto::{
    common::v1::{Actor, actor},
    json::view,
    registry::v1::{ExportPersonResponse, HeldReply, HistoryEntry, Notice, Person, Ticket},
};
use serde_json::{Value, json};

fn at(timestamp: Option<&prost_types::Timestamp>) -> Value {
    instant(timestamp).map_or(Value::Null, |at| Value::String(at.to_string()))
}

pub fn ticket(ticket: &Ticket) -> Value {
    let deadlines = ticket.deadlines.iter().map(|deadline| {
        json!({
            "name": deadline.name,
            "due": at(deadline.due.as_ref()),
            "done": deadline.done,
            "rung": deadline.rung,
            "rule": deadline.rule,
            "version": deadline.version,
            "calendar": deadline.calendar,
            "met_at": at(deadline.met_at.as_ref()),
            "late_seconds": deadline.met_at.map(|_| deadline.late_seconds),
            "paused": deadline.paused,
            "left_seconds": deadline.left_seconds,
        })
    });
    json!({
        "ticket_id": ticket.ticket_id,
        "code": ticket.code,
        "protocol": ticket.protocol,
        "protocol_annulled": ticket.protocol_annulled,
        "state": state_code(ticket),
        "channel": channel_code(ticket.channel),
        "public": ticket.public,
        "classified": ticket.classified,
        "kind": kind_code(ticket.kind),
        "office": ticket.office,
        "second_office": ticket.second_office,
        "confidence": ticket.confidence,
        "urgency": urgency_code(ticket.urgency),
        "received_at": at(ticket.received_at.as_ref()),
        "deadlines": deadlines.collect::<Vec<_>>(),
        "expected_by": ticket.expected_by,
        "version": ticket.version,
        "conversation_id": ticket.conversation_id,
        "merged_into": ticket.merged_into,
        "place": ticket.place,
        "summary": ticket.summary,
        "emergency": ticket.emergency,
    })
}

pub fn entry(entry: &HistoryEntry) -> Value {
    json!({
        "position": entry.position,
        "at": at(entry.at.as_ref()),
        "actor": entry.actor.as_ref().map(who),
        "event": entry.event,
        "channel": channel_code(entry.channel),
        "text": entry.text,
        "author": entry.author,
        "facts": entry.facts,
    })
}

fn who(actor: &Actor) -> Value {
    let kind = actor::Type::try_from(actor.r#type).unwrap_or_default().as_str_name();
    json!({ "type": kind.trim_start_matches("TYPE_").to_lowercase(), "name": actor.name })
}

pub fn person(person: &Person) -> Value {
    json!({
        "person_id": person.person_id,
        "names": person.names,
        "numbers": person.numbers,
        "channels": person.channels.iter().map(|channel| channel_code(*channel)).collect::<Vec<_>>(),
        "messages": person.messages,
        "readable_messages": person.readable_messages,
        "tickets": person.tickets,
        "first_at": at(person.first_at.as_ref()),
        "last_at": at(person.last_at.as_ref()),
    })
}

pub fn export(export: &ExportPersonResponse) -> Value {
    let entries = export.entries.iter().map(|item| {
        let mut value = item.entry.as_ref().map_or(Value::Null, entry);
        value["ticket_code"] = Value::String(item.ticket_code.clone());
        value["content"] = item.content.as_ref().map_or(Value::Null, view::content);
        value
    });
    json!({ "person": export.person.as_ref().map(person), "entries": entries.collect::<Vec<_>>() })
}

pub fn notice(notice: &Notice) -> Value {
    json!({
        "position": notice.position,
        "at": at(notice.at.as_ref()),
        "channel": channel_code(notice.channel),
        "subject": notice.subject,
        "known": notice.known,
        "raw": notice.raw,
    })
}

pub fn held(reply: &HeldReply) -> Value {
    json!({
        "reply_id": reply.reply_id,
        "conversation_id": reply.conversation_id,
        "ticket_code": reply.ticket_code,
        "channel": channel_code(reply.channel),
        "template": reply.template,
        "text": reply.text,
        "code": reply.code,
        "detail": reply.detail,
        "held_at": at(reply.held_at.as_ref()),
    })
}
