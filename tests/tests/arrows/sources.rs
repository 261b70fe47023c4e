//! What the sources themselves must keep to.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files that may be longer than `LINES`, each with its reason. There is none.
const LONG: [&str; 0] = [];
const LINES: usize = 400;

struct Source {
    /// From the workspace's root, with `/` between.
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.starts_with("tests/") || self.path.ends_with("tests.rs")
    }

    /// Up to the module of unit tests: those of a file are not counted to its length.
    fn code_lines(&self) -> usize {
        self.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default().lines().count()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["crates", "docs/examples", "proto", "services", "tests"] {
        collect(&root().join(folder), folder, &mut found);
    }
    assert!(found.len() > 50, "only {} sources were found", found.len());
    found
}

fn collect(folder: &Path, name: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &path, found);
        } else if path.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).unwrap();
            found.push(Source { path, text });
        }
    }
}

/// The paths of those sources outside `homes` that name `word` and are not this test.
fn strangers(word: &str, homes: &[&str]) -> Vec<String> {
    let at_home =
        |path: &str| homes.iter().any(|home| path.starts_with(home)) || path.starts_with("tests/tests/arrows/");
    sources()
        .into_iter()
        .filter(|source| source.text.contains(word) && !at_home(&source.path))
        .map(|source| source.path)
        .collect()
}

/// Its tests look at the broker by themselves, too.
#[test]
fn the_broker_is_named_only_in_the_bus_of_kit() {
    let homes = ["crates/kit/src/bus/", "crates/kit/tests/"];
    assert_eq!(strangers("async_nats::", &homes), [""; 0]);
}

#[test]
fn the_store_of_the_log_is_named_only_in_the_journal_and_the_keyring() {
    assert_eq!(
        strangers(
            "sled::",
            &["services/registry/src/journal/", "services/registry/src/keyring/store.rs", "services/registry/benches/"]
        ),
        [""; 0]
    );
}

#[test]
fn every_module_of_a_service_says_what_it_is() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.path.starts_with("services/") && source.path.contains("/src/") && !source.is_test())
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    assert_eq!(silent, [""; 0], "a module begins with a paragraph: what, why, what it does not do");
}

#[test]
fn no_file_grows_beyond_what_one_can_hold_in_mind() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|source| !source.is_test() && !LONG.contains(&source.path.as_str()))
        .filter(|source| source.code_lines() > LINES)
        .map(|source| format!("{} has {} lines", source.path, source.code_lines()))
        .collect();
    assert_eq!(long, [""; 0], "split by noun");
}
