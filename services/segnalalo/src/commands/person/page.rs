//! What is held on a person, as he can read it.

use super::channels;
use crate::{
    phrases::{Part, Phrases, Values, stamp},
    render::{story, ticket},
};
use jiff::Timestamp;
use segnalalo_proto::{
    common::v1::{PersonalContent, address::To},
    registry::v1::{ExportPersonResponse, Person, PersonEntry},
};

fn say(phrases: &Phrases, key: &str, values: Values<'_>) -> String {
    phrases.say(Part::Person, key, values)
}

fn at(stamped: Option<&prost_types::Timestamp>) -> String {
    ticket::instant(stamped).map(stamp).unwrap_or_default()
}

fn names(person: &Person, phrases: &Phrases) -> String {
    if person.names.is_empty() { say(phrases, "unnamed", &[]) } else { person.names.join(", ") }
}

/// For `person find`.
pub fn person(person: &Person, phrases: &Phrases) -> String {
    let channels = channels(person).into_iter().map(|code| phrases.word("on_channel", code)).collect::<Vec<_>>();
    let (messages, readable) = (person.messages.to_string(), person.readable_messages.to_string());
    let readable = if readable == messages { String::new() } else { readable };
    let (first, last) = (at(person.first_at.as_ref()), at(person.last_at.as_ref()));
    let mut lines = vec![
        say(phrases, "item", &[("names", &names(person, phrases)), ("numbers", &person.numbers.join(", "))]),
        say(phrases, "channels", &[("channels", &channels.join(", "))]),
        say(
            phrases,
            "messages",
            &[("messages", &messages), ("readable", &readable), ("first", &first), ("last", &last)],
        ),
    ];
    if !person.tickets.is_empty() {
        lines.push(say(phrases, "tickets", &[("tickets", &person.tickets.join(", "))]));
    }
    lines.push(say(phrases, "how", &[("person", &person.person_id)]));
    lines.join("\n    ")
}

/// For `person export`: a page to hand over.
pub fn page(export: &ExportPersonResponse, now: Timestamp, phrases: &Phrases) -> String {
    let nobody = Person::default();
    let person = export.person.as_ref().unwrap_or(&nobody);
    let mut lines = vec![
        say(phrases, "page_title", &[]),
        String::new(),
        say(phrases, "page_at", &[("at", &stamp(now))]),
        say(phrases, "page_person", &[("person", &person.person_id)]),
        say(phrases, "page_who", &[("names", &names(person, phrases)), ("numbers", &person.numbers.join(", "))]),
    ];
    if !person.tickets.is_empty() {
        lines.push(say(phrases, "page_tickets", &[("tickets", &person.tickets.join(", "))]));
    }
    if export.entries.is_empty() {
        lines.extend([String::new(), say(phrases, "page_empty", &[])]);
    }
    for entry in &export.entries {
        lines.push(String::new());
        lines.extend(paragraph(entry, phrases));
    }
    lines.join("\n") + "\n"
}

fn paragraph(item: &PersonEntry, phrases: &Phrases) -> Vec<String> {
    let Some(entry) = &item.entry else {
        return Vec::new();
    };
    let what = story::sentence_of(entry, phrases);
    let values = [("at", at(entry.at.as_ref())), ("ticket", item.ticket_code.clone()), ("what", what)];
    let mut lines = vec![say(phrases, "page_entry", &values.each_ref().map(|(name, value)| (*name, value.as_str())))];
    if entry.facts.get("content").is_some_and(|content| content == "erased") {
        lines.push(format!("    {}", say(phrases, "page_erased", &[])));
    }
    if let Some(content) = &item.content {
        lines.extend(details(content, phrases).into_iter().map(|line| format!("    {line}")));
    }
    lines
}

fn details(content: &PersonalContent, phrases: &Phrases) -> Vec<String> {
    let mut lines = Vec::new();
    if !content.text.is_empty() {
        lines.push(format!("«{}»", content.text));
    }
    if !content.place.is_empty() {
        lines.push(phrases.text("place", &[("place", &content.place)]));
    }
    let address = content.address.as_ref().and_then(|address| address.to.as_ref());
    if let Some(
        To::WhatsappPhone(address)
        | To::WhatsappUserId(address)
        | To::MessengerPsid(address)
        | To::FacebookObjectId(address),
    ) = address
    {
        lines.push(say(phrases, "page_sent_to", &[("address", address)]));
    }
    let attached = content.attachments.iter().map(|attachment| {
        let kind = attachment.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase();
        let parts = [phrases.word("attachment", &kind), &attachment.filename, &attachment.title, &attachment.detail];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    });
    let attached = attached.collect::<Vec<_>>().join("; ");
    if !attached.is_empty() {
        lines.push(say(phrases, "page_attachments", &[("attachments", &attached)]));
    }
    if !content.raw.is_empty() {
        lines.push(say(phrases, "page_raw", &[("raw", &content.raw)]));
    }
    lines
}
