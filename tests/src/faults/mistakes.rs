//! Known mistakes, put back one by one: the harness is honest when each is found, by the finding that it must lead to.
//! They stand in the services' code behind `kit::fault::mistaken`, which does nothing in what is shipped.

use super::{Outcome, rows};
use anyhow::{Context as _, Result};

pub struct Mistake {
    /// As in `kit::fault::mistaken`.
    pub name: &'static str,
    /// What is wrong, as docs/reliability.md says it.
    pub wrong: &'static str,
    /// The row that finds it.
    pub row: &'static str,
    /// How the finding begins that proves it. Anything else that the row stumbles over proves nothing.
    pub proof: &'static str,
}

macro_rules! mistakes {
    ($($name:literal, $wrong:literal, $row:literal, $proof:literal;)*) => {
        [$(Mistake { name: $name, wrong: $wrong, row: $row, proof: $proof }),*]
    };
}

pub const ALL: [Mistake; 12] = mistakes! {
    "answered-before-the-broker-has-it", "200 before the broker has the message", "broker-stopped", "I1: lost";
    "acknowledged-before-handled", "a message is acknowledged when it is fetched", "kill-registry-before-handling",
        "I1: lost";
    "acknowledged-before-events-has-it", "acknowledged when the log has it, and EVENTS doesn't yet", "log-lost-tail",
        "I1: lost";
    "deduplicated-only-by-a-window", "only what came just now is known as a duplicate",
        "input-duplicates-a-week-later", "I1: in the log";
    "retried-on-time-out", "no answer counts as a refusal, and the POST is repeated", "graph-accepted-without-proof",
        "I2: sent";
    "posted-before-the-attempt-is-durable", "the POST goes before the log knows of the attempt",
        "kill-notifier-after-post", "rule 6: posted";
    "number-outside-the-append", "a protocol number has an append of its own", "kill-registry-after-append",
        "I4: assigned outside";
    "cursor-kept-apart", "the relay trusts its own mark, not EVENTS", "broker-wiped", "rule 4: EVENTS differs";
    "disk-error-ignored", "an error of fsync is overlooked", "log-fsync-error", "I9: the registry's disk failed";
    "forged-accepted", "the signature isn't looked at", "input-forged", "I9: refused with 401 and in the log";
    "unknown-kinds-dropped", "what nobody knows is answered 200 and thrown away", "input-unknown-kinds",
        "I1: lost: UnknownField";
    "personal-data-in-the-log", "whom a message goes to is printed", "stopped-and-started", "I7: notifier printed";
};

/// What came of putting one back.
pub struct Hunt {
    pub mistake: &'static Mistake,
    /// The same row with the same seed, without the mistake.
    pub without: Outcome,
    pub with: Outcome,
}

impl Hunt {
    /// The finding that proves the mistake; why there is none.
    ///
    /// # Errors
    /// The mistake wasn't made, the row isn't green without it, or the checker didn't see it.
    pub fn proof(&self) -> Result<&str> {
        anyhow::ensure!(
            self.without.is_green(),
            "the row isn't green without it: {}",
            self.without.findings.join("; ")
        );
        anyhow::ensure!(self.with.made > 0, "it was never made: {}", self.with.findings.join("; "));
        let found = self.with.findings.iter().find(|finding| finding.starts_with(self.mistake.proof));
        let instead = || match self.with.findings.is_empty() {
            true => "nothing was found".to_owned(),
            false => format!("something else was found: {}", self.with.findings.join("; ")),
        };
        found.map(String::as_str).with_context(instead)
    }
}

/// Which of several harms a mistake does first is a matter of moments: it has this many seeds to show its own.
const SEEDS: u64 = 3;

/// Runs the row with the mistake put back; `without`: what it showed without, if it was run before. When something else was
/// found first, the next seed is tried, with the row without the mistake as well.
///
/// # Errors
/// There is no such row.
pub async fn hunt(mistake: &'static Mistake, seed: u64, without: Option<Outcome>) -> Result<Hunt> {
    let row = rows::named(mistake.row)?;
    let without = match without {
        Some(outcome) => outcome,
        None => super::run(&row, seed, None).await,
    };
    let with = super::run(&row, seed, Some(mistake.name)).await;
    let mut hunt = Hunt { mistake, without, with };
    for seed in seed + 1..seed + SEEDS {
        if hunt.proof().is_ok() {
            break;
        }
        let without = super::run(&row, seed, None).await;
        hunt = Hunt { mistake, without, with: super::run(&row, seed, Some(mistake.name)).await };
    }
    Ok(hunt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_a_row_that_is_there() {
        for mistake in &ALL {
            rows::named(mistake.row).unwrap();
        }
    }
}
