//! The keyring's database: one sled tree, written as the log's (one batch, flush, and the fsync that sled leaves out).
//!
//! | key | value |
//! |---|---|
//! | `h` | id, what wraps the root, root key, pepper: both wrapped under the master secret |
//! | `k` key id | owner, scope, the key wrapped under the root |
//! | `s` scope | the id of its key |
//! | `o` owner, key id | nothing |
//! | `e` key id | nothing: it was erased |

use super::{Error, KeyringId};
use crate::journal::sled::{Disk, OneHandle, open_db};
use segnalalo_domain::{
    id::{ConversationId, KeyId, MessageId, PersonId, TicketId},
    sealed::Scope,
};
use segnalalo_kit::master_key::{MasterKey, Purpose};
use segnalalo_proto::sealed::Key;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

const HEADER: &[u8] = b"h";
const FORMAT: u8 = 1;
const SCOPE: usize = 33;
/// Format, id, fingerprint of the wrapping key.
const PREFIX: usize = 1 + 16 + 8;

/// A key and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub owner: PersonId,
    pub scope: Scope,
    pub key: Key,
}

pub(super) struct Header {
    pub id: KeyringId,
    pub pepper: [u8; 32],
}

pub(super) struct Store {
    db: sled::Db,
    /// `None`: in memory.
    disk: Option<Mutex<OneHandle>>,
    folder: PathBuf,
    id: KeyringId,
    root: Key,
}

impl Store {
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let unopenable = |source| Error::Unopenable { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(|error| unopenable(error.into()))?;
        let db = open_db(folder).map_err(|error| unopenable(error.into()))?;
        let disk = OneHandle::open(folder).map_err(|error| unopenable(error.into()))?;
        Ok(Self::with(db, Some(Mutex::new(disk)), folder))
    }

    pub fn temporary() -> Result<Self, Error> {
        let folder = PathBuf::from("memory");
        let opened = sled::Config::new().temporary(true).flush_every_ms(None).open();
        let db = opened.map_err(|error| Error::Unopenable { folder: folder.clone(), source: error.into() })?;
        Ok(Self::with(db, None, &folder))
    }

    fn with(db: sled::Db, disk: Option<Mutex<OneHandle>>, folder: &Path) -> Self {
        Self { db, disk, folder: folder.to_owned(), id: [0; 16], root: Key::from_bytes([0; 32]) }
    }

    /// Writes the header of a new ring.
    pub fn begin(&mut self, id: KeyringId, pepper: [u8; 32], master: &MasterKey) -> Result<(), Error> {
        self.id = id;
        self.root = Key::random();
        self.write_header(pepper, master)
    }

    fn write_header(&self, pepper: [u8; 32], master: &MasterKey) -> Result<(), Error> {
        let wrapping = master.derive(Purpose::Keyring);
        let text = [self.root.expose().as_slice(), &pepper].concat();
        let value = [
            [FORMAT].as_slice(),
            &self.id,
            &wrapping.fingerprint(),
            &wrapping.encrypt(&text, &header_bound_to(self.id)),
        ]
        .concat();
        let mut batch = sled::Batch::default();
        batch.insert(HEADER, value);
        self.write(batch)
    }

    /// `None`: the database holds no ring yet.
    pub fn unwrap_header(&mut self, master: &MasterKey, previous: Option<&MasterKey>) -> Result<Option<Header>, Error> {
        let Some(value) = self.db.get(HEADER).map_err(storage)? else {
            return if self.db.is_empty() { Ok(None) } else { Err(Error::Damaged) };
        };
        let (prefix, sealed) = value.split_first_chunk::<PREFIX>().ok_or(Error::Damaged)?;
        if prefix[0] != FORMAT {
            return Err(Error::Damaged);
        }
        self.id.copy_from_slice(&prefix[1..17]);
        let fits = |master: &&MasterKey| master.derive(Purpose::Keyring).fingerprint() == prefix[17..];
        let wrapped_by = [Some(master), previous].into_iter().flatten().find(fits);
        let wrapped_by = wrapped_by.ok_or_else(|| Error::OtherMaster(self.folder.clone()))?;
        let opened = wrapped_by.derive(Purpose::Keyring).decrypt(sealed, &header_bound_to(self.id));
        let text = opened.map_err(|_| Error::Damaged)?;
        let (root, pepper) = text.split_first_chunk::<32>().ok_or(Error::Damaged)?;
        self.root = Key::from_bytes(*root);
        let pepper: [u8; 32] = pepper.try_into().map_err(|_| Error::Damaged)?;
        if wrapped_by != master {
            tracing::warn!("the keyring is wrapped under the new SEGNALALO_MASTER_KEY from now on");
            self.write_header(pepper, master)?;
        }
        Ok(Some(Header { id: self.id, pepper }))
    }

