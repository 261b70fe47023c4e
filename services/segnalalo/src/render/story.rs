//! A ticket's history as a story: who, what, when, which channel, what was sent and whether it arrived. What became of
//! a message to the citizen is told where it was asked for; the steps of sending by themselves are for `--full`.

use super::{
    facts::readable,
    ticket::{channel_code, instant},
    wrap::wrap,
};
use crate::phrases::{Part, Phrases, Values, sentence, stamp};
use segnalalo_proto::{common::v1::actor::Type, registry::v1::HistoryEntry};
use std::collections::BTreeMap;

const INDENT: usize = 18;

/// All entries, or only those that tell something.
pub fn story(entries: &[HistoryEntry], full: bool, phrases: &Phrases, width: usize) -> String {
    let replies = replies(entries);
    let told = entries.iter().filter(|entry| full || !phrases.is_hidden(&entry.event));
    told.map(|entry| {
        let reply = entry.facts.get("reply").and_then(|id| replies.get(id.as_str()));
        paragraph(entry, reply.filter(|_| entry.event == "reply_requested"), phrases, width)
    })
    .collect::<Vec<_>>()
    .join("\n")
}

/// What one entry tells, in a sentence.
pub fn sentence_of(entry: &HistoryEntry, phrases: &Phrases) -> String {
    sentence(&tell(entry, phrases))
}

/// The steps of sending, by reply.
fn replies(entries: &[HistoryEntry]) -> BTreeMap<&str, Vec<&HistoryEntry>> {
    let mut replies: BTreeMap<&str, Vec<&HistoryEntry>> = BTreeMap::new();
    for entry in entries {
        if let Some(id) = entry.facts.get("reply").filter(|_| entry.event != "reply_requested") {
            replies.entry(id).or_default().push(entry);
        } else if let Some(id) = entry.facts.get("reply") {
            replies.entry(id).or_default();
        }
    }
    replies
}

fn paragraph(entry: &HistoryEntry, sending: Option<&Vec<&HistoryEntry>>, phrases: &Phrases, width: usize) -> String {
    let when = instant(entry.at.as_ref()).map(stamp).unwrap_or_default();
    let what = sentence(&tell(entry, phrases));
    let mut lines = vec![format!("{when:<INDENT$}{}", wrap(&what, INDENT, width).trim_start())];
    let sent = sending.into_iter().flatten().rev().find(|step| !step.text.is_empty());
    let text = sent.map_or(entry.text.as_str(), |step| step.text.as_str());
    if !text.is_empty() {
        lines.push(wrap(&format!("«{text}»"), INDENT, width));
    }
    if let Some(because) = entry.facts.get("because") {
        lines.push(wrap(&phrases.text("because", &[("because", because)]), INDENT, width));
    }
    if let Some(steps) = sending {
        let fate = fate(steps, phrases);
        lines.push(wrap(&format!("→ {fate}"), INDENT, width));
    }
    lines.join("\n")
}

fn tell(entry: &HistoryEntry, phrases: &Phrases) -> String {
    let mut values = readable(&entry.facts, phrases);
    values.insert("who".to_owned(), who(entry, phrases));
    let channel = phrases.word("on_channel", channel_code(entry.channel)).to_owned();
    values.insert("on_channel".to_owned(), channel);
    let taken_back = entry.event == "message_reacted" && !entry.facts.contains_key("reaction");
    let event = if taken_back { "message_reaction_removed" } else { &entry.event };
    say(phrases, Part::Events, event, &values)
}

fn say(phrases: &Phrases, part: Part, key: &str, values: &BTreeMap<String, String>) -> String {
    let values = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    let values: Values<'_> = &values;
    phrases.say(part, key, values)
}

fn who(entry: &HistoryEntry, phrases: &Phrases) -> String {
    let Some(actor) = entry.actor.as_ref() else {
        return String::new();
    };
    match actor.r#type() {
        Type::Rule => phrases.word("rule", &actor.name).to_owned(),
        Type::Person | Type::OfficeSystem => actor.name.clone(),
        Type::Citizen | Type::Unspecified if entry.author.is_empty() => phrases.text("unknown_citizen", &[]),
        Type::Citizen | Type::Unspecified => entry.author.clone(),
    }
}

