//! Which docker-compose is there.

use super::finding::Finding;
use std::{process::Stdio, time::Duration};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(5);
/// The first that waits for a container to have ended well.
const OLDEST: (u32, u32) = (1, 29);

/// Version as it is printed, and its first two numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub shown: String,
    pub number: (u32, u32),
}

/// The first number with a dot in what a program printed.
pub fn version(printed: &str) -> Option<Version> {
    let words = printed.split(|letter: char| letter.is_whitespace() || letter == ',');
    words.map(|word| word.trim_start_matches('v')).find_map(|word| {
        let mut parts = word.split('.');
        let number = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Version { shown: word.to_owned(), number })
    })
}

/// `plugin`: `docker compose`; `program`: `docker-compose`.
pub fn judge(plugin: Option<Version>, program: Option<Version>) -> Finding {
    let (command, version) = match (plugin, program) {
        (Some(version), _) => ("docker compose", version),
        (None, Some(version)) => ("docker-compose", version),
        (None, None) => return Finding::ok("compose", "none"),
    };
    let finding = match version.number {
        number if number < OLDEST => Finding::error("compose", "old"),
        (1, _) => Finding::ok("compose", "v1"),
        _ => Finding::ok("compose", "v2"),
    };
    finding.with("command", command).with("version", version.shown)
}

pub async fn look(contained: bool) -> Finding {
    if contained {
        return Finding::ok("compose", "unseen");
    }
    let (plugin, program) = tokio::join!(ask("docker", &["compose", "version"]), ask("docker-compose", &["version"]));
    judge(plugin, program)
}

async fn ask(program: &str, arguments: &[&str]) -> Option<Version> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| version(printed.lines().next().unwrap_or_default())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compose_is_known_by_what_it_prints() {
        let old = version("docker-compose version 1.25.0, build unknown");
        let debian = version("docker-compose version 1.29.2, build unknown");
        let new = version("Docker Compose version v2.40.3");
        assert_eq!(debian.clone().unwrap().shown, "1.29.2");
        assert_eq!(judge(None, old).code, "old");
        assert_eq!(judge(None, debian.clone()).code, "v1");
        assert_eq!(judge(new, debian).code, "v2");
        assert_eq!(judge(None, None).code, "none");
        assert_eq!(version("no number here"), None);
    }
}
