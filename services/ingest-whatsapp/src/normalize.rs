//! From a webhook's body to observations: a pure function. It takes every element of every batch, and decides nothing
//! but whose element it is and what it says. What is known and doesn't concern us is counted; what may concern us and
//! isn't understood becomes a notice or an unsupported message, with its JSON.

mod change;
mod content;
mod identity;
mod message;
mod sink;
mod status;
mod system;

use jiff::Timestamp;
use segnalalo_kit::webhook::{Accepted, Malformed};
use segnalalo_proto::json::reading::{self, Fields};
use serde_json::Value;
use sink::Sink;

/// Whose number it is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Meta's id of the number, not the number itself.
    pub phone_number_id: String,
}

/// Reads one body. Only what isn't JSON, or isn't an envelope of Meta's, is malformed: an element that can't be read
/// never takes its neighbours with it.
pub fn normalize(body: &[u8], settings: &Settings, received_at: Timestamp) -> Result<Accepted, Malformed> {
    let body = reading::parse(body).map_err(|error| Malformed(format!("the body is not JSON: {error}")))?;
    let Some(object) = body.get("object").and_then(Value::as_str) else {
        return Err(Malformed("`object` is missing or not a string".to_owned()));
    };
    let Some(entries) = body.get("entry").and_then(Value::as_array) else {
        return Err(Malformed("`entry` is missing or not a list".to_owned()));
    };
    let mut sink = Sink::new(settings, received_at);
    for entry in entries {
        if object == "whatsapp_business_account" {
            read(entry, &mut sink);
        } else {
            sink.ignore(entry.items("changes").len().max(1));
        }
    }
    Ok(sink.accepted)
}

fn read(entry: &Value, sink: &mut Sink<'_>) {
    let time = entry.instant("time");
    if entry.get("changes").is_none() {
        // Without `include_values` the body says only that something changed.
        let known = entry.field("changed_fields").is_some();
        let subject = if known { "changed_fields" } else { "entry" };
        sink.notice(subject, entry, time, known);
    }
    for change in entry.items("changes") {
        change::read(change, time, sink);
    }
}
