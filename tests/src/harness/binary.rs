//! Where the program is: beside the tests, where `make test` has built it with them. A test that is run alone builds it
//! only when it isn't there at all; whether it is as new as the sources, nobody checks.

use super::root;
use anyhow::{Context as _, Result, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Names another program than the one beside the tests.
const OVERRIDE: &str = "SEGNALALO_BIN";

/// The program `segnalalo`.
///
/// # Errors
/// There is none, and it can't be built.
pub fn segnalalo() -> Result<&'static Path> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND
        .get_or_init(|| find().map_err(|error| format!("{error:#}")))
        .as_deref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the harness has no kit::config: it is what sets the processes' variables"
)]
fn find() -> Result<PathBuf> {
    if let Some(path) = env::var_os(OVERRIDE) {
        return Ok(path.into());
    }
    built("segnalalo", "segnalalo")
}

/// A program of a package of the workspace.
///
/// # Errors
/// There is none, and it can't be built.
pub fn built(package: &str, name: &str) -> Result<PathBuf> {
    // target/<profile>/deps/<test>-<hash>
    let test = env::current_exe().context("where the test itself is")?;
    let profile = test.ancestors().nth(2).context("the test isn't in a target folder")?;
    let program = profile.join(name);
    if !program.is_file() {
        build(profile, package)?;
    }
    ensure!(program.is_file(), "cargo built no {}", program.display());
    Ok(program)
}

fn build(profile: &Path, package: &str) -> Result<()> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "--package", package]).current_dir(root());
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().context("running cargo build")?;
    ensure!(status.success(), "cargo build --package {package}: {status}");
    Ok(())
}
