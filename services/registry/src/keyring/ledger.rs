//! The ledger of erasures: the ids of erased keys, in a file beside log and keyring that only grows and that no backup
//! holds. Whoever restores both from yesterday gets today's erasures back from it. Ids of keys are drawn at random: they say
//! nothing of anybody.
//!
//! The file is a heading of 16 bytes and then 16 bytes for each key. Two of them make one by putting one behind the other.

use crate::folder;
use segnalalo_domain::id::KeyId;
use std::{
    collections::{BTreeSet, HashSet},
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

/// Of the file, below the data's folder.
pub const NAME: &str = "erasures";
const HEADING: &[u8; LENGTH] = b"segnalalo:erased";
const LENGTH: usize = 16;

#[derive(Debug)]
pub struct Ledger {
    file: File,
    keys: HashSet<KeyId>,
}

impl Ledger {
    /// Opens it, made if it isn't there. What a power cut left half-written at its end is dropped: nobody was told of it.
    ///
    /// # Errors
    /// It can't be read or written, or isn't one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        bytes.truncate(bytes.len() / LENGTH * LENGTH);
        if !bytes.is_empty() && !bytes.starts_with(HEADING) {
            let what =
                format!("{} isn't a ledger of erasures: move it away, and put the right one there", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let mut file = File::options().create(true).append(true).open(path)?;
        file.set_len(bytes.len() as u64)?;
        if bytes.is_empty() {
            file.write_all(HEADING)?;
        }
        file.sync_all()?;
        if let Some(parent) = path.parent() {
            folder::sync(parent)?;
        }
        let keys = bytes.chunks_exact(LENGTH).filter(|chunk| chunk != HEADING).filter_map(KeyId::from_slice).collect();
        Ok(Self { file, keys })
    }

    pub fn keys(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keys.iter().copied()
    }

    /// Durable on return.
    ///
    /// # Errors
    /// The disk's.
    pub fn add(&mut self, keys: &[KeyId]) -> io::Result<()> {
        let new = keys.iter().filter(|key| !self.keys.contains(key)).copied().collect::<BTreeSet<_>>();
        if new.is_empty() {
            return Ok(());
        }
        self.file.write_all(&new.iter().flat_map(|key| key.0).collect::<Vec<_>>())?;
        self.file.sync_data()?;
        self.keys.extend(new);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: KeyId = KeyId([1; 16]);
    const B: KeyId = KeyId([2; 16]);

    #[test]
    fn it_remembers_over_a_restart_and_drops_what_a_power_cut_left_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        Ledger::open(&path).unwrap().add(&[A, B, A]).unwrap();
        File::options().append(true).open(&path).unwrap().write_all(&[3; 7]).unwrap();
        let mut ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.keys().collect::<HashSet<_>>(), HashSet::from([A, B]));
        ledger.add(&[B]).unwrap();
        assert_eq!(fs::read(&path).unwrap().len(), 3 * LENGTH);
    }

    #[test]
    fn two_make_one_and_another_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        Ledger::open(&one).unwrap().add(&[A]).unwrap();
        Ledger::open(&other).unwrap().add(&[B]).unwrap();
        fs::write(&one, [fs::read(&one).unwrap(), fs::read(&other).unwrap()].concat()).unwrap();
        assert_eq!(Ledger::open(&one).unwrap().keys().collect::<HashSet<_>>(), HashSet::from([A, B]));
        fs::write(&other, "something else altogether").unwrap();
        assert_eq!(Ledger::open(&other).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
