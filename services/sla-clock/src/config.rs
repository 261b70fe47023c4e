//! The configuration of sla-clock.

use segnalalo_kit::config::{Error, Vars};
use std::time::Duration;

const RETRY_SECONDS: u64 = 60;

#[derive(Debug, Clone)]
pub struct Config {
    /// `SLA_CLOCK_RETRY_SECONDS`, default 60: how long a rung waits for its event before it is said again.
    pub retry_after: Duration,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let seconds = vars.parsed("SLA_CLOCK_RETRY_SECONDS", RETRY_SECONDS)?;
        Ok(Self { retry_after: Duration::from_secs(seconds) })
    }
}
