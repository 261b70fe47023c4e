//! Reading, up to the durable head: sled already shows what is written but not yet synced.

use super::{
    super::{
        Error, Head, Reader,
        draft::{Index, StreamKey},
    },
    keys,
};
use bytes::{Bytes, BytesMut};
use segnalalo_domain::{event::Stream, id::CauseId};
use std::sync::{PoisonError, RwLock};
use tokio::sync::watch;

/// Bytes of one answer, about: a reader of large records gets fewer of them at once.
const ANSWER: usize = 8 * 1024 * 1024;

pub(super) struct Shared {
    pub db: sled::Db,
    head: RwLock<Head>,
    durable: watch::Receiver<u64>,
}

impl Shared {
    pub fn new(db: sled::Db, head: Head, durable: watch::Receiver<u64>) -> Self {
        Self { db, head: RwLock::new(head), durable }
    }

    pub fn advance(&self, head: Head) {
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = head;
    }
}

impl Reader for Shared {
    fn head(&self) -> Head {
        *self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_all(&self, after: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, Error> {
        let last = self.head().position;
        if after >= last {
            return Ok(Vec::new());
        }
        read_between(&self.db, after, last, limit)
    }

    fn read(&self, position: u64) -> Result<Option<Bytes>, Error> {
        if position == 0 || position > self.head().position {
            return Ok(None);
        }
        let found = read_between(&self.db, position - 1, position, 1)?;
        Ok(found.into_iter().next().map(|(_, bytes)| bytes))
    }

    fn read_stream(&self, stream: &Stream, after_version: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, Error> {
        let (key, head) = (StreamKey::of(stream), self.head().position);
        let first = keys::version(&key, after_version.saturating_add(1));
        let mut records = Vec::new();
        let mut bytes = 0;
        for (entry, version) in
            self.db.range(first..=keys::version(&key, u64::MAX)).take(limit).zip(after_version.saturating_add(1)..)
        {
            let (_, position) = entry.map_err(storage)?;
            let position = keys::number(&position)?;
            if position > head || bytes > ANSWER {
                break;
            }
            let record = self.read(position)?.ok_or_else(|| missing(position))?;
            bytes += record.len();
            records.push((version, record));
        }
        Ok(records)
    }

    fn stream_version(&self, stream: &Stream) -> Result<u64, Error> {
        let (key, head) = (StreamKey::of(stream), self.head().position);
        let mut version = self.version(&key)?;
        while version > 0 {
            let position = self.db.get(keys::version(&key, version)).map_err(storage)?;
            let position = position.map_or(Ok(u64::MAX), |value| keys::number(&value))?;
            if position <= head {
                break;
            }
            // Written, and not yet durable.
            version -= 1;
        }
        Ok(version)
    }

    fn handled(&self, cause: &CauseId) -> Result<Option<u64>, Error> {
        let head = self.head().position;
        Ok(Index::handled(self, cause)?.filter(|position| *position <= head))
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.durable.clone()
    }
}

/// For the writer, whose own appends are all durable when it asks.
impl Index for Shared {
    fn version(&self, stream: &StreamKey) -> Result<u64, Error> {
        number(&self.db, keys::stream_head(stream)).map(Option::unwrap_or_default)
    }

    fn handled(&self, cause: &CauseId) -> Result<Option<u64>, Error> {
        number(&self.db, keys::cause(cause))
    }
}

fn number(db: &sled::Db, key: Vec<u8>) -> Result<Option<u64>, Error> {
    let value = db.get(key).map_err(storage)?;
    value.map(|value| keys::number(&value)).transpose()
}

/// Records after one position, up to and with another; each must be there.
pub(super) fn read_between(db: &sled::Db, after: u64, last: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, Error> {
    let mut records: Vec<(u64, BytesMut)> = Vec::new();
    let mut total = 0;
    for entry in db.range(keys::records_between(after, last)) {
        let (key, piece) = entry.map_err(storage)?;
        let position = keys::position(&key)?;
        match records.last_mut() {
            Some((open, bytes)) if *open == position => bytes.extend_from_slice(&piece),
            _ => {
                if records.len() == limit || total > ANSWER {
                    return Ok(finished(records));
                }
                let expected = after + records.len() as u64 + 1;
                if position != expected {
                    return Err(missing(expected));
                }
                records.push((position, BytesMut::from(&piece[..])));
            }
        }
        total += piece.len();
    }
    if records.len() < limit && total <= ANSWER && after + (records.len() as u64) < last {
        return Err(missing(after + records.len() as u64 + 1));
    }
    Ok(finished(records))
}

fn finished(records: Vec<(u64, BytesMut)>) -> Vec<(u64, Bytes)> {
    records.into_iter().map(|(position, bytes)| (position, bytes.freeze())).collect()
}

fn missing(position: u64) -> Error {
    Error::Damaged { position, what: "the record is missing".to_owned() }
}

pub(super) fn storage(error: sled::Error) -> Error {
    Error::Storage(error.into())
}
