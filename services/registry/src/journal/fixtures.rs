//! What the journal's tests write, and the engines they write to.

use super::{Batch, Journal, Memory, NewEvent, Sled};
use bytes::Bytes;
use segnalalo_domain::{
    Timestamp,
    event::{Event, Stream, ticket},
    id::{CauseId, EventId, TicketId},
    sealed::{Scheme, Sealed},
    words::Actor,
};
use tempfile::TempDir;

/// An engine whose log outlives its handles.
pub trait Engine {
    type Journal: Journal;

    fn new() -> Self;
    /// The handle before must be dropped.
    fn open(&self) -> Self::Journal;
    /// Puts other bytes in a record's place, behind the journal's back.
    fn overwrite(journal: &Self::Journal, position: u64, bytes: Bytes);
}

pub struct InMemory(Memory);

impl Engine for InMemory {
    type Journal = Memory;

    fn new() -> Self {
        Self(Memory::default())
    }

    fn open(&self) -> Memory {
        self.0.reopened()
    }

    fn overwrite(journal: &Memory, position: u64, bytes: Bytes) {
        journal.overwrite(position, bytes);
    }
}

pub struct OnSled(pub TempDir);

impl Engine for OnSled {
    type Journal = Sled;

    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Sled {
        Sled::open(self.0.path()).unwrap()
    }

    fn overwrite(journal: &Sled, position: u64, bytes: Bytes) {
        journal.overwrite(position, &bytes);
    }
}

pub fn ticket(number: u8) -> Stream {
    Stream::Ticket(TicketId([number; 16]))
}

pub fn cause(number: u64) -> CauseId {
    CauseId::derived(&[b"test", &number.to_be_bytes()])
}

/// A batch without events yet.
pub fn batch(number: u64) -> Batch {
    Batch {
        cause: cause(number),
        recorded_at: Timestamp::from_second(1_790_000_000).unwrap(),
        trace_parent: String::new(),
        expected: Vec::new(),
        events: Vec::new(),
    }
}

impl Batch {
    pub fn expecting(mut self, stream: Stream, version: u64) -> Self {
        self.expected.push((stream, version));
        self
    }

    /// A note of so many bytes that no compression shortens and no two of which are alike.
    pub fn note(mut self, stream: Stream, size: usize) -> Self {
        let index = self.events.len() as u64;
        let mut state = u64::from_be_bytes(self.cause.0[..8].try_into().unwrap()) + index;
        let payload = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .take(size)
        .collect();
        self.events.push(NewEvent {
            stream,
            event_id: EventId::derived(&[&self.cause.0, &index.to_be_bytes()]),
            correlation: [1; 16],
            actor: Actor::citizen(),
            occurred_at: self.recorded_at,
            event: Event::Ticket(ticket::Event::NoteAdded {
                words: Sealed { scheme: Scheme::Plain, person: None, payload },
            }),
        });
        self
    }
}

pub fn opening() -> Batch {
    opening_of(1)
}

pub fn opening_of(log: u8) -> Batch {
    Batch::opening([log; 16], Timestamp::from_second(1_790_000_000).unwrap())
}

/// A log of so many records: the opening, then one note each on one of five tickets.
pub fn fill(journal: &mut dyn Journal, records: u64) {
    journal.append(&[opening()]).unwrap();
    let group: Vec<_> = (2..=records).map(|number| batch(number).note(ticket((number % 5) as u8), 200)).collect();
    for group in group.chunks(64) {
        journal.append(group).unwrap();
    }
}

/// Every record, in order.
pub fn all(journal: &dyn Journal) -> Vec<Bytes> {
    let reader = journal.reader();
    let mut records: Vec<Bytes> = Vec::new();
    loop {
        let next = reader.read_all(records.len() as u64, 100).unwrap();
        if next.is_empty() {
            return records;
        }
        for (position, bytes) in next {
            assert_eq!(position, records.len() as u64 + 1);
            records.push(bytes);
        }
    }
}
