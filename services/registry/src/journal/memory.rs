//! A log that lives as long as its handles: for tests of everything above the journal. It keeps every rule of the
//! port but durability.

use super::{
    Batch, Error, Head, Journal, Reader,
    draft::{Draft, Entry, Index, StreamKey},
};
use bytes::Bytes;
use segnalalo_domain::{event::Stream, id::CauseId};
use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use tokio::sync::watch;

#[derive(Default)]
pub struct Memory {
    records: Arc<Shared>,
    head: watch::Sender<u64>,
}

#[derive(Default)]
struct Shared(RwLock<Records>);

/// What is known of all records. `records[0]` has position 1.
#[derive(Default)]
struct Records {
    records: Vec<Bytes>,
    streams: HashMap<StreamKey, Vec<u64>>,
    causes: HashMap<CauseId, u64>,
    head: Option<Head>,
}

impl Memory {
    /// Another handle on the same records, as if the log had been closed and opened again.
    pub fn reopened(&self) -> Self {
        let position = self.records.read().head().position;
        Self { records: self.records.clone(), head: watch::Sender::new(position) }
    }

    /// Puts other bytes in a record's place, as a broken disk or an intruder would.
    #[cfg(test)]
    pub(super) fn overwrite(&self, position: u64, bytes: Bytes) {
        self.records.write().records[position as usize - 1] = bytes;
    }

    fn store(&self, head: Head, entries: Vec<Entry>) {
        let mut records = self.records.write();
        for entry in entries {
            let stream = records.streams.entry(entry.stream).or_default();
            stream.push(entry.position);
            records.causes.insert(entry.cause, entry.position);
            records.records.push(entry.bytes);
        }
        records.head = Some(head);
        drop(records);
        self.head.send_replace(head.position);
    }
}

impl Journal for Memory {
    fn append(&mut self, group: &[Batch]) -> Result<Vec<Range<u64>>, Error> {
        let (head, entries, ranges) = {
            let records = self.records.read();
            let mut draft = Draft::new(records.head(), &*records);
            let ranges = group.iter().map(|batch| draft.batch(batch)).collect::<Result<Vec<_>, _>>()?;
            (draft.head, draft.entries, ranges)
        };
        self.store(head, entries);
        Ok(ranges)
    }

    fn import(&mut self, imported: &[Bytes]) -> Result<(), Error> {
        let (head, entries) = {
            let records = self.records.read();
            let mut draft = Draft::new(records.head(), &*records);
            imported.iter().try_for_each(|bytes| draft.record(bytes))?;
            (draft.head, draft.entries)
        };
        self.store(head, entries);
        Ok(())
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(MemoryReader { records: self.records.clone(), head: self.head.subscribe() })
    }
}

struct MemoryReader {
    records: Arc<Shared>,
    head: watch::Receiver<u64>,
}

impl Reader for MemoryReader {
    fn head(&self) -> Head {
        self.records.read().head()
    }

    fn read_all(&self, after: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, Error> {
        let records = self.records.read();
        let found = records.records.iter().skip(index(after)).take(limit);
        Ok(found.zip(after.saturating_add(1)..).map(|(bytes, position)| (position, bytes.clone())).collect())
    }

    fn read(&self, position: u64) -> Result<Option<Bytes>, Error> {
        let Some(before) = position.checked_sub(1) else {
            return Ok(None);
        };
        Ok(self.records.read().records.get(index(before)).cloned())
    }

    fn read_stream(&self, stream: &Stream, after_version: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, Error> {
        let records = self.records.read();
        let Some(positions) = records.streams.get(&StreamKey::of(stream)) else {
            return Ok(Vec::new());
        };
        let found = positions.iter().skip(index(after_version)).take(limit);
        Ok(found
            .zip(after_version.saturating_add(1)..)
            .map(|(position, version)| (version, records.records[index(position - 1)].clone()))
            .collect())
    }

    fn stream_version(&self, stream: &Stream) -> Result<u64, Error> {
        self.records.read().version(&StreamKey::of(stream))
    }

    fn handled(&self, cause: &CauseId) -> Result<Option<u64>, Error> {
        Index::handled(&*self.records.read(), cause)
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }
}

impl Shared {
    fn read(&self) -> RwLockReadGuard<'_, Records> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Records> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    fn head(&self) -> Head {
        self.head.unwrap_or(Head::EMPTY)
    }
}

impl Index for Records {
    fn version(&self, stream: &StreamKey) -> Result<u64, Error> {
        Ok(self.streams.get(stream).map_or(0, |positions| positions.len() as u64))
    }

    fn handled(&self, cause: &CauseId) -> Result<Option<u64>, Error> {
        Ok(self.causes.get(cause).copied())
    }
}

/// More records than memory has addresses for aren't there.
fn index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
