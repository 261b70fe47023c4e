//! From a webhook's body to observations: a pure function. It takes every element of every batch, and decides nothing
//! but whose element it is and what it says. What is known and doesn't concern us is counted; what may concern us and
//! isn't understood becomes a notice or an unsupported message, with its JSON.

mod action;
mod attachment;
mod comment;
mod feed;
mod hashtag;
mod message;
mod messenger;
mod post;
mod reaction;
mod receipt;
mod sink;

use jiff::Timestamp;
use segnalalo_kit::webhook::{Accepted, Malformed};
use segnalalo_proto::{
    common::v1::Channel,
    json::reading::{self, Fields},
};
use serde_json::Value;
use sink::Sink;

/// Whose page it is, and what the city promised to read.
#[derive(Debug, Clone)]
pub struct Settings {
    pub page_id: String,
    /// Without the `#`.
    pub hashtag: String,
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
        if object == "page" {
            read(entry, &mut sink);
        } else {
            sink.ignore(elements(entry));
        }
    }
    Ok(sink.accepted)
}

fn read(entry: &Value, sink: &mut Sink<'_>) {
    let page = entry.id("id");
    if !page.is_empty() && page != sink.settings.page_id {
        return sink.ignore(elements(entry));
    }
    let time = entry.instant("time");
    for change in entry.items("changes") {
        feed::change(change, time, sink);
    }
    for event in entry.items("messaging") {
        messenger::event(event, time, sink);
    }
    for event in entry.items("standby") {
        messenger::standby(event, time, sink);
    }
    if entry.field("changed_fields").is_some() {
        // The subscription was made without `include_values`: something happened, and we weren't told what.
        sink.notice(Channel::FacebookPost, "changed_fields", entry, time, true);
    } else if !["changes", "messaging", "standby"].iter().any(|key| entry.get(key).is_some()) {
        sink.notice(Channel::FacebookPost, "entry", entry, time, false);
    }
}

/// How much an entry that isn't ours counts for.
fn elements(entry: &Value) -> usize {
    let count: usize = ["changes", "messaging", "standby"].iter().map(|key| entry.items(key).len()).sum();
    count.max(1)
}
