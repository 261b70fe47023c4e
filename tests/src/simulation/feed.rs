//! EVENTS as a reader sees it: every record once and in order, from the first at each start; told to begin anew when
//! the stream lost its end or tells another history. The rules are those of kit's feed, without its network.

use super::broker::EventsPort;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use segnalalo_kit::bus::FeedItem;

const SILENCE: SignedDuration = SignedDuration::from_secs(5);

pub struct Feed {
    events: EventsPort,
    read: Vec<Bytes>,
    /// What must be reached until it has caught up; `None` when it has.
    catching_up: Option<CatchingUp>,
}

struct CatchingUp {
    head: usize,
    /// Where the reader had been before a reset.
    before: usize,
    since: Timestamp,
}

impl Feed {
    pub fn new(events: EventsPort, now: Timestamp) -> Self {
        let head = events.lock().records.len();
        Self { events, read: Vec::new(), catching_up: Some(CatchingUp { head, before: 0, since: now }) }
    }

    /// The mistake: it goes on at its mark, and what was before is forgotten.
    pub fn at_mark(events: EventsPort, mark: usize) -> Self {
        let read = events.lock().records.iter().take(mark).cloned().collect();
        let head = mark;
        Self { events, read, catching_up: Some(CatchingUp { head, before: 0, since: Timestamp::UNIX_EPOCH }) }
    }

    pub fn position(&self) -> usize {
        self.read.len()
    }

    /// What comes next, `most` at most.
    pub fn next(&mut self, most: usize, now: Timestamp) -> Vec<FeedItem> {
        let events = self.events.lock();
        let known = self.read.len();
        let replaced = events.records.len() < known || (known > 0 && events.records[known - 1] != self.read[known - 1]);
        if replaced {
            let head = events.records.len();
            self.read.clear();
            self.catching_up = Some(CatchingUp { head, before: known, since: now });
            return vec![FeedItem::Reset { why: format!("{known} were read, and {head} are there") }];
        }
        let mut items = Vec::new();
        for record in events.records.iter().skip(known).take(most) {
            self.read.push(record.clone());
            items.push(FeedItem::Record { position: self.read.len() as u64, record: record.clone() });
        }
        let position = self.read.len();
        let reached = self.catching_up.as_ref().is_some_and(|up| {
            let silent = items.is_empty() && now.duration_since(up.since) >= SILENCE;
            position >= up.head && (position >= up.before || silent)
        });
        if reached {
            self.catching_up = None;
            items.push(FeedItem::CaughtUp);
        }
        items
    }

    /// Whether the reader has everything that is there, and knows it.
    pub fn is_idle(&self) -> bool {
        self.catching_up.is_none() && self.read.len() == self.events.lock().records.len()
    }
}
