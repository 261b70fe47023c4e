//! The broker: two work queues that deliver at least once, and EVENTS, which keeps everything. What goes wrong next is
//! said beforehand by the scheduler.

use super::mistake::Mistake;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use segnalalo_kit::bus::{self, AppendError, Delivery};
use segnalalo_registry::relay::SecondCopy;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const ACK_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// INBOUND or OBSERVED.
#[derive(Default)]
pub struct Queue {
    messages: BTreeMap<u64, Message>,
    last: u64,
    /// Payloads that were put aside, with the reason.
    pub parked: Vec<(Bytes, String)>,
}

struct Message {
    payload: Bytes,
    delivered: u32,
    /// To be delivered (again) from then on.
    at: Timestamp,
}

impl Queue {
    pub fn publish(&mut self, payload: Bytes, now: Timestamp) {
        self.last += 1;
        self.messages.insert(self.last, Message { payload, delivered: 0, at: now });
    }

    /// What may be delivered now: what comes again first, then what is new, in the stream's order.
    pub fn fetch(&mut self, now: Timestamp, most: usize) -> Vec<Delivery> {
        let ready = |again: bool| {
            let messages = self.messages.iter();
            messages
                .filter(move |(_, message)| message.at <= now && (message.delivered > 0) == again)
                .map(|(sequence, _)| *sequence)
        };
        let chosen = ready(true).chain(ready(false)).take(most).collect::<Vec<_>>();
        chosen
            .into_iter()
            .filter_map(|sequence| {
                let message = self.messages.get_mut(&sequence)?;
                message.delivered += 1;
                message.at = now + ACK_WAIT;
                let (payload, delivered) = (message.payload.clone(), message.delivered);
                Some(Delivery { payload, traceparent: String::new(), delivered, sequence })
            })
            .collect()
    }

    pub fn ack(&mut self, sequence: u64) {
        self.messages.remove(&sequence);
    }

    pub fn nak(&mut self, sequence: u64, until: Timestamp) {
        if let Some(message) = self.messages.get_mut(&sequence) {
            message.at = until;
        }
    }

    pub fn park(&mut self, sequence: u64, why: String) {
        if let Some(message) = self.messages.remove(&sequence) {
            self.parked.push((message.payload, why));
        }
    }

    pub fn len(&self) -> usize {
        self.messages.len()
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// When the next one may be delivered.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.messages.values().map(|message| message.at).min()
    }
}

/// What becomes of the next append to EVENTS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppendFault {
    #[default]
    None,
    Refused,
    /// Stored, and the answer is lost.
    Unanswered,
    /// Only so many of them are stored, and the answer is lost.
    Part(usize),
}

#[derive(Default)]
pub struct Events {
    pub records: Vec<Bytes>,
    pub reachable: bool,
    pub next: AppendFault,
    pub mistake: Option<Mistake>,
}

/// A handle on EVENTS.
#[derive(Clone, Default)]
pub struct EventsPort(Arc<Mutex<Events>>);

impl EventsPort {
    pub fn lock(&self) -> MutexGuard<'_, Events> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self) -> Result<MutexGuard<'_, Events>, bus::Error> {
        let events = self.lock();
        if events.reachable { Ok(events) } else { Err(away()) }
    }
}

fn away() -> bus::Error {
    bus::Error::Unavailable { what: "be reached", cause: "the link is cut".into() }
}

#[async_trait::async_trait]
impl SecondCopy for EventsPort {
    async fn last(&self) -> Result<Option<(u64, Bytes)>, bus::Error> {
        let events = self.reach()?;
        Ok(events.records.last().map(|record| (events.records.len() as u64, record.clone())))
    }

    async fn get(&self, position: u64) -> Result<Option<Bytes>, bus::Error> {
        let events = self.reach()?;
        let index = usize::try_from(position).unwrap_or(usize::MAX).checked_sub(1);
        Ok(index.and_then(|index| events.records.get(index)).cloned())
    }

    async fn append(&self, expected_last: u64, records: &[(String, Bytes)]) -> Result<(), AppendError> {
        let mut events = self.reach().map_err(AppendError::Unavailable)?;
        let actual = events.records.len() as u64;
        if actual != expected_last && events.mistake != Some(Mistake::CursorApart) {
            return Err(AppendError::WrongLast { actual });
        }
        let fault = std::mem::take(&mut events.next);
        let stored = match fault {
            AppendFault::Refused => 0,
            AppendFault::Part(some) => some.min(records.len()),
            AppendFault::None | AppendFault::Unanswered => records.len(),
        };
        events.records.extend(records[..stored].iter().map(|(_, record)| record.clone()));
        if fault == AppendFault::None { Ok(()) } else { Err(AppendError::Unavailable(away())) }
    }
}
