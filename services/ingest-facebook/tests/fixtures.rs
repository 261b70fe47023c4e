//! Every recorded body of `tests/fixtures/`, against what is expected of it. `UPDATE_GOLDEN=1` writes the expected
//! files anew: look at the difference before it is committed.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_ingest_facebook::normalize::{Settings, normalize};
use segnalalo_kit::config::Vars;
use segnalalo_proto::json::view;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const CHANNELS: [&str; 2] = ["facebook", "messenger"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

fn bodies(folder: &str) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(fixtures().join(folder))
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&file).unwrap()))
        .collect()
}

fn settings() -> Settings {
    Settings { page_id: "104587321965874".to_owned(), hashtag: "segnalaloaBiella".to_owned() }
}

fn received_at() -> jiff::Timestamp {
    "2026-11-23T06:00:00Z".parse().unwrap()
}

fn lines(body: &[u8]) -> String {
    let accepted = normalize(body, &settings(), received_at()).unwrap();
    let mut lines: Vec<String> = accepted.inbound.iter().map(|inbound| view::inbound(inbound).to_string()).collect();
    if accepted.ignored > 0 {
        lines.push(json!({"ignored": accepted.ignored}).to_string());
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_recorded_body_becomes_what_is_expected_of_it() {
    let update = Vars::process().optional("UPDATE_GOLDEN").is_some();
    for channel in CHANNELS {
        let expected = fixtures().join("expected").join(channel);
        fs::create_dir_all(&expected).unwrap();
        for (name, body) in bodies(channel) {
            let file = expected.join(format!("{name}.jsonl"));
            let found = lines(&body);
            if update {
                fs::write(&file, &found).unwrap();
            }
            assert_eq!(found, fs::read_to_string(&file).unwrap_or_default(), "{channel}/{name}");
        }
        assert_eq!(
            bodies(channel).len(),
            fs::read_dir(&expected).unwrap().count(),
            "{channel}: one file for each body"
        );
    }
}

#[test]
fn only_the_comment_that_came_as_a_mention_too_has_a_key_of_another() {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for channel in CHANNELS {
        for (name, body) in bodies(channel) {
            for inbound in normalize(&body, &settings(), received_at()).unwrap().inbound {
                keys.entry(inbound.dedupe_key).or_default().push(name.clone());
            }
        }
    }
    keys.retain(|_, files| files.len() > 1);
    let twice: Vec<_> = keys.into_values().collect();
    assert_eq!(twice, [["35-mention-in-comment", "36-mention-arrives-as-feed-too"]]);
}

#[test]
fn the_readme_says_what_becomes_of_every_body() {
    let readme = fs::read_to_string(fixtures().join("README.md")).unwrap();
    for folder in ["facebook", "messenger", "whatsapp", "bad"] {
        for name in bodies(folder).keys() {
            assert!(readme.contains(&format!("| `{name}.json` |")), "{folder}/{name}");
        }
    }
}

#[test]
fn a_bad_body_is_refused_with_a_reason_that_shows_nothing_of_it() {
    for (name, body) in bodies("bad") {
        let reason = normalize(&body, &settings(), received_at()).unwrap_err().0;
        assert!(reason.starts_with("the body is not JSON: ") || reason.starts_with('`'), "{name}: {reason}");
        assert!(!reason.contains("buca"), "{name}: {reason}");
    }
}
