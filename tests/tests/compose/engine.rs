//! The engine's two programs.

use anyhow::{Context as _, Result, ensure};
use std::{path::Path, process::Command};

#[derive(Debug, Clone)]
pub struct Engine {
    /// `docker-compose`, or `docker` with the word `compose`.
    compose: Vec<&'static str>,
}

impl Engine {
    /// `None`: nothing answers.
    pub fn find() -> Option<Self> {
        let answers = |words: &[&str]| {
            let output = Command::new(words[0]).args(&words[1..]).output();
            output.is_ok_and(|output| output.status.success())
        };
        if !answers(&["docker", "version"]) {
            return None;
        }
        let known = [vec!["docker", "compose"], vec!["docker-compose"]];
        let compose = known.into_iter().find(|words| answers(&[words.as_slice(), &["version"]].concat()))?;
        Some(Self { compose })
    }

    pub fn compose(&self, folder: &Path) -> Command {
        let mut command = Command::new(self.compose[0]);
        command.args(&self.compose[1..]).current_dir(folder);
        command
    }
}

/// What it printed.
pub fn docker(arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("docker");
    command.args(arguments);
    run(command)
}

/// Its standard output; an error has what it said.
pub fn run(mut command: Command) -> Result<String> {
    let shown = format!("{command:?}");
    let output = command.output().with_context(|| shown.clone())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{shown}: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(said)
}