/// Where a message to the citizen stands: each step in order, the attempts left out when the next step says it.
fn fate(steps: &[&HistoryEntry], phrases: &Phrases) -> String {
    // Who confirmed that it took a message says nothing new with "sent".
    let accepted = steps.iter().any(|step| step.event == "send_accepted");
    let is_news = |step: &&&HistoryEntry| !accepted || step.facts.get("status").is_none_or(|status| status != "sent");
    let told = steps.iter().filter(is_news).filter_map(|step| {
        let mut values = readable(&step.facts, phrases);
        values.insert("at".to_owned(), instant(step.at.as_ref()).map(stamp).unwrap_or_default());
        let key = match step.event.as_str() {
            "send_accepted" => "accepted",
            "delivery_reported" => "delivery",
            "send_refused" => "refused",
            "send_unknown" => "unknown",
            "reply_held" => "held",
            "reply_dropped" => "dropped",
            _ => return None,
        };
        Some(say(phrases, Part::Text, key, &values))
    });
    let told = told.collect::<Vec<_>>();
    if told.is_empty() { phrases.text("not_yet", &[]) } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_kit::config::Vars;
    use segnalalo_proto::{
        common::v1::{Actor, Channel},
        time,
    };

    fn phrases() -> Phrases {
        Phrases::load(&Vars::from_pairs([("SEGNALALO_CITY", "nowhere")])).unwrap_or_else(|failure| panic!("{failure}"))
    }

    fn entry(at: &str, actor: (Type, &str), event: &str, facts: &[(&str, &str)]) -> HistoryEntry {
        HistoryEntry {
            at: Some(time::to_wire(at.parse().unwrap())),
            actor: Some(Actor { r#type: actor.0 as i32, name: actor.1.to_owned() }),
            event: event.to_owned(),
            facts: facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..HistoryEntry::default()
        }
    }

    fn history() -> Vec<HistoryEntry> {
        let mut received = entry("2026-11-23T08:10:00Z", (Type::Citizen, ""), "message_received", &[]);
        received.author = "Giulia Ferrero".to_owned();
        received.text = "C'è una buca in via Italia".to_owned();
        received.channel = Channel::Whatsapp as i32;
        let mut attempted =
            entry("2026-11-23T08:10:02Z", (Type::Rule, "notifier"), "send_attempted", &[("reply", "r1")]);
        attempted.text = "Grazie, abbiamo ricevuto la sua segnalazione S-7K3M9.".to_owned();
        vec![
            received,
            entry(
                "2026-11-23T08:10:01Z",
                (Type::Rule, "registry"),
                "reply_requested",
                &[("reply", "r1"), ("template", "receipt")],
            ),
            attempted,
            entry(
                "2026-11-23T08:10:03Z",
                (Type::Rule, "notifier"),
                "send_accepted",
                &[("reply", "r1"), ("proof", "response")],
            ),
            entry(
                "2026-11-23T08:11:00Z",
                (Type::Rule, "registry"),
                "delivery_reported",
                &[("reply", "r1"), ("status", "read")],
            ),
            entry(
                "2026-11-23T09:00:00Z",
                (Type::Person, "Anna"),
                "ticket_taken_in_charge",
                &[("protocol", "2026/0000001"), ("office", "STRADE")],
            ),
            entry(
                "2026-11-23T09:00:00Z",
                (Type::Rule, "registry"),
                "reply_requested",
                &[("reply", "r2"), ("template", "taken_in_charge")],
            ),
        ]
    }

    #[test]
    fn it_tells_who_wrote_what_was_answered_and_whether_it_arrived() {
        assert_eq!(
            story(&history(), false, &phrases(), 100),
            "23/11/2026 09:10  Giulia Ferrero scrive su WhatsApp\n\
             \u{20}                 «C'è una buca in via Italia»\n\
             23/11/2026 09:10  Al cittadino: ricevuta\n\
             \u{20}                 «Grazie, abbiamo ricevuto la sua segnalazione S-7K3M9.»\n\
             \u{20}                 → inviata 23/11/2026 09:10, letta 23/11/2026 09:11\n\
             23/11/2026 10:00  Anna prende in carico la segnalazione per l'ufficio Strade, marciapiedi e\n\
             \u{20}                 segnaletica, protocollo 2026/0000001\n\
             23/11/2026 10:00  Al cittadino: presa in carico\n\
             \u{20}                 → non ancora inviata"
        );
    }

    #[test]
    fn the_full_story_leaves_nothing_out() {
        let full = story(&history(), true, &phrases(), 100);
        assert!(full.contains("Inviata (tentativo"), "{full}");
        assert_eq!(full.lines().filter(|line| line.starts_with("23/11")).count(), 7);
    }
}
