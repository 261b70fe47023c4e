//! The broker's own folder: its configuration, ready to be started with, and the key that its files are encrypted under.

use super::{BROKER, file};
use crate::failure::Failure;
use std::{fs, path::Path};

const KEY: &str = "SEGNALALO_BROKER_KEY";
/// As this version needs it; `--nats-conf` names another.
const NATS: &str = include_str!("../../../../../deploy/nats.conf");
const START: &str = "# Written by `segnalalo prepare`.\ninclude \"auth.conf\"\ninclude \"nats.conf\"\n";

/// # Errors
/// A file can't be read or written.
pub fn write(keys: &Path, nats: Option<&Path>) -> Result<(), Failure> {
    let folder = keys.join(BROKER);
    let kept = folder.join(KEY);
    let key = match fs::read_to_string(&kept) {
        Ok(key) => key.trim().to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let drawn = hex::encode(rand::random::<[u8; 32]>());
            file::put(&kept, &drawn, 0o400)?;
            drawn
        }
        Err(error) => return Err(Failure::failed(format!("{}: {error}", kept.display()))),
    };
    let text = match nats {
        Some(file) => {
            fs::read_to_string(file).map_err(|error| Failure::failed(format!("{}: {error}", file.display())))?
        }
        None => NATS.to_owned(),
    };
    file::put(&folder.join("nats.conf"), &text.replace(&format!("${KEY}"), &format!("{key:?}")), 0o400)?;
    file::put(&folder.join("broker.conf"), START, 0o444)
}
