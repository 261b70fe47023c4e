//! The configuration of triage.

use segnalalo_kit::config::{Error, Vars};
use std::path::PathBuf;

#[derive(Debug, Clone)]
pub struct Config {
    /// `SEGNALALO_CITY`, default `deploy/biella`: the folder with offices.toml and triage/.
    pub city: PathBuf,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        Ok(Self { city: vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella"))? })
    }
}