    #[cfg(test)]
    pub fn root(&self) -> &Key {
        &self.root
    }

    pub fn get(&self, id: KeyId) -> Result<Option<Entry>, Error> {
        let found = self.db.get(prefixed(b'k', &id.0)).map_err(storage)?;
        found.map(|value| self.entry(id, &value)).transpose()
    }

    pub fn contains(&self, id: KeyId) -> Result<bool, Error> {
        self.db.contains_key(prefixed(b'k', &id.0)).map_err(storage)
    }

    pub fn of_scope(&self, scope: &Scope) -> Result<Option<KeyId>, Error> {
        let found = self.db.get(prefixed(b's', &scope_bytes(scope))).map_err(storage)?;
        found.map(|value| KeyId::from_slice(&value).ok_or(Error::Damaged)).transpose()
    }

    pub fn of_owner(&self, owner: PersonId) -> Result<Vec<(KeyId, Scope)>, Error> {
        let mut found = Vec::new();
        for pair in self.db.scan_prefix(prefixed(b'o', &owner.0)) {
            let (key, _) = pair.map_err(storage)?;
            let id = KeyId::from_slice(&key[17..]).ok_or(Error::Damaged)?;
            if let Some(entry) = self.get(id)? {
                found.push((id, entry.scope));
            }
        }
        Ok(found)
    }

    pub fn put(&self, entries: &[(KeyId, Entry)]) -> Result<(), Error> {
        let mut batch = sled::Batch::default();
        for (id, entry) in entries {
            let scope = scope_bytes(&entry.scope);
            let wrapped = self.root.encrypt(entry.key.expose(), &self.bound_to(*id, entry.owner, &scope));
            let value = [entry.owner.0.as_slice(), &scope, &wrapped].concat();
            batch.insert(prefixed(b'k', &id.0), value);
            batch.insert(prefixed(b's', &scope), id.0.as_slice());
            batch.insert([b"o".as_slice(), &entry.owner.0, &id.0].concat(), &[]);
        }
        self.write(batch)
    }

    pub fn erase(&self, keys: &[KeyId]) -> Result<usize, Error> {
        let (mut batch, mut erased) = (sled::Batch::default(), 0);
        for id in keys {
            if let Some(entry) = self.get(*id)? {
                erased += 1;
                batch.remove([b"o".as_slice(), &entry.owner.0, &id.0].concat());
                if self.of_scope(&entry.scope)? == Some(*id) {
                    batch.remove(prefixed(b's', &scope_bytes(&entry.scope)));
                }
            }
            batch.remove(prefixed(b'k', &id.0));
            batch.insert(prefixed(b'e', &id.0), &[]);
        }
        self.write(batch)?;
        Ok(erased)
    }

    pub fn is_erased(&self, id: KeyId) -> Result<bool, Error> {
        self.db.contains_key(prefixed(b'e', &id.0)).map_err(storage)
    }

    pub fn is_unused(&self) -> Result<bool, Error> {
        Ok(self.db.scan_prefix(b"k").next().is_none() && self.db.scan_prefix(b"e").next().is_none())
    }

    pub fn keys(&self) -> impl Iterator<Item = Result<(KeyId, Entry), Error>> {
        self.db.scan_prefix(b"k").map(|pair| {
            let (key, value) = pair.map_err(storage)?;
            let id = KeyId::from_slice(&key[1..]).ok_or(Error::Damaged)?;
            Ok((id, self.entry(id, &value)?))
        })
    }

