//! The citizens' keys: a sled database of its own beside the log, backed up apart from it. Each key is random, belongs to
//! one person and covers one scope; it stands wrapped under the ring's root key, and that under the master secret. The log's
//! first record names the ring, so that neither is ever used with another's.
//!
//! Order (rule 8): a key is on disk before the events that it locks (`sync`), those are on disk before the key goes to the
//! broker, and the key is there before the events are. An erasure is an event first, then the key is deleted.
//!
//! | file | holds |
//! |---|---|
//! | `store` | what stands where in the database |
//! | `tally` | which keys the log needs and which it says are erased |
//! | `mirror` | the copy on the broker |
//! | `ledger` | the erased keys' ids, in a file that no backup holds |

pub mod ledger;
pub mod mirror;
mod store;
pub mod tally;

#[cfg(test)]
mod tests;

use crate::journal::{self, BoxError};
use ledger::Ledger;
use mirror::Fresh;
use segnalalo_domain::{
    id::{KeyId, PersonId},
    sealed::{Lock, Scope, Sealed},
};
use segnalalo_kit::master_key::MasterKey;
use segnalalo_proto::{
    common::v1::PersonalContent,
    sealed::{self, Key, Opener},
};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use store::{Entry, Store};

/// Which ring it is: drawn at random when it is made.
pub type KeyringId = [u8; 16];

/// What goes wrong with a keyring, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the log's boxes are locked by the keyring {}, and {} holds none. Restore the keyring's backup there; or, while \
         the broker still has its copy, start once with REGISTRY_KEYRING=recover", hex::encode(.wanted), .folder.display()
    )]
    Missing { wanted: KeyringId, folder: PathBuf },
    #[error(
        "the keyring in {} is {}, and the log's boxes are locked by {}: it belongs to another log. Put the right one there",
        .folder.display(), hex::encode(.found), hex::encode(.wanted)
    )]
    Foreign { found: KeyringId, wanted: KeyringId, folder: PathBuf },
    #[error(
        "the keyring in {} lacks {missing} keys that the log needs (the first at position {first}): it is older than the log. \
         Restore a newer backup of it; or, while the broker still has its copy, start once with REGISTRY_KEYRING=recover",
        .folder.display()
    )]
    Older { missing: usize, first: u64, folder: PathBuf },
    #[error(
        "the keyring in {} is wrapped under another SEGNALALO_MASTER_KEY. Give the one it was made with; or, to replace it, \
         the new one as SEGNALALO_MASTER_KEY and the one before as SEGNALALO_MASTER_KEY_PREVIOUS", .0.display()
    )]
    OtherMaster(PathBuf),
    #[error(
        "the keyring in {} has keys, and the log is empty: the log was lost or moved. Restore it, or let it be filled \
         from EVENTS; to begin a new log, move the keyring away as well", .0.display()
    )]
    WithoutLog(PathBuf),
    #[error(
        "the log was begun before personal data was encrypted: its first record names no keyring. Such logs hold trial \
         data only: move it away, wipe EVENTS, and begin a new one"
    )]
    Unsealed,
    #[error("the keyring on the broker isn't the log's, or isn't there: only a backup helps")]
    NothingToRecover,
    #[error("the keyring in {} can't be opened", .folder.display())]
    Unopenable {
        folder: PathBuf,
        #[source]
        source: BoxError,
    },
    #[error("the keyring can't be read or written")]
    Storage(#[source] BoxError),
    #[error("a key of the keyring is damaged")]
    Damaged,
}

pub struct Keyring {
    id: KeyringId,
    /// For ids of people: `crate::identity`.
    pepper: [u8; 32],
    store: Store,
    /// Made and not yet on disk.
    made: Mutex<HashMap<Scope, (KeyId, Key, PersonId)>>,
    /// For the broker.
    fresh: Fresh,
    /// `None` where nothing is restored: in tests and benchmarks.
    ledger: Option<Mutex<Ledger>>,
}

impl Keyring {
    /// Opens the one in a folder, rewrapped under `master` if it was wrapped under `previous`. `None`: there is none.
    ///
    /// # Errors
    /// `OtherMaster`, `Unopenable`.
    pub fn open(folder: &Path, master: &MasterKey, previous: Option<&MasterKey>) -> Result<Option<Self>, Error> {
        // sled would make one.
        if !folder.join("db").exists() {
            return Ok(None);
        }
        let mut store = Store::open(folder)?;
        let Some(header) = store.unwrap_header(master, previous)? else {
            return Ok(None);
        };
        Ok(Some(Self::with(store, header.id, header.pepper)))
    }

