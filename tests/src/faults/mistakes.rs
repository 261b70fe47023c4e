//! Known mistakes, put back one by one: the harness is honest when each is found. They stand in the services' code behind
//! `kit::fault::mistaken`, which does nothing in what is shipped.

use super::{Outcome, rows};
use anyhow::Result;

pub struct Mistake {
    /// As in `kit::fault::mistaken`.
    pub name: &'static str,
    /// The row that finds it.
    pub row: &'static str,
}

pub const ALL: [Mistake; 12] = [
    Mistake { name: "answered-before-the-broker-has-it", row: "broker-stopped" },
    Mistake { name: "acknowledged-before-handled", row: "kill-registry-before-handling" },
    Mistake { name: "acknowledged-before-events-has-it", row: "log-lost-tail" },
    Mistake { name: "deduplicated-only-by-a-window", row: "input-duplicates" },
    Mistake { name: "retried-on-time-out", row: "graph-reset-after" },
    Mistake { name: "posted-before-the-attempt-is-durable", row: "kill-notifier-after-post" },
    Mistake { name: "number-outside-the-append", row: "kill-registry-after-append" },
    Mistake { name: "cursor-kept-apart", row: "broker-wiped" },
    Mistake { name: "disk-error-ignored", row: "log-fsync-error" },
    Mistake { name: "forged-accepted", row: "input-forged" },
    Mistake { name: "unknown-kinds-dropped", row: "input-unknown-kinds" },
    Mistake { name: "personal-data-in-the-log", row: "stopped-and-started" },
];

/// Runs the row with the mistake put back. Found means: it was made, and something was found that isn't there without it.
///
/// # Errors
/// There is no such row.
pub async fn hunt(mistake: &Mistake, seed: u64) -> Result<Outcome> {
    let row = rows::named(mistake.row)?;
    Ok(super::run(&row, seed, Some(mistake.name)).await)
}