    pub fn erased(&self) -> impl Iterator<Item = Result<KeyId, Error>> {
        self.db.scan_prefix(b"e").map(|pair| {
            let (key, _) = pair.map_err(storage)?;
            KeyId::from_slice(&key[1..]).ok_or(Error::Damaged)
        })
    }

    fn entry(&self, id: KeyId, value: &[u8]) -> Result<Entry, Error> {
        let (owner, rest) = value.split_first_chunk::<16>().ok_or(Error::Damaged)?;
        let (scope, wrapped) = rest.split_first_chunk::<SCOPE>().ok_or(Error::Damaged)?;
        let owner = PersonId(*owner);
        let key = self.root.decrypt(wrapped, &self.bound_to(id, owner, scope)).map_err(|_| Error::Damaged)?;
        Ok(Entry {
            owner,
            scope: scope_from(scope).ok_or(Error::Damaged)?,
            key: Key::from_slice(&key).ok_or(Error::Damaged)?,
        })
    }

    fn bound_to(&self, id: KeyId, owner: PersonId, scope: &[u8; SCOPE]) -> Vec<u8> {
        [b"segnalalo/key/1\0".as_slice(), &self.id, &id.0, &owner.0, scope].concat()
    }

    fn write(&self, batch: sled::Batch) -> Result<(), Error> {
        self.db.apply_batch(batch).map_err(storage)?;
        self.db.flush().map_err(storage)?;
        if let Some(disk) = &self.disk {
            disk.lock().unwrap_or_else(PoisonError::into_inner).sync().map_err(|error| Error::Storage(error.into()))?;
        }
        Ok(())
    }
}

fn storage(error: sled::Error) -> Error {
    Error::Storage(error.into())
}

fn header_bound_to(id: KeyringId) -> Vec<u8> {
    [b"segnalalo/keyring/1\0".as_slice(), &id].concat()
}

fn prefixed(prefix: u8, rest: &[u8]) -> Vec<u8> {
    [&[prefix], rest].concat()
}

/// A tag and two ids; what isn't needed is zeros.
pub(super) fn scope_bytes(scope: &Scope) -> [u8; SCOPE] {
    let none = [0; 16];
    let (tag, first, second) = match scope {
        Scope::Message(id) => (1, id.0, none),
        Scope::Dialogue(id, None) => (2, id.0, none),
        Scope::Dialogue(id, Some(ticket)) => (3, id.0, ticket.0),
        Scope::Ticket(id) => (4, id.0, none),
        Scope::Register(id) => (5, id.0, none),
        Scope::Notices(date) => {
            let mut day = none;
            day[..2].copy_from_slice(&date.year().to_be_bytes());
            day[2..4].copy_from_slice(&[date.month().to_be_bytes()[0], date.day().to_be_bytes()[0]]);
            (6, day, none)
        }
        Scope::Media(id) => (7, id.0, none),
    };
    let mut bytes = [0; SCOPE];
    bytes[0] = tag;
    bytes[1..17].copy_from_slice(&first);
    bytes[17..].copy_from_slice(&second);
    bytes
}

pub(super) fn scope_from(bytes: &[u8; SCOPE]) -> Option<Scope> {
    let first: [u8; 16] = bytes[1..17].try_into().ok()?;
    let second: [u8; 16] = bytes[17..].try_into().ok()?;
    Some(match bytes[0] {
        1 => Scope::Message(MessageId(first)),
        2 => Scope::Dialogue(ConversationId(first), None),
        3 => Scope::Dialogue(ConversationId(first), Some(TicketId(second))),
        4 => Scope::Ticket(TicketId(first)),
        5 => Scope::Register(PersonId(first)),
        6 => {
            let year = i16::from_be_bytes([first[0], first[1]]);
            let day = jiff::civil::Date::new(year, i8::from_be_bytes([first[2]]), i8::from_be_bytes([first[3]]));
            Scope::Notices(day.ok()?)
        }
        7 => Scope::Media(MessageId(first)),
        _ => return None,
    })
}
