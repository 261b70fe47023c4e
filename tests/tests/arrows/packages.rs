//! Arrows between crates, from `cargo metadata`. Those of tests count like all others: a service whose tests need
//! another service has them in `tests/`.

use serde_json::Value;
use std::{collections::BTreeMap, path::Path, process::Command};

/// What a crate of ours may depend on, and nothing else of ours.
fn allowed(package: &str, dependency: &str) -> bool {
    match package {
        "segnalalo-domain" => false,
        "segnalalo-proto" => dependency == "segnalalo-domain",
        "segnalalo-kit" => ["segnalalo-proto", "segnalalo-domain"].contains(&dependency),
        "segnalalo" => dependency != "segnalalo-tests",
        "segnalalo-tests" => true,
        "segnalalo-example-office" => dependency == "segnalalo-proto",
        _service => LIBRARIES.contains(&dependency),
    }
}

const LIBRARIES: [&str; 3] = ["segnalalo-kit", "segnalalo-proto", "segnalalo-domain"];

/// Crates that one crate alone may know.
const KEPT: [(&str, &str); 2] = [("sled", "segnalalo-registry"), ("async-nats", "segnalalo-kit")];

/// Each workspace member with the names of its direct dependencies, those of tests and build scripts included.
fn members() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let dependencies = list(&package["dependencies"]).iter().map(name).collect();
            (name(package), dependencies)
        })
        .collect()
}

fn is_ours(package: &str) -> bool {
    package == "segnalalo" || package.starts_with("segnalalo-")
}

#[test]
fn every_arrow_between_our_crates_is_one_of_the_architecture() {
    let members = members();
    assert!(members.len() > 10, "cargo metadata shows only {} crates", members.len());
    let forbidden: Vec<String> = members
        .iter()
        .flat_map(|(package, dependencies)| {
            dependencies
                .iter()
                .filter(|dependency| is_ours(dependency) && !allowed(package, dependency))
                .map(move |dependency| format!("{package} -> {dependency}"))
        })
        .collect();
    assert!(forbidden.is_empty(), "forbidden arrows: {}", forbidden.join(", "));
}

#[test]
fn only_the_registry_knows_sled_and_only_kit_the_broker() {
    for (dependency, keeper) in KEPT {
        let knowing: Vec<String> = members()
            .into_iter()
            .filter(|(_, dependencies)| dependencies.iter().any(|name| name == dependency))
            .map(|(package, _)| package)
            .collect();
        assert_eq!(knowing, [keeper], "who depends on {dependency}");
    }
}

#[test]
fn an_arrow_between_two_services_would_be_seen() {
    assert!(!allowed("segnalalo-triage", "segnalalo-registry"));
    assert!(!allowed("segnalalo-domain", "segnalalo-proto"));
    assert!(!allowed("segnalalo-notifier", "segnalalo-tests"));
    assert!(allowed("segnalalo", "segnalalo-triage"));
}
