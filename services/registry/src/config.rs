//! The registry's configuration.

use segnalalo_kit::{
    config::{Error, Vars},
    master_key::MasterKey,
    media,
};
use std::{net::SocketAddr, path::PathBuf};

#[derive(Debug, Clone)]
pub struct Config {
    /// `SEGNALALO_DATA_DIR`, default `data`: the event log stands in `log/` below it.
    pub data_dir: PathBuf,
    /// `REGISTRY_LISTEN`, default `127.0.0.1:50051`. Loopback only until clients have credentials.
    pub listen: SocketAddr,
    /// `SEGNALALO_MASTER_KEY`: what wraps the keyring. At least 32 characters; losing it means that nobody's words can be
    /// read any more.
    pub master_key: MasterKey,
    /// `SEGNALALO_MASTER_KEY_PREVIOUS`: given once, at the start that replaces it.
    pub previous_master_key: Option<MasterKey>,
    /// `REGISTRY_KEYRING=recover`: take what the keyring lacks from the broker's copy, at this start.
    pub recover_keyring: bool,
    /// `SEGNALALO_CITY`, default `deploy/biella`.
    pub city: PathBuf,
    /// `WHATSAPP_DISPLAY_NUMBER` and the like: the city's own numbers, digits only, by comma.
    pub public_numbers: Vec<String>,
    /// `SEGNALALO_MEDIA_MAX_MB`, default 25: an attachment that is larger isn't kept. In bytes.
    pub largest_attachment: usize,
}

impl Config {
    /// # Errors
    /// Names the variable and what is wrong with it.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        Ok(Self {
            data_dir: vars.parsed("SEGNALALO_DATA_DIR", PathBuf::from("data"))?,
            listen: listen(vars)?,
            master_key: MasterKey::from_vars(vars)?,
            previous_master_key: MasterKey::previous(vars)?,
            recover_keyring: recover_keyring(vars)?,
            city: vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella"))?,
            largest_attachment: media::largest(vars)?,
            public_numbers: vars
                .optional("SEGNALALO_PUBLIC_NUMBERS")
                .unwrap_or_else(|| "393601075737".to_owned())
                .split(',')
                .map(|number| number.chars().filter(char::is_ascii_digit).collect::<String>())
                .filter(|number| !number.is_empty())
                .collect(),
        })
    }
}

fn recover_keyring(vars: &Vars) -> Result<bool, Error> {
    const NAME: &str = "REGISTRY_KEYRING";
    match vars.optional(NAME).as_deref() {
        None => Ok(false),
        Some("recover") => Ok(true),
        Some(other) => Err(Error::Invalid {
            name: NAME.to_owned(),
            value: other.to_owned(),
            expected: "word: recover, or nothing",
        }),
    }
}

/// Whoever reaches the port may do everything: it stays on this machine until clients have credentials.
fn listen(vars: &Vars) -> Result<SocketAddr, Error> {
    const NAME: &str = "REGISTRY_LISTEN";
    let address = vars.parsed(NAME, SocketAddr::from(([127, 0, 0, 1], 50051)))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(Error::Invalid {
        name: NAME.to_owned(),
        value: address.to_string(),
        expected: "loopback address, such as 127.0.0.1:50051: its clients have no credentials yet",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &str, value: &str) -> String {
        let key = ("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all");
        let vars = Vars::from_pairs([key]).with([(name, value)]);
        Config::from_vars(&vars).unwrap_err().to_string()
    }

    #[test]
    fn a_port_that_others_reach_and_a_key_that_can_be_guessed_are_refused() {
        assert!(error("REGISTRY_LISTEN", "0.0.0.0:50051").contains("REGISTRY_LISTEN"));
        let short = error("SEGNALALO_MASTER_KEY", "hunter2");
        assert!(short.contains("SEGNALALO_MASTER_KEY") && !short.contains("hunter2"), "{short}");
    }
}
