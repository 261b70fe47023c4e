//! Time as a value. Everything that asks what time it is takes a `Clock`; only here is the system's clock read.
//! `unshifted` is the machine's own time, for guards against a clock that was set wrong: the demo's clock runs ahead of
//! it, a real one doesn't. Durations are measured with `monotonic`, which no one sets.
//!
//! | file | holds |
//! |---|---|
//! | `demo` | the demo's clock, which all processes follow |
//! | `lever` | what moves it |

mod demo;
mod lever;

pub use demo::{DemoClock, VARIABLE};
pub use lever::{ClockLever, MoveError};

use crate::fault;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

pub trait Clock: Send + Sync {
    /// The time to act by.
    fn now(&self) -> Timestamp;
    /// The machine's time.
    fn unshifted(&self) -> Timestamp;
}

pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine is asked for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(fault::skew("clock.skew"))
    }

    fn unshifted(&self) -> Timestamp {
        self.now()
    }
}

/// A clock that is set by hand: `now` is what was set, `unshifted` too.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unshifted(&self) -> Timestamp {
        self.now()
    }
}

/// For measuring only: it says nothing about the time of day.
pub fn monotonic() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let clock = ManualClock::new(start);
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_mins(1));
        assert_eq!(clock.now(), "2026-03-02T09:01:00Z".parse().unwrap());
        clock.set(start);
        assert_eq!(clock.unshifted(), start);
    }
}
