//! The rungs that are still to come, in order of time: a function of the log, and of nothing else. Pure. Millions may be
//! open, so a ticket is kept as little more than its terms' instants (`slot`), and the queue as 16 bytes a rung. What an
//! event does to terms is the domain's matter: each is put to `ticket::evolve`, and what comes out is made small again.
//!
//! | file | holds |
//! |---|---|
//! | `slot` | one ticket, made small, and back as the domain knows it |
//! | `snapshot` | all of it as bytes |

mod slot;
mod snapshot;

pub use snapshot::Unreadable;

use jiff::{SignedDuration, Timestamp};
use segnalalo_domain::{
    event::{Event, Log, Recorded, Stream, ticket::Event as Happened},
    id::{CauseId, TicketId},
    sla::{self, DeadlineName, Rung},
    ticket,
};
use slot::{RUNGS, Slot, nanos};
use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
};

/// One rung of one version of one term of one ticket. In order of time; of equal ones the lower rung first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Due {
    pub at: Timestamp,
    pub rung: Rung,
    pub ticket: TicketId,
    pub deadline: DeadlineName,
    pub version: u32,
}

impl Due {
    /// The id under which the registry handles it, once for good.
    pub fn cause(&self) -> CauseId {
        sla::rung_cause(self.ticket, self.deadline, self.version, self.rung)
    }
}

/// A rung in the queue. In order of time; of equal ones the lower rung first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Nanoseconds since 1970.
    at: i64,
    /// Which rung of which deadline: `rung * names + name`.
    which: u8,
    slot: u32,
}

/// By so much the clock of whoever says a rung may run ahead of the registry's.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Default)]
pub struct Timers {
    /// `None`: free.
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    ids: HashMap<TicketId, u32>,
    queue: BTreeSet<Key>,
    /// Up to here rungs may have been said: those in the queue are known by their causes too. Nanoseconds since 1970.
    horizon: i64,
    causes: HashMap<CauseId, Key>,
}

impl Timers {
    /// Folds a recorded event in.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.widen(nanos(recorded.recorded_at.saturating_add(AHEAD).unwrap_or(Timestamp::MAX)));
        match (recorded.stream, &recorded.event) {
            (Stream::Ticket(id), Event::Ticket(event)) => self.evolve(id, event, recorded.occurred_at),
            (_, Event::Log(Log::ObservationNoted { .. })) => self.decline(recorded.cause),
            _ => {}
        }
    }

    /// The instant of the next rung.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.queue.first().map(|key| slot::instant(key.at))
    }

    /// The instant of the next rung that is still to come at `now`.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let past = Key { at: nanos(now), which: u8::MAX, slot: u32::MAX };
        self.queue.range((Bound::Excluded(past), Bound::Unbounded)).next().map(|key| slot::instant(key.at))
    }

    /// Rungs whose instant has come, oldest first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = Due> {
        let now = nanos(now);
        self.queue.iter().take_while(move |key| key.at <= now).filter_map(|key| self.spell(*key))
    }

    pub fn contains(&self, due: &Due) -> bool {
        let Some(index) = self.ids.get(&due.ticket) else {
            return false;
        };
        let key = Key { at: nanos(due.at), which: which(due.deadline, due.rung), slot: *index };
        self.queue.contains(&key) && self.spell(key).as_ref() == Some(due)
    }

    /// Rungs still to come.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn evolve(&mut self, id: TicketId, event: &Happened, at: Timestamp) {
        let index = self.ids.get(&id).copied();
        let before = index.and_then(|index| self.slots[index as usize].take());
        let state = match (&before, event) {
            (None, Happened::Opened { .. }) => None,
            (None, _) => Some(slot::forgotten()),
            (Some(slot), _) => Some(slot.expand()),
        };
        let after = ticket::evolve(state, event, at).map(|state| Slot::of(id, &state, event, before.as_ref()));
        if let (Some(index), Some(slot)) = (index, &before) {
            self.forget(index, slot);
        }
        match after.filter(Slot::matters) {
            Some(slot) => {
                let index = index.unwrap_or_else(|| self.take_place(id));
                self.remember(index, slot);
            }
            None => {
                if let Some(index) = index {
                    self.ids.remove(&id);
                    self.free.push(index);
                }
            }
        }
    }

    fn take_place(&mut self, id: TicketId) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("memory ends before four thousand million tickets")
        });
        self.ids.insert(id, index);
        index
    }

    fn remember(&mut self, index: u32, slot: Slot) {
        for key in keys(index, &slot) {
            self.queue.insert(key);
            if key.at <= self.horizon {
                self.causes.insert(cause(key, &slot), key);
            }
        }
        self.slots[index as usize] = Some(slot);
    }

    fn forget(&mut self, index: u32, slot: &Slot) {
        for key in keys(index, slot) {
            self.queue.remove(&key);
            if key.at <= self.horizon {
                self.causes.remove(&cause(key, slot));
            }
        }
    }

    /// Rungs up to `to` get known by their causes.
    fn widen(&mut self, to: i64) {
        if to <= self.horizon {
            return;
        }
        let from = Key { at: self.horizon, which: u8::MAX, slot: u32::MAX };
        let to_key = Key { at: to, which: u8::MAX, slot: u32::MAX };
        let newly = self.queue.range((Bound::Excluded(from), Bound::Included(to_key)));
        for key in newly {
            if let Some(due) = self.spell(*key) {
                self.causes.insert(due.cause(), *key);
            }
        }
        self.horizon = to;
    }

    /// Handled by the registry without effect: never asked for again.
    fn decline(&mut self, cause: CauseId) {
        let Some(key) = self.causes.remove(&cause) else {
            return;
        };
        self.queue.remove(&key);
        let (name, rung) = named(key.which);
        if let Some(slot) = self.slots[key.slot as usize].as_mut() {
            slot.decline(name, rung);
        }
    }

    fn spell(&self, key: Key) -> Option<Due> {
        let slot = self.slots[key.slot as usize].as_ref()?;
        let (deadline, rung) = named(key.which);
        let version = slot.term(deadline)?.version;
        Some(Due { at: slot::instant(key.at), rung, ticket: slot.id, deadline, version })
    }
}

/// What is to come for a ticket.
fn keys(index: u32, slot: &Slot) -> impl Iterator<Item = Key> {
    slot.to_come().map(move |(name, rung, at)| Key { at, which: which(name, rung), slot: index })
}

fn cause(key: Key, slot: &Slot) -> CauseId {
    let (name, rung) = named(key.which);
    let version = slot.term(name).map_or(0, |term| term.version);
    sla::rung_cause(slot.id, name, version, rung)
}

const _: () = assert!(RUNGS * DeadlineName::ALL.len() < u8::MAX as usize);

fn which(name: DeadlineName, rung: Rung) -> u8 {
    rung as u8 * DeadlineName::ALL.len() as u8 + name as u8
}

fn named(which: u8) -> (DeadlineName, Rung) {
    let names = DeadlineName::ALL.len();
    (DeadlineName::ALL[which as usize % names], Rung::ALL[which as usize / names])
}

#[cfg(test)]
mod tests;
