//! `segnalalo prepare`: draws what the processes need to know each other, once, into one folder: a key for each role at
//! the broker, and the broker's `auth.conf` with their rights. What is there is kept; only `auth.conf` is always written
//! anew, so that a new version's rights count.

use crate::{
    failure::Failure,
    output,
    phrases::{Part, Phrases},
};
use anyhow::Context as _;
use segnalalo_kit::{
    bus::{Identity, Role, auth_conf},
    config::Secret,
};
use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

const NKEY: &str = "nkey";
const BROKER: &str = "broker";
const AUTH: &str = "auth.conf";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "CARTELLA", default_value = "keys")]
    folder: PathBuf,
    #[arg(long)]
    renew: bool,
}

pub fn run(args: &Args, phrases: &Phrases) -> Result<(), Failure> {
    let drawn = write(&args.folder, args.renew)?;
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

/// Whole or not at all; its folder is made, for nobody else to look into.
fn put(file: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let begun = file.with_extension("new");
    let write = || -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        match fs::remove_file(&begun) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut opened = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&begun)?;
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&begun, file)
    };
    write().with_context(|| file.display().to_string())?;
    Ok(())
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
        put(&place.path().join("triage/nkey"), "nonsense", 0o600).unwrap_or_else(|failure| panic!("{failure}"));
        let failure = write(place.path(), false).unwrap_err().to_string();
        assert!(failure.contains("triage/nkey"), "{failure}");
    }
}
