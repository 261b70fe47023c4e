//! What opening does before anybody reads. sled itself comes back to the end of some group, since a group is one
//! atomic write; what it lost beyond that, acknowledged or not, is in EVENTS as far as it was relayed, and is taken
//! from there when the heads are compared (rule 4). On top of sled's own checks the last records are checked here:
//!
//! - nothing readable follows the first bad record: a torn tail. It is cut off, and its pieces are set aside under
//!   `x` for whoever wants to look; the log goes on from the last good record, and EVENTS brings back the rest.
//! - a readable record follows, or the chain is broken: damage in the middle, or a foreign hand. Refused, because
//!   cutting would throw good records away: restore from EVENTS (an empty folder), an export or a backup.
//! - the indexes don't reach the last record, or say something else: they are built anew from the records.
//!
//! Only the last `WINDOW` records are read; `verify` reads all.

use super::{
    super::{
        Error, Head,
        draft::{Entry, StreamKey, Unreadable},
    },
    disk::Disk,
    keys::{self, HeadEntry},
    reader::{read_between, storage},
    write,
};
use bytes::{Bytes, BytesMut};
use segnalalo_domain::id::CauseId;
use segnalalo_proto::record;
use std::collections::BTreeMap;

/// Records checked at opening.
const WINDOW: u64 = 1000;
/// Records whose index entries are written at a time when indexes are built anew.
const CHUNK: usize = 1000;

/// Checks the log's end and mends what may be mended; the head to go on from.
pub(super) fn recover(db: &sled::Db, disk: &mut dyn Disk) -> Result<Head, Error> {
    let Some(last) = last_position(db)? else {
        if !db.is_empty() {
            // Indexes without records are left from a cut that took everything.
            rebuild(db, disk, Head::EMPTY)?;
        }
        return Ok(Head::EMPTY);
    };
    let tail = Tail::read(db, last)?;
    if let Some(cut) = tail.cut {
        tracing::warn!(cut, last, "the log's tail can't be read: cutting it off; EVENTS has what was relayed");
        set_aside(db, disk, cut)?;
    }
    if tail.cut.is_some() || !indexed(db, &tail)? {
        tracing::warn!(position = tail.head.position, "building the log's indexes anew");
        rebuild(db, disk, tail.head)?;
    }
    Ok(tail.head)
}

/// The last records, checked.
struct Tail {
    entries: Vec<Entry>,
    head: Head,
    /// From here on nothing is readable.
    cut: Option<u64>,
}

impl Tail {
    fn read(db: &sled::Db, last: u64) -> Result<Self, Error> {
        let first = last.saturating_sub(WINDOW - 1).max(1);
        let pieces = pieces_between(db, first.saturating_sub(2), last)?;
        let mut tail = Self { entries: Vec::new(), head: before(first, &pieces)?, cut: None };
        let mut torn = String::new();
        for position in first..=last {
            match (readable(position, pieces.get(&position))?, tail.cut) {
                (Readable::Whole(entry, prev), None) => tail.push(entry, prev)?,
                (Readable::Whole(..), Some(position)) => {
                    let what = torn + "; readable records follow it";
                    return Err(Error::Damaged { position, what });
                }
                (Readable::Torn(what), None) => {
                    tail.cut = Some(position);
                    torn = what;
                }
                (Readable::Torn(_), Some(_)) => {}
            }
        }
        match tail.cut {
            // One group is one write: a crash tears off an end, never all there is.
            Some(position) if tail.entries.is_empty() && last > 1 => {
                Err(Error::Damaged { position, what: torn + "; nor can any of the records after it be read" })
            }
            _ => Ok(tail),
        }
    }

    fn push(&mut self, entry: Entry, prev: [u8; 32]) -> Result<(), Error> {
        if prev != self.head.hash {
            return Err(Error::Damaged {
                position: entry.position,
                what: "it doesn't follow the record before".to_owned(),
            });
        }
        self.head = Head { position: entry.position, hash: record::hash(&entry.bytes) };
        self.entries.push(entry);
        Ok(())
    }
}

/// The head as it was before the first record that is checked.
fn before(first: u64, pieces: &BTreeMap<u64, Bytes>) -> Result<Head, Error> {
    let position = first - 1;
    if position == 0 {
        return Ok(Head::EMPTY);
    }
    let bytes =
        pieces.get(&position).ok_or_else(|| Error::Damaged { position, what: "the record is missing".to_owned() })?;
    Ok(Head { position, hash: record::hash(bytes) })
}

enum Readable {
    Whole(Entry, [u8; 32]),
    /// Missing, zeroed, or not all of it: what a crash leaves.
    Torn(String),
}

