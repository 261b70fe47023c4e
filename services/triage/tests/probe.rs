//! `segnalalo classify` as architecture.md fixes it: lines in, lines out, a faulty line answered and passed over.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_triage::{
    classify::Classifier,
    probe::{self, Summary},
};
use serde_json::Value;
use std::path::Path;

fn run(input: &str) -> (Summary, Vec<Value>) {
    let classifier = Classifier::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella")).unwrap();
    let mut output = Vec::new();
    let summary = probe::run(&classifier, input.as_bytes(), &mut output).unwrap();
    let lines = String::from_utf8(output).unwrap();
    (summary, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn a_line_is_answered_with_all_that_was_fixed() {
    let (_, lines) = run(r#"{"id":"a","channel":"whatsapp","text":"lampione spento in via Trento, prot. 12/2026"}"#);
    let line = &lines[0];
    assert_eq!((&line["id"], &line["office"], &line["place"]), (&"a".into(), &"LUCE".into(), &"via Trento".into()));
    assert_eq!((&line["protocol"], &line["protocol_norm"]), (&"12/2026".into(), &"0000012/2026".into()));
    for key in ["kind", "confidence", "second_office", "urgency", "lang", "pii", "because"] {
        assert!(!line[key].is_null(), "{key}");
    }
}

#[test]
fn a_faulty_line_is_named_and_the_next_one_follows() {
    let input = "{\"id\":1,\"channel\":\"whatsapp\",\"text\":\"buca\"}\nnonsense\n\n{\"id\":3,\"channel\":\"pigeon\",\"text\":\"\"}\n{\"id\":4,\"channel\":\"messenger\",\"text\":\"buca\"}";
    let (summary, lines) = run(input);
    assert_eq!(summary, Summary { classified: 2, faulty: 2 });
    assert_eq!((&lines[1]["line"], &lines[2]["line"]), (&2.into(), &4.into()));
    assert!(lines[2]["error"].as_str().unwrap().contains("facebook_post"), "{}", lines[2]);
    assert_eq!(lines[3]["id"], 4);
}

#[test]
fn a_line_that_is_no_text_at_all_is_only_a_faulty_line() {
    let classifier = Classifier::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella")).unwrap();
    let summary = probe::run(&classifier, &b"\xff\xfe\n"[..], Vec::new()).unwrap();
    assert_eq!(summary, Summary { classified: 0, faulty: 1 });
}
