//! A lexicon that is wrong is refused at start, with the file, the key and what was expected.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_triage::classify::{Classifier, LexiconError};
use std::{fs, path::Path};
use tempfile::TempDir;

/// The city, with one file of its lexicon written anew.
fn city_with(file: &str, content: &str) -> TempDir {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(source.join("offices.toml"), folder.path().join("offices.toml")).unwrap();
    for part in ["", "offices", "kinds", "signals"] {
        let target = folder.path().join("triage").join(part);
        fs::create_dir_all(&target).unwrap();
        for entry in fs::read_dir(source.join("triage").join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, target.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    fs::write(folder.path().join("triage").join(file), content).unwrap();
    folder
}

fn fault(file: &str, content: &str) -> (LexiconError, String) {
    let city = city_with(file, content);
    let error = Classifier::load(city.path()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(file), "{text}");
    (error, text)
}

fn cue(words: &str) -> String {
    format!("office = \"STRADE\"\n[[cue]]\nabout = \"prova\"\nweight = 1.0\nwords = [{words}]\n")
}

#[test]
fn an_office_that_is_not_there_is_named() {
    let (_, text) = fault("offices/strade.toml", &cue("\"buca\"").replace("STRADE", "STRADA"));
    assert!(text.contains("office: expected a code of offices.toml"), "{text}");
}

#[test]
fn a_phrase_that_means_nothing_is_named() {
    let (_, text) = fault("offices/strade.toml", &cue("\"buca\", \"a &\""));
    assert!(text.contains("cue[0].words") && text.contains("\"a &\""), "{text}");
}

#[test]
fn a_cue_without_words_is_refused() {
    let (_, text) = fault("offices/strade.toml", &cue(""));
    assert!(text.contains("cue[0].words: expected at least one phrase"), "{text}");
}

#[test]
fn a_group_that_is_not_there_is_named() {
    let (_, text) = fault("offices/strade.toml", &cue("\"@folletti .. buca\""));
    assert!(text.contains("@folletti"), "{text}");
}

#[test]
fn a_file_for_no_topic_or_two_is_refused() {
    let (_, text) = fault("kinds/thanks.toml", &cue("\"grazie\"").replace("office", "nothing"));
    assert!(text.contains("exactly one of them"), "{text}");
}

#[test]
fn what_is_no_toml_is_refused_with_its_cause() {
    let (error, _) = fault("signals/high.toml", "signal = ");
    assert!(matches!(error, LexiconError::Malformed { .. }));
    assert!(std::error::Error::source(&error).is_some());
}
