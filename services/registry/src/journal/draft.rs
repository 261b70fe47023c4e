//! The rules of appending, shared by every engine: which position, version and hash a record gets, what is refused.
//! A draft lives in memory; an engine stores its entries in one step or throws them away.

use super::{Batch, Error, Head, NewEvent};
use bytes::Bytes;
use segnalalo_domain::{
    event::{Event, Log, Recorded, Stream},
    id::CauseId,
};
use segnalalo_proto::{convert, event::v1::envelope::Event as Wire, record};
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, ops::Range};

/// Bytes of the largest record: the broker takes messages of 8 MiB, headers included.
const LARGEST: usize = 8 * 1024 * 1024 - 64 * 1024;

/// A stream's name in indexes: 16 bytes whatever its text, also for streams that only a newer program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StreamKey(pub [u8; 16]);

impl StreamKey {
    pub fn of(stream: &Stream) -> Self {
        Self::of_text(&stream.to_string())
    }

    pub fn of_text(stream: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(stream).into();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        Self(key)
    }
}

/// What an engine knows of the records it has.
pub(super) trait Index {
    fn version(&self, stream: &StreamKey) -> Result<u64, Error>;
    fn handled(&self, cause: &CauseId) -> Result<Option<u64>, Error>;
}

/// A record and where the indexes must point to it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub position: u64,
    pub stream: StreamKey,
    pub version: u64,
    pub cause: CauseId,
    pub bytes: Bytes,
}

/// Why a record's bytes give no entry.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Frame(#[from] record::Error),
    #[error(transparent)]
    Field(#[from] convert::Malformed),
}

impl Entry {
    /// Reads the index facts from a record. They are all there also when the event itself is of an unknown kind.
    pub fn of(bytes: &Bytes) -> Result<(Self, record::Record), Unreadable> {
        let record = record::decode(bytes)?;
        let envelope = &record.envelope;
        let entry = Self {
            position: envelope.position,
            stream: StreamKey::of_text(&envelope.stream),
            version: envelope.version,
            cause: CauseId::from_slice(&envelope.causation_id).ok_or(convert::Malformed("causation_id"))?,
            bytes: bytes.clone(),
        };
        Ok((entry, record))
    }
}

pub(super) struct Draft<'a> {
    index: &'a dyn Index,
    pub head: Head,
    pub entries: Vec<Entry>,
    versions: HashMap<StreamKey, u64>,
    causes: HashMap<CauseId, u64>,
}

impl<'a> Draft<'a> {
    pub fn new(head: Head, index: &'a dyn Index) -> Self {
        Self { index, head, entries: Vec::new(), versions: HashMap::new(), causes: HashMap::new() }
    }

    /// Adds one decision; the positions of its events.
    pub fn batch(&mut self, batch: &Batch) -> Result<Range<u64>, Error> {
        if let Some(position) = self.handled(&batch.cause)? {
            return Err(Error::AlreadyHandled { cause: batch.cause, position });
        }
        for (stream, expected) in &batch.expected {
            let actual = self.version(StreamKey::of(stream))?;
            if actual != *expected {
                return Err(Error::VersionConflict { stream: *stream, expected: *expected, actual });
            }
        }
        let first = self.head.position + 1;
        if batch.events.is_empty() {
            return Err(refused(first, "a batch without events"));
        }
        for event in &batch.events {
            self.event(batch, event)?;
        }
        Ok(first..self.head.position + 1)
    }

    fn event(&mut self, batch: &Batch, new: &NewEvent) -> Result<(), Error> {
        let stream = StreamKey::of(&new.stream);
        let recorded = Recorded {
            position: self.head.position + 1,
            stream: new.stream,
            version: self.version(stream)? + 1,
            event_id: new.event_id,
            cause: batch.cause,
            correlation: new.correlation,
            actor: new.actor.clone(),
            occurred_at: new.occurred_at,
            recorded_at: batch.recorded_at,
            trace_parent: batch.trace_parent.clone(),
            event: new.event.clone(),
        };
        let opening = matches!(recorded.event, Event::Log(Log::Opened { .. }));
        check_opening(recorded.position, opening)?;
        let envelope = convert::to_wire(&recorded);
        let bytes = record::encode_envelope(&self.head.hash, &envelope);
        // What couldn't be read back must not get on disk.
        match convert::from_wire(envelope) {
            Ok(back) if back == recorded => {}
            Ok(_) => return Err(refused(recorded.position, "the event is read back changed")),
            Err(error) => return Err(refused(recorded.position, error)),
        }
        self.push(Entry {
            position: recorded.position,
            stream,
            version: recorded.version,
            cause: recorded.cause,
            bytes: bytes.into(),
        })
    }

    /// Adds a record as it is. It must be exactly the next one.
    pub fn record(&mut self, bytes: &Bytes) -> Result<(), Error> {
        let next = self.head.position + 1;
        let (entry, record) = Entry::of(bytes).map_err(|why| refused(next, why))?;
        if entry.position != next {
            let why = format!("the record is for position {}", entry.position);
            return Err(refused(next, why));
        }
        if record.prev != self.head.hash {
            return Err(Error::Fork { position: next });
        }
        let opening = matches!(record.envelope.event, Some(Wire::LogOpened(_)));
        check_opening(next, opening)?;
        let version = self.version(entry.stream)? + 1;
        if entry.version != version {
            let why = format!("its version is {}, and its stream's next {version}", entry.version);
            return Err(refused(next, why));
        }
        self.push(entry)
    }

    fn push(&mut self, entry: Entry) -> Result<(), Error> {
        if entry.bytes.len() > LARGEST {
            let why = format!("a record of {} bytes: {LARGEST} at most", entry.bytes.len());
            return Err(refused(entry.position, why));
        }
        self.head = Head { position: entry.position, hash: record::hash(&entry.bytes) };
        self.versions.insert(entry.stream, entry.version);
        self.causes.insert(entry.cause, entry.position);
        self.entries.push(entry);
        Ok(())
    }

    fn version(&self, stream: StreamKey) -> Result<u64, Error> {
        match self.versions.get(&stream) {
            Some(version) => Ok(*version),
            None => self.index.version(&stream),
        }
    }

    fn handled(&self, cause: &CauseId) -> Result<Option<u64>, Error> {
        match self.causes.get(cause) {
            Some(position) => Ok(Some(*position)),
            None => self.index.handled(cause),
        }
    }
}

fn check_opening(position: u64, opening: bool) -> Result<(), Error> {
    if opening == (position == 1) {
        return Ok(());
    }
    Err(refused(position, "the first record of a log, and only the first, is its opening"))
}

fn refused(position: u64, why: impl ToString) -> Error {
    Error::Refused { position, why: why.to_string() }
}
