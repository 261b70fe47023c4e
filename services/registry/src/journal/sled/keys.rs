//! What stands in the tree. The first byte says what a key is; numbers are big-endian, so that order is order.
//!
//! | key | value |
//! |---|---|
//! | `r` position chunk(2) | a piece of a record, at most `PIECE` bytes |
//! | `s` stream(16) version | position |
//! | `h` stream(16) | the stream's version |
//! | `c` cause(16) | last position that it brought about |
//! | `m` | format of the indexes, position and hash of the last record |
//! | `x` position chunk(2) | pieces of a record that could not be read, set aside at opening |
//!
//! Everything but `r` (and `x`) is derived from the records and can be built again.

use super::super::{
    Error, Head,
    draft::{Entry, StreamKey},
};
use segnalalo_domain::id::CauseId;
use std::ops::Range;

/// A leaf of sled holds up to 17 values before it splits, and some more after a merge: 20 of these stay below the
/// 128 KiB above which it moves to a file that is never synced.
pub(super) const PIECE: usize = 6 * 1024;

/// Goes up when the indexes change: a log with older ones gets them built anew.
const INDEX_FORMAT: u8 = 1;

pub(super) const INDEXES: [&[u8]; 3] = [b"c", b"h", b"s"];
const HEAD: &[u8] = b"m";

pub(super) fn records() -> Range<&'static [u8]> {
    b"r"..b"s"
}

/// Keys of the pieces of records after one position, up to and with another.
pub(super) fn records_between(after: u64, last: u64) -> Range<Vec<u8>> {
    record_from(after.saturating_add(1))..record_from(last.saturating_add(1))
}

/// The first key that a record at the position, or after it, has.
pub(super) fn record_from(position: u64) -> Vec<u8> {
    piece(b'r', position, 0)
}

pub(super) fn piece(tag: u8, position: u64, chunk: u16) -> Vec<u8> {
    let mut key = Vec::with_capacity(11);
    key.push(tag);
    key.extend_from_slice(&position.to_be_bytes());
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// The position in a record's key.
pub(super) fn position(key: &[u8]) -> Result<u64, Error> {
    key.get(1..9).map_or_else(|| Err(foreign()), number)
}

pub(super) fn version(stream: &StreamKey, version: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(25);
    key.push(b's');
    key.extend_from_slice(&stream.0);
    key.extend_from_slice(&version.to_be_bytes());
    key
}

pub(super) fn stream_head(stream: &StreamKey) -> Vec<u8> {
    tagged(b'h', &stream.0)
}

pub(super) fn cause(cause: &CauseId) -> Vec<u8> {
    tagged(b'c', &cause.0)
}

fn tagged(tag: u8, id: &[u8; 16]) -> Vec<u8> {
    let mut key = Vec::with_capacity(17);
    key.push(tag);
    key.extend_from_slice(id);
    key
}

/// A value that is one number.
pub(super) fn number(value: &[u8]) -> Result<u64, Error> {
    value.try_into().map(u64::from_be_bytes).map_err(|_| foreign())
}

fn foreign() -> Error {
    Error::Storage("an entry isn't what its key says".into())
}

pub(super) fn insert_record(batch: &mut sled::Batch, position: u64, bytes: &[u8]) {
    for (chunk, bytes) in (0_u16..).zip(bytes.chunks(PIECE)) {
        batch.insert(piece(b'r', position, chunk), bytes);
    }
}

pub(super) fn insert_index(batch: &mut sled::Batch, entry: &Entry) {
    let position = &entry.position.to_be_bytes();
    batch.insert(version(&entry.stream, entry.version), position);
    batch.insert(stream_head(&entry.stream), &entry.version.to_be_bytes());
    batch.insert(cause(&entry.cause), position);
}

/// The indexes' own word on how far they reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadEntry(Head);

impl HeadEntry {
    pub fn of(head: Head) -> Self {
        Self(head)
    }

    pub fn insert(self, batch: &mut sled::Batch) {
        let mut value = vec![INDEX_FORMAT];
        value.extend_from_slice(&self.0.position.to_be_bytes());
        value.extend_from_slice(&self.0.hash);
        batch.insert(HEAD, value);
    }

    /// `None` when there is none, or one of another format.
    pub fn read(db: &sled::Db) -> Result<Option<Self>, sled::Error> {
        Ok(db.get(HEAD)?.as_deref().and_then(Self::parse))
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let (format, rest) = value.split_first()?;
        let (position, hash) = rest.split_first_chunk::<8>()?;
        if *format != INDEX_FORMAT {
            return None;
        }
        Some(Self(Head { position: u64::from_be_bytes(*position), hash: hash.try_into().ok()? }))
    }

    pub fn remove(batch: &mut sled::Batch) {
        batch.remove(HEAD);
    }
}
