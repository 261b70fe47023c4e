//! The configuration of triage.

use segnalalo_kit::{
    config::{Error, Vars},
    keys,
};
use segnalalo_proto::sealed::Key;
use std::path::PathBuf;

#[derive(Debug, Clone)]
pub struct Config {
    /// `SEGNALALO_CITY`, default `deploy/biella`: the folder with offices.toml and triage/.
    pub city: PathBuf,
    /// From `SEGNALALO_MASTER_KEY`: unwraps the citizens' keys.
    pub mirror_key: Key,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        Ok(Self {
            mirror_key: keys::mirror_key(vars)?,
            city: vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella"))?,
        })
    }
}
