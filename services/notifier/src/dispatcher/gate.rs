//! Whether a channel lets anything through. One that is closed is tried with a single reply now and then: a dead token
//! or a silent platform must not cost every citizen an attempt.

use std::time::Duration;
use tokio::time::Instant;

/// So many attempts of unknown outcome in a row close the gate: the platform is silent, and each more would wait for a
/// person.
const STRIKES: u32 = 3;
/// How long a silent platform is left alone.
const SILENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Gate {
    /// `None`: open.
    try_at: Option<Instant>,
    strikes: u32,
}

impl Gate {
    /// How many may be on their way at a time.
    pub fn most(&self, instant: Instant) -> usize {
        match self.try_at {
            None => usize::MAX,
            Some(try_at) => usize::from(try_at <= instant),
        }
    }

    pub fn is_closed(&self) -> bool {
        self.try_at.is_some()
    }

    pub fn close(&mut self, until: Instant) {
        self.try_at = Some(until);
    }

    /// The platform answered.
    pub fn open(&mut self) {
        *self = Self::default();
    }

    pub fn strike(&mut self, instant: Instant) {
        self.strikes += 1;
        if self.strikes >= STRIKES || self.is_closed() {
            self.close(instant + SILENCE);
        }
    }
}
