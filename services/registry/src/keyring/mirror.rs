//! The ring's copy on the broker, for triage and notifier: every key, wrapped under a key of its own derivation, before the
//! events that it locks. What was erased leaves a mark there, so that a reader of old events can tell "erased" from "not
//! here yet". It also holds the ring's header for the registry alone, so that a lost ring can be recovered.

use super::{
    Error, Keyring, KeyringId,
    store::{Entry, scope_bytes, scope_from},
};
use segnalalo_domain::id::{KeyId, PersonId};
use segnalalo_kit::{
    bus::{self, KeyBucket, KeyEntry},
    keys,
    master_key::{MasterKey, Purpose},
};
use segnalalo_proto::sealed::Key;
use std::{
    collections::HashMap,
    mem,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Where the header stands in the bucket.
const HEADER: &str = "keyring";

/// What the broker must still be told.
#[derive(Default)]
pub struct Fresh {
    waiting: Mutex<Vec<Told>>,
    something: Notify,
}

/// A key that was made, or that was erased.
type Told = (KeyId, Option<Entry>);

impl Fresh {
    pub(super) fn made(&self, entries: Vec<(KeyId, Entry)>) {
        self.lock().extend(entries.into_iter().map(|(id, entry)| (id, Some(entry))));
        self.something.notify_one();
    }

    pub(super) fn erased(&self, keys: &[KeyId]) {
        self.lock().extend(keys.iter().map(|id| (*id, None)));
        self.something.notify_one();
    }

    /// Returns when there is something to tell.
    async fn wait(&self) {
        self.something.notified().await;
    }

    fn take(&self) -> Vec<Told> {
        mem::take(&mut *self.lock())
    }

    /// Puts back what couldn't be told, before what came since.
    fn give_back(&self, mut untold: Vec<Told>) {
        let mut fresh = self.lock();
        untold.append(&mut fresh);
        *fresh = untold;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Told>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    #[error(transparent)]
    Keyring(#[from] Error),
    /// May pass.
    #[error(transparent)]
    Broker(#[from] bus::Error),
}

#[derive(Clone)]
pub struct Mirror {
    keyring: Arc<Keyring>,
    bucket: KeyBucket,
    wrapping: Key,
    recovery: Key,
}

impl Mirror {
    pub fn new(keyring: Arc<Keyring>, bucket: KeyBucket, master: &MasterKey) -> Self {
        let (wrapping, recovery) = (master.derive(Purpose::Mirror), master.derive(Purpose::Recovery));
        Self { keyring, bucket, wrapping, recovery }
    }

    /// Tells the broker what is new. To be called before events are published.
    ///
    /// # Errors
    /// The broker takes nothing now: it is told the next time.
    pub async fn flush(&self) -> Result<(), bus::Error> {
        let fresh = self.keyring.fresh.take();
        if fresh.is_empty() {
            return Ok(());
        }
        // The last word on a key counts.
        let entries = fresh.iter().map(|(id, entry)| self.told(*id, entry.as_ref())).collect::<HashMap<_, _>>();
        let stored = self.bucket.put(entries.into_iter().collect()).await;
        if stored.is_err() {
            self.keyring.fresh.give_back(fresh);
        }
        stored
    }

    /// Returns when there is something to tell.
    pub async fn news(&self) {
        self.keyring.fresh.wait().await;
    }

    /// Brings the bucket up to date: at the start, and when the broker came back, perhaps with nothing.
    ///
    /// # Errors
    /// `Broker` may pass.
    pub async fn refill(&self) -> Result<(), MirrorError> {
        let mut there = HashMap::new();
        let wrapping = &self.wrapping;
        let look = |name: &str, entry: KeyEntry| {
            let state = match entry {
                KeyEntry::Gone => There::Gone,
                KeyEntry::Value(bytes) if keys::is_wrapped_under(wrapping, &bytes) => There::Readable,
                KeyEntry::Value(_) => There::Other,
            };
            if let Ok(id) = name.parse::<KeyId>() {
                there.insert(id, state);
            }
        };
        self.bucket.each(look).await?;
        let mut wanted = vec![(HEADER.to_owned(), KeyEntry::Value(self.header().into()))];
        self.heed(&there)?;
        for found in self.keyring.store.keys() {
            let (id, entry) = found?;
            if there.get(&id) != Some(&There::Readable) {
                wanted.push(self.told(id, Some(&entry)));
            }
        }
        for id in self.keyring.store.erased() {
            let id = id?;
            if there.get(&id) != Some(&There::Gone) {
                wanted.push(self.told(id, None));
            }
        }
        tracing::info!(keys = wanted.len() - 1, "the broker's copy of the keyring is brought up to date");
        self.bucket.put(wanted).await?;
        Ok(self.flush().await?)
    }

    /// A key that is marked as erased there isn't brought back by an older ring: it goes here too.
    fn heed(&self, there: &HashMap<KeyId, There>) -> Result<(), Error> {
        let mut back = Vec::new();
        for (id, _) in there.iter().filter(|(_, state)| **state == There::Gone) {
            if self.keyring.has(*id)? {
                back.push(*id);
            }
        }
        if !back.is_empty() {
            tracing::warn!(
                keys = back.len(),
                "keys that the broker's copy says are erased were in the keyring: erased"
            );
            self.keyring.erase(&back)?;
        }
        Ok(())
    }

    fn told(&self, id: KeyId, entry: Option<&Entry>) -> (String, KeyEntry) {
        let value = match entry {
            None => KeyEntry::Gone,
            Some(entry) => {
                let rest = [entry.owner.0.as_slice(), &scope_bytes(&entry.scope)].concat();
                KeyEntry::Value(keys::wrap(&self.wrapping, id, &entry.key, &rest).into())
            }
        };
        (id.to_string(), value)
    }

    fn header(&self) -> Vec<u8> {
        let id = self.keyring.id;
        [id.as_slice(), &self.recovery.encrypt(&self.keyring.pepper, &header_bound_to(id))].concat()
    }
}

#[derive(PartialEq, Eq)]
enum There {
    Readable,
    /// Under another master secret.
    Other,
    Gone,
}

fn header_bound_to(id: KeyringId) -> Vec<u8> {
    [b"segnalalo/recovery/1\0".as_slice(), &id].concat()
}

/// Makes the ring anew, or completes it, from the broker's copy.
///
/// # Errors
/// `NothingToRecover` when the broker has none, or another log's.
pub async fn recover(
    folder: &Path,
    wanted: KeyringId,
    bucket: &KeyBucket,
    master: &MasterKey,
    previous: Option<&MasterKey>,
) -> Result<Keyring, MirrorError> {
    let wrapping = master.derive(Purpose::Mirror);
    let mut entries = Vec::new();
    let mut header = None;
    let look = |name: &str, entry: KeyEntry| {
        let KeyEntry::Value(bytes) = entry else {
            return;
        };
        match name.parse::<KeyId>() {
            Ok(id) => entries.extend(read(&wrapping, id, &bytes)),
            Err(_) if name == HEADER => header = pepper(&master.derive(Purpose::Recovery), wanted, &bytes),
            Err(_) => {}
        }
    };
    bucket.each(look).await?;
    let pepper = header.ok_or(Error::NothingToRecover)?;
    let keyring = match Keyring::open(folder, master, previous)? {
        Some(keyring) if keyring.id == wanted => keyring,
        Some(keyring) => return Err(Error::Foreign { found: keyring.id, wanted, folder: folder.to_owned() }.into()),
        None => Keyring::restore(folder, wanted, pepper, master)?,
    };
    let mut lost = Vec::new();
    for (id, entry) in entries {
        if !keyring.has(id)? && !keyring.store.is_erased(id)? {
            lost.push((id, entry));
        }
    }
    tracing::warn!(keys = lost.len(), "taken from the broker's copy of the keyring");
    keyring.store.put(&lost)?;
    Ok(keyring)
}

fn read(wrapping: &Key, id: KeyId, bytes: &[u8]) -> Option<(KeyId, Entry)> {
    let (key, rest) = keys::unwrap(wrapping, id, bytes).ok()?;
    let (owner, scope) = rest.split_first_chunk::<16>()?;
    let scope = scope_from(scope.try_into().ok()?)?;
    Some((id, Entry { owner: PersonId(*owner), scope, key }))
}

fn pepper(recovery: &Key, wanted: KeyringId, bytes: &[u8]) -> Option<[u8; 32]> {
    let (id, sealed) = bytes.split_first_chunk::<16>()?;
    let text = recovery.decrypt(sealed, &header_bound_to(*id)).ok()?;
    if *id != wanted {
        return None;
    }
    text.try_into().ok()
}
