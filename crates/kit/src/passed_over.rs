//! Records of EVENTS that a reader's version can't use: an event that only a newer version knows. They stop nobody and
//! are never skipped in silence: counted, logged, and parked in DEAD once, as a letter that points to the record, which
//! stays on EVENTS. It decides nothing about what the reader does without them.

use crate::{bus::DeadLetters, service::Deps, telemetry::Counter};
use std::{error::Error, iter, time::Duration};
use tokio::sync::mpsc;

/// Letters that wait for the broker at most; beyond that they are counted and logged only, until the next start.
const WAITING: usize = 1024;
const PAUSE: Duration = Duration::from_secs(1);

/// One reader's.
pub struct PassedOver {
    letters: mpsc::Sender<(u64, String)>,
    counter: Counter,
}

impl PassedOver {
    /// Starts the task that parks; it ends when this is dropped.
    pub fn start(deps: &Deps) -> Self {
        let (letters, waiting) = mpsc::channel(WAITING);
        tokio::spawn(park(deps.health.service(), deps.bus.dead(), waiting));
        let counter = deps.metrics.counter("unreadable_records", "Records of EVENTS that this version can't use");
        Self { letters, counter }
    }

    /// The error and its causes are seen by operators: nothing personal.
    pub fn note(&self, position: u64, error: &(dyn Error + 'static)) {
        let causes = iter::successors(Some(error), |error: &&dyn Error| Error::source(*error));
        let why = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        self.counter.add(1, &[]);
        tracing::warn!(position, why, "a record is passed over");
        // When the queue is full the next start finds it again.
        let _ = self.letters.try_send((position, why));
    }
}

/// Each letter until the broker has it: the log is read anew at each start, so what is there already isn't sent again.
async fn park(reader: &'static str, dead: DeadLetters, mut waiting: mpsc::Receiver<(u64, String)>) {
    while let Some((position, why)) = waiting.recv().await {
        while let Err(error) = dead.park_record(reader, position, &why).await {
            tracing::info!(%error, position, "an unusable record can't be parked yet");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
