//! `segnalalo prepare`: draws what the processes need to know each other, once, into one folder with a folder for each
//! role: its key at the broker, the city's secrets that it needs. The broker's folder gets its
//! configuration with everybody's rights. What was drawn is kept; configuration is always written anew, so that a new
//! version's rights count.

mod broker;
mod file;
mod settings;

use crate::{
    failure::Failure,
    output,
    phrases::{Part, Phrases},
};
use anyhow::Context as _;
use file::put;
use segnalalo_kit::{
    bus::{Identity, Role, auth_conf},
    config::Secret,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const NKEY: &str = "SEGNALALO_NATS_NKEY";
const BROKER: &str = "broker";
const AUTH: &str = "auth.conf";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "CARTELLA", default_value = "keys")]
    folder: PathBuf,
    /// The city's secrets, a file for each variable.
    #[arg(long, value_name = "CARTELLA")]
    secrets: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    nats_conf: Option<PathBuf>,
    #[arg(long)]
    demo: bool,
    #[arg(long)]
    renew: bool,
}

pub fn run(args: &Args, phrases: &Phrases) -> Result<(), Failure> {
    let drawn = write(&args.folder, args.renew)?;
    broker::write(&args.folder, args.nats_conf.as_deref())?;
    settings::hand_out(&args.folder, args.secrets.as_deref(), args.demo)?;
    let folder = args.folder.display().to_string();
    let said = if drawn.is_empty() { "kept" } else { "drawn" };
    output::line(phrases.say(Part::Prepare, said, &[("folder", &folder), ("roles", &drawn.join(", "))]));
    Ok(())
}

/// The variable of each role, and the file that it has to name.
pub fn nkeys(folder: &Path) -> impl Iterator<Item = (String, PathBuf)> + use<> {
    let folder = folder.to_owned();
    Role::ALL.iter().map(move |role| {
        let variable = format!("{}_NATS_NKEY_FILE", role.name.replace('-', "_").to_uppercase());
        (variable, folder.join(role.name).join(NKEY))
    })
}

/// Returns the roles whose key was drawn. With `renew` all are: the broker has to be told, and then the processes.
///
/// # Errors
/// A file can't be read or written, or isn't a key.
pub fn write(folder: &Path, renew: bool) -> Result<Vec<&'static str>, Failure> {
    let mut drawn = Vec::new();
    let mut identities = Vec::new();
    for role in Role::ALL {
        let file = folder.join(role.name).join(NKEY);
        let identity = match fs::read_to_string(&file) {
            Ok(text) if !renew => {
                let read = Identity::from_seed(&Secret::new(text.trim()));
                read.with_context(|| file.display().to_string())?
            }
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::failed(format!("{}: {error}", file.display())));
            }
            _ => {
                let identity = Identity::draw();
                put(&file, &format!("{}\n", identity.seed.expose()), 0o400)?;
                drawn.push(role.name);
                identity
            }
        };
        identities.push((role, identity));
    }
    let text = auth_conf(identities.iter().map(|(role, identity)| (*role, identity)));
    put(&folder.join(BROKER).join(AUTH), &text, 0o444)?;
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_drawn_once_and_the_rights_are_always_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("keys");
        let write = |renew| write(&folder, renew).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(write(false).len(), Role::ALL.len());
        let auth = folder.join("broker/auth.conf");
        let first = fs::read_to_string(&auth).unwrap();
        fs::remove_file(&auth).unwrap();
        assert!(write(false).is_empty());
        assert_eq!(fs::read_to_string(&auth).unwrap(), first);
        for (role, file) in nkeys(&folder) {
            let seed = fs::read_to_string(file).unwrap();
            assert!(!first.contains(seed.trim()), "{role:?}: a seed has nothing to do at the broker");
        }
        assert_eq!(write(true).len(), Role::ALL.len());
        assert_ne!(fs::read_to_string(&auth).unwrap(), first);
        assert!(nkeys(&folder).all(|(_, file)| file.is_file()));
    }

    #[test]
    fn what_is_no_key_is_named_and_not_replaced() {
        let place = tempfile::tempdir().unwrap();
        put(&place.path().join("triage/SEGNALALO_NATS_NKEY"), "nonsense", 0o600)
            .unwrap_or_else(|failure| panic!("{failure}"));
        let failure = write(place.path(), false).unwrap_err().to_string();
        assert!(failure.contains("triage/SEGNALALO_NATS_NKEY"), "{failure}");
    }
}
