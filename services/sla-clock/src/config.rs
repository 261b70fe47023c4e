//! The configuration of sla-clock.

use segnalalo_kit::config::{Error, Vars};
use std::{path::PathBuf, time::Duration};

const RETRY_SECONDS: u64 = 60;

#[derive(Debug, Clone)]
pub struct Config {
    /// `SLA_CLOCK_RETRY_SECONDS`, default 60: how long a rung waits for its event before it is said again.
    pub retry_after: Duration,
    /// `SEGNALALO_DATA_DIR`: the snapshot stands in its folder `sla-clock`. Without it there is none, and each start reads
    /// the whole log.
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let seconds = vars.parsed("SLA_CLOCK_RETRY_SECONDS", RETRY_SECONDS)?;
        let data_dir = vars.optional("SEGNALALO_DATA_DIR").map(PathBuf::from);
        Ok(Self { retry_after: Duration::from_secs(seconds), data_dir })
    }
}
