//! Virtual time. It only moves when the scheduler moves it; each process sees it through a clock of its own, which may be
//! wrong.

use jiff::{SignedDuration, Timestamp};
use segnalalo_kit::clock::{Clock, SharedClock, monotonic};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Process {
    Registry,
    Triage,
    SlaClock,
    Notifier,
}

impl Process {
    pub const ALL: [Self; 4] = [Self::Registry, Self::Triage, Self::SlaClock, Self::Notifier];
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registry => "registry",
            Self::Triage => "triage",
            Self::SlaClock => "sla-clock",
            Self::Notifier => "notifier",
        })
    }
}

#[derive(Clone)]
pub struct Time(Arc<Mutex<Inner>>);

struct Inner {
    begin: Timestamp,
    now: Timestamp,
    /// What "now" is measured from: only differences count.
    base: Instant,
    wrong_by: BTreeMap<Process, SignedDuration>,
}

impl Time {
    pub fn new(begin: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Inner { begin, now: begin, base: monotonic(), wrong_by: BTreeMap::new() })))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn now(&self) -> Timestamp {
        self.with(|inner| inner.now)
    }

    /// By a clock that measures, and that nobody sets.
    pub fn instant(&self) -> Instant {
        self.with(|inner| inner.base + inner.now.duration_since(inner.begin).unsigned_abs())
    }

    pub fn advance(&self, by: SignedDuration) {
        self.with(|inner| inner.now += by);
    }

    pub fn set_wrong(&self, process: Process, by: SignedDuration) {
        self.with(|inner| inner.wrong_by.insert(process, by));
    }

    pub fn set_right(&self) {
        self.with(|inner| inner.wrong_by.clear());
    }

    pub fn of(&self, process: Process) -> Timestamp {
        self.with(|inner| inner.now + inner.wrong_by.get(&process).copied().unwrap_or_default())
    }

    pub fn clock(&self, process: Process) -> SharedClock {
        Arc::new(ProcessClock { time: self.clone(), process })
    }
}

struct ProcessClock {
    time: Time,
    process: Process,
}

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.time.of(self.process)
    }

    fn unshifted(&self) -> Timestamp {
        self.now()
    }
}

/// Where histories begin: an ordinary Monday, and the instants that clocks and calendars stumble over.
pub const BEGINNINGS: [&str; 7] = [
    "2026-11-23T09:10:00+01:00",
    // Year's end: the register is renewed.
    "2026-12-31T23:58:30+01:00",
    // The hour that isn't there, on Easter Sunday 2027.
    "2027-03-28T01:58:00+01:00",
    // The hour that comes twice.
    "2026-10-25T02:58:00+02:00",
    // Leap day.
    "2028-02-28T23:58:00+01:00",
    // Saturday before Easter Monday.
    "2026-04-04T11:00:00+02:00",
    // Christmas Eve, before three days without work.
    "2026-12-24T15:55:00+01:00",
];
