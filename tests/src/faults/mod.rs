//! The system under faults: real processes over the real broker; citizens whose own ledger says what they sent and what
//! was answered; graph-sim's ledger of what it took from us; the log. A row injects one fault, heals it, and the checker
//! compares the three ledgers (docs/reliability.md). Everything is drawn from a seed: one line repeats a run.
//!
//! | module | holds |
//! |---|---|
//! | `city` | what a row runs on: broker, processes, citizens, an operator |
//! | `clock` | the demo's clock, moved |
//! | `citizens` | signed webhooks of all kinds, and the ledger of them |
//! | `proxy` | TCP between two of ours: delays, swallows, cuts off |
//! | `evidence` | the log, opened, and what graph-sim took |
//! | `checker` | the invariants, as findings |
//! | `rows` | the faults, one declarative table |
//! | `mistakes` | known mistakes put back: each must be found |
//! | `report` | the table of what was seen |

pub mod checker;
pub mod citizens;
pub mod city;
mod clock;
pub mod evidence;
pub mod mistakes;
pub mod proxy;
pub mod report;
pub mod rows;

use anyhow::Result;
use city::City;
use std::time::Duration;
use tokio::time::Instant;

/// What a row did and what was found.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub row: &'static str,
    pub seed: u64,
    /// `None`: the fault can't be shown on this machine, and why.
    pub not_shown: Option<String>,
    /// How often the fault was seen to happen.
    pub injected: usize,
    /// Messages that were answered 200.
    pub answered: usize,
    /// Requests that were refused.
    pub refused: usize,
    /// Messages to citizens that the platform took.
    pub sent: usize,
    /// Replies that wait for a person.
    pub held: usize,
    /// How often the mistake was made that was put back.
    pub made: usize,
    /// Empty: all invariants hold.
    pub findings: Vec<String>,
    pub took: Duration,
}

impl Outcome {
    pub fn is_green(&self) -> bool {
        self.not_shown.is_some() || (self.findings.is_empty() && self.injected > 0)
    }
}

/// Runs one row, `mistake` put back if one is named. An error of the harness is a finding too.
pub async fn run(row: &rows::Row, seed: u64, mistake: Option<&str>) -> Outcome {
    let started = Instant::now();
    let mut outcome = Outcome {
        row: row.name,
        seed,
        not_shown: None,
        injected: 0,
        answered: 0,
        refused: 0,
        sent: 0,
        held: 0,
        made: 0,
        findings: Vec::new(),
        took: Duration::ZERO,
    };
    if let Err(error) = go(row, seed, mistake, &mut outcome).await {
        outcome.findings.push(format!("harness: {error:#}"));
    }
    if outcome.injected == 0 && outcome.not_shown.is_none() {
        outcome.findings.push("harness: the fault was never seen to happen: the row shows nothing".to_owned());
    }
    outcome.took = started.elapsed();
    outcome
}

async fn go(row: &rows::Row, seed: u64, mistake: Option<&str>, outcome: &mut Outcome) -> Result<()> {
    let mut city = City::prepare(seed, mistake).await?;
    match (row.inject)(&mut city).await {
        Ok(rows::Injected::Times(times)) => outcome.injected = times,
        Ok(rows::Injected::NotShown(why)) => {
            outcome.not_shown = Some(why);
            return Ok(());
        }
        // A mistake may show before the row is through: what it did is checked all the same.
        Err(error) if mistake.is_some() => outcome.findings.push(format!("harness: {error:#}")),
        Err(error) => return Err(error),
    }
    outcome.findings.append(&mut city.findings);
    let healed = city.heal().await;
    outcome.made = mistake.map_or(0, |name| city.hits(&format!("mistake.{name}")));
    let evidence = evidence::gather(&mut city).await?;
    if let Err(error) = healed {
        outcome.findings.push(format!("I8: {error:#}"));
    }
    outcome.answered = city.citizens.answered();
    outcome.refused = city.citizens.refused();
    outcome.sent = evidence.accepted.len();
    outcome.held = evidence.held();
    outcome.findings.extend(checker::check(&mut city, &evidence).await?);
    // With a mistake put back, what was found was expected.
    if !outcome.findings.is_empty() && mistake.is_none() {
        city.keep();
    }
    Ok(())
}