    /// Makes an empty one. Durable on return.
    ///
    /// # Errors
    /// `Unopenable`, `Storage`.
    pub fn create(folder: &Path, master: &MasterKey) -> Result<Self, Error> {
        Self::begin(Store::open(folder)?, rand::random(), rand::random(), master)
    }

    /// Makes one that was, from what the broker knows of it.
    pub(super) fn restore(folder: &Path, id: KeyringId, pepper: [u8; 32], master: &MasterKey) -> Result<Self, Error> {
        Self::begin(Store::open(folder)?, id, pepper, master)
    }

    /// One in memory, for tests and benchmarks.
    ///
    /// # Errors
    /// `Unopenable`.
    pub fn temporary(master: &MasterKey) -> Result<Self, Error> {
        Self::begin(Store::temporary()?, rand::random(), rand::random(), master)
    }

    fn begin(mut store: Store, id: KeyringId, pepper: [u8; 32], master: &MasterKey) -> Result<Self, Error> {
        store.begin(id, pepper, master)?;
        Ok(Self::with(store, id, pepper))
    }

    fn with(store: Store, id: KeyringId, pepper: [u8; 32]) -> Self {
        Self { id, pepper, store, made: Mutex::default(), fresh: Fresh::default(), ledger: None }
    }

    /// Has erasures written into the ledger as well.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Ledger) -> Self {
        self.ledger = Some(Mutex::new(ledger));
        self
    }

    pub fn id(&self) -> KeyringId {
        self.id
    }

    pub fn pepper(&self) -> [u8; 32] {
        self.pepper
    }

    /// Keys made since the broker was last told.
    pub fn fresh(&self) -> &Fresh {
        &self.fresh
    }

    /// The key of a scope, made if there is none. A new one must be on disk (`sync`) before anything is.
    ///
    /// # Errors
    /// `Storage`, `Damaged`.
    pub fn key_for(&self, lock: &Lock) -> Result<(KeyId, Key), Error> {
        let mut made = self.made();
        if let Some((id, key, _)) = made.get(&lock.scope) {
            return Ok((*id, key.clone()));
        }
        if let Some(id) = self.store.of_scope(&lock.scope)?
            && let Some(entry) = self.store.get(id)?
        {
            return Ok((id, entry.key));
        }
        let (id, key) = (KeyId(rand::random()), Key::random());
        made.insert(lock.scope, (id, key.clone(), lock.owner));
        Ok((id, key))
    }

    /// Makes new keys durable, and has the broker told of them.
    ///
    /// # Errors
    /// `Storage`: nothing may be written that they lock.
    pub fn sync(&self) -> Result<(), Error> {
        let mut made = self.made();
        if made.is_empty() {
            return Ok(());
        }
        let entry = |(scope, (id, key, owner)): (&Scope, &(KeyId, Key, PersonId))| {
            (*id, Entry { owner: *owner, scope: *scope, key: key.clone() })
        };
        let entries = made.iter().map(entry).collect::<Vec<_>>();
        self.store.put(&entries)?;
        made.clear();
        self.fresh.made(entries);
        Ok(())
    }

    /// Writes into the ledger what it doesn't know.
    fn remember(&self, keys: &[KeyId]) -> Result<(), Error> {
        match &self.ledger {
            None => Ok(()),
            Some(ledger) => {
                let written = ledger.lock().unwrap_or_else(PoisonError::into_inner).add(keys);
                written.map_err(|error| Error::Storage(error.into()))
            }
        }
    }

    /// Deletes keys, for good: what they locked is gone. How many there were.
    ///
    /// # Errors
    /// `Storage`: do it again.
    pub fn erase(&self, keys: &[KeyId]) -> Result<usize, Error> {
        self.remember(keys)?;
        let erased = self.store.erase(keys)?;
        self.fresh.erased(keys);
        Ok(erased)
    }

    /// A key that is on disk; `None` for one that was erased, or never was.
    ///
    /// # Errors
    /// `Storage`, `Damaged`.
    pub fn get(&self, id: KeyId) -> Result<Option<Key>, Error> {
        Ok(self.store.get(id)?.map(|entry| entry.key))
    }

    /// True for a key that can open something.
    ///
    /// # Errors
    /// `Storage`.
    pub fn has(&self, key: KeyId) -> Result<bool, Error> {
        self.store.contains(key)
    }

    /// A person's keys, and what each covers.
    ///
    /// # Errors
    /// `Storage`, `Damaged`.
    pub fn of_owner(&self, owner: PersonId) -> Result<Vec<(KeyId, Scope)>, Error> {
        self.store.of_owner(owner)
    }

    /// What a key covers; `None` when it isn't there.
    ///
    /// # Errors
    /// `Storage`, `Damaged`.
    pub fn scope_of(&self, key: KeyId) -> Result<Option<Scope>, Error> {
        Ok(self.store.get(key)?.map(|entry| entry.scope))
    }

    /// Every key that was ever erased: in this ring, and by what the ledger remembers.
    ///
    /// # Errors
    /// `Storage`, `Damaged`.
    pub fn erasures(&self) -> Result<HashSet<KeyId>, Error> {
        let mut all = self.store.erased().collect::<Result<HashSet<_>, Error>>()?;
        if let Some(ledger) = &self.ledger {
            all.extend(ledger.lock().unwrap_or_else(PoisonError::into_inner).keys());
        }
        Ok(all)
    }

    /// The key of a scope and its owner, if there is one.
    ///
    /// # Errors
    /// `Storage`, `Damaged`.
    pub fn of_scope(&self, scope: Scope) -> Result<Option<(KeyId, PersonId)>, Error> {
        let Some(id) = self.store.of_scope(&scope)? else {
            return Ok(None);
        };
        Ok(self.store.get(id)?.map(|entry| (id, entry.owner)))
    }

    /// True as long as no key was made.
    ///
    /// # Errors
    /// `Storage`.
    pub fn is_unused(&self) -> Result<bool, Error> {
        self.store.is_unused()
    }

    fn key(&self, id: KeyId) -> Result<Key, sealed::Error> {
        let found = self.store.get(id).map_err(|error| sealed::Error::Keyring(error.into()))?;
        if let Some(entry) = found {
            return Ok(entry.key);
        }
        if let Some((_, key, _)) = self.made().values().find(|(made, ..)| *made == id) {
            return Ok(key.clone());
        }
        match self.store.is_erased(id) {
            Ok(true) => Err(sealed::Error::Erased),
            Ok(false) => Err(sealed::Error::NoKey(id)),
            Err(error) => Err(sealed::Error::Keyring(error.into())),
        }
    }

    /// The serialised content of a box.
    ///
    /// # Errors
    /// As `Opener::open`.
    pub fn unlock(&self, sealed: &Sealed) -> Result<Vec<u8>, sealed::Error> {
        sealed::unlock(sealed, |id| self.key(id))
    }

    fn made(&self) -> MutexGuard<'_, HashMap<Scope, (KeyId, Key, PersonId)>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opener for Keyring {
    fn open(&self, sealed: &Sealed) -> Result<PersonalContent, sealed::Error> {
        sealed::open(sealed, |id| self.key(id))
    }
}

/// The keyring for a log: what its first record says decides.
///
/// # Errors
/// What is wrong, and what to do. Nothing is made over what exists.
pub fn for_log(
    folder: &Path,
    reader: &dyn journal::Reader,
    master: &MasterKey,
    previous: Option<&MasterKey>,
) -> Result<Keyring, Error> {
    let found = Keyring::open(folder, master, previous)?;
    match (tally::keyring_of(reader)?, found) {
        (tally::Opening::None, None) => Keyring::create(folder, master),
        (tally::Opening::None, Some(keyring)) if keyring.is_unused()? => Ok(keyring),
        (tally::Opening::None, Some(_)) => Err(Error::WithoutLog(folder.to_owned())),
        (tally::Opening::Unsealed, _) => Err(Error::Unsealed),
        (tally::Opening::Keyring(wanted), None) => Err(Error::Missing { wanted, folder: folder.to_owned() }),
        (tally::Opening::Keyring(wanted), Some(keyring)) if keyring.id == wanted => Ok(keyring),
        (tally::Opening::Keyring(wanted), Some(keyring)) => {
            Err(Error::Foreign { found: keyring.id, wanted, folder: folder.to_owned() })
        }
    }
}
