//! What the log says of keys: which ring locks it, which keys its boxes need, which were erased. Read once at the start,
//! with the replay.

use super::{Error, Keyring, KeyringId};
use crate::journal;
use segnalalo_domain::{
    event::{Event, Log, Recorded},
    id::KeyId,
};
use segnalalo_proto::convert;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

/// What the log's first record says.
pub enum Opening {
    /// There is no record.
    None,
    Unsealed,
    Keyring(KeyringId),
}

/// # Errors
/// `Storage`.
pub fn keyring_of(reader: &dyn journal::Reader) -> Result<Opening, Error> {
    let Some(first) = reader.read(1).map_err(|error| Error::Storage(error.into()))? else {
        return Ok(Opening::None);
    };
    match convert::read(&first).map(|recorded| recorded.event) {
        Ok(Event::Log(Log::Opened { keyring: Some(id), .. })) => Ok(Opening::Keyring(id)),
        Ok(_) => Ok(Opening::Unsealed),
        Err(error) => Err(Error::Storage(error.into())),
    }
}

#[derive(Debug, Default)]
pub struct Tally {
    /// Keys of boxes, and where the first of each stands.
    needed: HashMap<KeyId, u64>,
    erased: HashSet<KeyId>,
}

impl Tally {
    pub fn note(&mut self, recorded: &Recorded) {
        if let Some(key) = recorded.event.sealed().and_then(|sealed| sealed.key()) {
            self.needed.entry(key).or_insert(recorded.position);
        }
        if let Event::Log(Log::KeysErased(erased)) = &recorded.event {
            self.erased.extend(&erased.keys);
        }
    }

    /// Erases again what a restored ring or log brought back: what the log says is erased, and what the ring or the ledger
    /// of erasures remembers.
    ///
    /// # Errors
    /// `Older` when keys are missing that nobody erased.
    pub fn settle(&self, keyring: &Keyring, folder: &Path) -> Result<Settled, Error> {
        let remembered = keyring.erasures()?;
        let mut missing = Vec::new();
        for (key, position) in &self.needed {
            if !self.erased.contains(key) && !remembered.contains(key) && !keyring.has(*key)? {
                missing.push(*position);
            }
        }
        if let Some(first) = missing.iter().min() {
            return Err(Error::Older { missing: missing.len(), first: *first, folder: folder.to_owned() });
        }
        let mut due = Vec::new();
        for key in self.erased.union(&remembered) {
            if !keyring.store.is_erased(*key)? {
                due.push(*key);
            }
        }
        due.sort();
        keyring.remember(&self.erased.union(&remembered).copied().collect::<Vec<_>>())?;
        let mut unrecorded = remembered
            .into_iter()
            .filter(|key| self.needed.contains_key(key) && !self.erased.contains(key))
            .collect::<Vec<_>>();
        unrecorded.sort();
        let back = if due.is_empty() { 0 } else { keyring.erase(&due)? };
        if back > 0 {
            tracing::warn!(back, "keys that were erased were in the keyring: erased again");
        }
        Ok(Settled { back: back > 0, unrecorded })
    }
}

/// What came of a start.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Something had come back: what was read must be read again.
    pub back: bool,
    /// Keys of boxes in the log that were erased and of which the log, restored from before, doesn't know.
    pub unrecorded: Vec<KeyId>,
}
