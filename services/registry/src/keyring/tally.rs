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

    /// Erases again what a restored ring brought back. True: something had come back, and what was read must be read
    /// again.
    ///
    /// # Errors
    /// `Older` when keys are missing that nobody erased.
    pub fn settle(&self, keyring: &Keyring, folder: &Path) -> Result<bool, Error> {
        let mut missing = Vec::new();
        for (key, position) in &self.needed {
            if !self.erased.contains(key) && !keyring.has(*key)? {
                missing.push(*position);
            }
        }
        if let Some(first) = missing.iter().min() {
            return Err(Error::Older { missing: missing.len(), first: *first, folder: folder.to_owned() });
        }
        let mut due = Vec::new();
        for key in &self.erased {
            if !keyring.store.is_erased(*key)? {
                due.push(*key);
            }
        }
        if due.is_empty() {
            return Ok(false);
        }
        let back = keyring.erase(&due)?;
        tracing::warn!(back, "keys that the log says are erased were in the keyring: erased again");
        Ok(back > 0)
    }
}
