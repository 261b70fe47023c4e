//! buf's lint, and its check that the contract of old logs and other programs isn't broken. buf comes with
//! `scripts/tools`; without it these tests fail rather than pass unseen.

#![cfg(test)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

#[expect(clippy::disallowed_methods, reason = "a test has no kit::config, and nothing in production reads this")]
fn buf() -> PathBuf {
    let path = std::env::var_os("SEGNALALO_BUF")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/bin/buf"), PathBuf::from);
    assert!(path.is_file(), "buf isn't at {}: run scripts/tools, or set SEGNALALO_BUF", path.display());
    path
}

fn run(arguments: &[&str]) {
    let output = Command::new(buf()).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(
        output.status.success(),
        "buf {}:\n{}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_contract_keeps_to_the_standard_rules() {
    run(&["lint"]);
}

/// After a wanted change that breaks nothing: `buf build -o baseline.binpb`, and commit it.
#[test]
fn nothing_that_was_promised_is_broken() {
    run(&["breaking", "--against", "baseline.binpb"]);
}
