//! How many messages a core classifies in a second: the labelled examples, over and over, one thread. A figure to look
//! at, never a test.

use segnalalo_domain::words::Channel;
use segnalalo_kit::clock;
use segnalalo_triage::classify::{Classifier, Message};
use std::{error::Error, fs, hint::black_box, path::Path, time::Duration};

const AT_LEAST: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let classifier = Classifier::load(&here.join("../../deploy/biella"))?;
    let mut texts = Vec::new();
    for line in fs::read_to_string(here.join("tests/examples.jsonl"))?.lines() {
        let example: serde_json::Value = serde_json::from_str(line)?;
        texts.push(example["text"].as_str().unwrap_or_default().to_owned());
    }
    let started = clock::monotonic();
    let mut classified = 0u64;
    while started.elapsed() < AT_LEAST {
        for text in &texts {
            black_box(classifier.classify(&Message {
                channel: Channel::Whatsapp,
                text,
                has_attachments: false,
                is_location: false,
            }));
        }
        classified += texts.len() as u64;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("triage: {:.0} messages a second on one core", classified as f64 / seconds);
    Ok(())
}
