//! The classifier by hand: JSON Lines in, JSON Lines out, as architecture.md fixes them for `segnalalo classify`. A
//! line that can't be read is answered with its fault, and the next one follows.

use crate::classify::{Classifier, Message, Verdict};
use segnalalo_domain::words::Channel;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};

/// What the probe saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    pub classified: u64,
    /// Lines that couldn't be read: with any, the process exits non-zero.
    pub faulty: u64,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    channel: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    has_attachments: bool,
    #[serde(default)]
    is_location: bool,
}

/// Classifies every line; empty lines are passed over. Fails only when reading or writing does.
pub fn run(classifier: &Classifier, mut reader: impl BufRead, mut writer: impl Write) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut buffer = Vec::new();
    let mut number = 0u64;
    loop {
        buffer.clear();
        if reader.read_until(b'\n', &mut buffer)? == 0 {
            writer.flush()?;
            return Ok(summary);
        }
        number += 1;
        if buffer.trim_ascii().is_empty() {
            continue;
        }
        let answer = match classify(classifier, &buffer) {
            Ok(answer) => {
                summary.classified += 1;
                answer
            }
            Err(error) => {
                summary.faulty += 1;
                json!({"error": error, "line": number})
            }
        };
        serde_json::to_writer(&mut writer, &answer)?;
        writer.write_all(b"\n")?;
    }
}

fn classify(classifier: &Classifier, line: &[u8]) -> Result<Value, String> {
    let line: Line =
        serde_json::from_slice(line).map_err(|error| format!("not the JSON that was expected: {error}"))?;
    let channel = Channel::from_code(&line.channel).ok_or_else(|| {
        let known: Vec<&str> = Channel::ALL.iter().map(|channel| channel.code()).collect();
        format!("channel: expected one of {}", known.join(", "))
    })?;
    let verdict = classifier.classify(&Message {
        channel,
        text: &line.text,
        has_attachments: line.has_attachments,
        is_location: line.is_location,
    });
    Ok(to_json(line.id, &verdict))
}

fn to_json(id: Value, verdict: &Verdict) -> Value {
    let pii: Vec<Value> = (verdict.pii.iter()).map(|(kind, value)| json!({"type": kind, "value": value})).collect();
    json!({
        "id": id,
        "kind": verdict.kind.code(),
        "office": verdict.office,
        "confidence": (verdict.confidence * 1000.0).round() / 1000.0,
        "second_office": verdict.second_office,
        "urgency": verdict.urgency.code(),
        "stance": verdict.stance.code(),
        "place": verdict.place,
        "protocol": verdict.protocol,
        "protocol_norm": verdict.protocol_norm,
        "lang": verdict.lang,
        "pii": pii,
        "because": verdict.because,
        "rules_version": verdict.rules_version,
    })
}