/// Bytes that are whole and yet say nothing are no tear: a newer program may have written them.
fn readable(position: u64, bytes: Option<&Bytes>) -> Result<Readable, Error> {
    let Some(bytes) = bytes else {
        return Ok(Readable::Torn("the record is missing".to_owned()));
    };
    let damaged = |what: String| Error::Damaged { position, what };
    match Entry::of(bytes) {
        Ok((entry, record)) if entry.position == position => Ok(Readable::Whole(entry, record.prev)),
        Ok((entry, _)) => Err(damaged(format!("the record says that its position is {}", entry.position))),
        Err(Unreadable::Frame(
            error @ (record::Error::Truncated(_) | record::Error::Checksum { .. } | record::Error::UnknownFormat(0)),
        )) => Ok(Readable::Torn(error.to_string())),
        Err(error) => Err(damaged(error.to_string())),
    }
}

fn last_position(db: &sled::Db) -> Result<Option<u64>, Error> {
    let Some(last) = db.range(keys::records()).next_back() else {
        return Ok(None);
    };
    let (key, _) = last.map_err(storage)?;
    keys::position(&key).map(Some)
}

/// Records by position, as far as there are any.
fn pieces_between(db: &sled::Db, after: u64, last: u64) -> Result<BTreeMap<u64, Bytes>, Error> {
    let mut records: BTreeMap<u64, BytesMut> = BTreeMap::new();
    for entry in db.range(keys::records_between(after, last)) {
        let (key, piece) = entry.map_err(storage)?;
        let record = records.entry(keys::position(&key)?).or_default();
        record.extend_from_slice(&piece);
    }
    Ok(records.into_iter().map(|(position, bytes)| (position, bytes.freeze())).collect())
}

/// Moves the pieces of all records from a position on out of the log.
fn set_aside(db: &sled::Db, disk: &mut dyn Disk, from: u64) -> Result<(), Error> {
    let mut batch = sled::Batch::default();
    for entry in db.range(keys::record_from(from).as_slice()..keys::records().end) {
        let (key, piece) = entry.map_err(storage)?;
        let mut aside = key.to_vec();
        aside[0] = b'x';
        batch.insert(aside, piece);
        batch.remove(key);
    }
    HeadEntry::remove(&mut batch);
    write(db, batch, disk).map_err(Error::Fatal)
}

/// Whether the indexes reach the head and know the last records.
fn indexed(db: &sled::Db, tail: &Tail) -> Result<bool, Error> {
    if HeadEntry::read(db).map_err(storage)? != Some(HeadEntry::of(tail.head)) {
        return Ok(false);
    }
    let mut versions: BTreeMap<[u8; 16], u64> = BTreeMap::new();
    let mut causes: BTreeMap<CauseId, u64> = BTreeMap::new();
    let has = |key: Vec<u8>, number: u64| -> Result<bool, Error> {
        let value = db.get(key).map_err(storage)?;
        Ok(value.as_deref() == Some(&number.to_be_bytes()))
    };
    for entry in &tail.entries {
        versions.insert(entry.stream.0, entry.version);
        causes.insert(entry.cause, entry.position);
        if !has(keys::version(&entry.stream, entry.version), entry.position)? {
            return Ok(false);
        }
    }
    for (stream, version) in versions {
        if !has(keys::stream_head(&StreamKey(stream)), version)? {
            return Ok(false);
        }
    }
    for (cause, position) in causes {
        if !has(keys::cause(&cause), position)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Builds every index from the records. Their head goes first and comes back last: a crash in between leads back here.
fn rebuild(db: &sled::Db, disk: &mut dyn Disk, head: Head) -> Result<(), Error> {
    let mut batch = sled::Batch::default();
    HeadEntry::remove(&mut batch);
    write(db, batch, disk).map_err(Error::Fatal)?;
    for prefix in keys::INDEXES {
        clear(db, disk, prefix)?;
    }
    let mut reached = 0;
    while reached < head.position {
        let mut batch = sled::Batch::default();
        for (position, bytes) in read_between(db, reached, head.position, CHUNK)? {
            let (entry, _) = Entry::of(&bytes).map_err(|error| Error::Damaged { position, what: error.to_string() })?;
            keys::insert_index(&mut batch, &entry);
            reached = position;
        }
        write(db, batch, disk).map_err(Error::Fatal)?;
    }
    if head == Head::EMPTY {
        return Ok(());
    }
    let mut batch = sled::Batch::default();
    HeadEntry::of(head).insert(&mut batch);
    write(db, batch, disk).map_err(Error::Fatal)
}

fn clear(db: &sled::Db, disk: &mut dyn Disk, prefix: &[u8]) -> Result<(), Error> {
    loop {
        let mut batch = sled::Batch::default();
        let mut found = false;
        for key in db.scan_prefix(prefix).keys().take(CHUNK) {
            batch.remove(key.map_err(storage)?);
            found = true;
        }
        if !found {
            return Ok(());
        }
        write(db, batch, disk).map_err(Error::Fatal)?;
    }
}
