//! Where the log tells of the last run of retention: it may be several steps.

use segnalalo_domain::event::RetentionApplied;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct LastRun {
    /// Of its events, in order.
    pub positions: Vec<u64>,
    pub complete: bool,
}

impl LastRun {
    pub fn note(&mut self, position: u64, applied: &RetentionApplied) {
        if self.complete {
            self.positions.clear();
        }
        self.positions.push(position);
        self.complete = applied.complete;
    }
}
