//! A fact of the history as the operator reads it: codes become words, instants become times in Biella.

use crate::phrases::Phrases;
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

/// Instants among the facts.
const INSTANTS: [&str; 6] = ["take_in_charge", "first_answer", "due", "retry_at", "reopens", "answer_by"];

/// All facts, readable; with `percent` beside `confidence`.
pub fn readable(facts: &BTreeMap<String, String>, phrases: &Phrases) -> BTreeMap<String, String> {
    let mut readable: BTreeMap<String, String> =
        facts.iter().map(|(name, value)| (name.clone(), one(name, value, phrases))).collect();
    if let Some(confidence) = facts.get("confidence").and_then(|text| text.parse::<f64>().ok()) {
        readable.insert("percent".to_owned(), format!("{:.0}", confidence * 100.0));
    }
    readable
}

fn one(name: &str, value: &str, phrases: &Phrases) -> String {
    if name == "office" {
        return phrases.office(value).to_owned();
    }
    if INSTANTS.contains(&name) {
        return value.parse::<Timestamp>().map_or_else(|_| value.to_owned(), |at| phrases.by_when(at));
    }
    if name == "to" {
        return phrases.office(value).to_owned();
    }
    if name == "left_seconds" {
        return value.parse().map_or_else(|_| value.to_owned(), |seconds| phrases.duration(seconds));
    }
    if name == "expected_by" {
        return value.parse::<Date>().map_or_else(|_| value.to_owned(), |date| phrases.date(date));
    }
    if name == "attachments" {
        let words = value.split("; ").map(|one| phrases.word("attachment", one.split(' ').next().unwrap_or(one)));
        return words.collect::<Vec<_>>().join(", ");
    }
    if phrases.has_vocabulary(name) {
        return phrases.word(name, value).to_owned();
    }
    value.to_owned()
}
