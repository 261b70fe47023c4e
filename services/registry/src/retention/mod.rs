//! Content whose time is over, by the city's `retention.toml`: found by the domain's rules from the state and the clock, and
//! erased like a person's on request: the keys, and with them what they lock in every copy. Idempotent: what has a key and is
//! over is due, so a run that was cut off is finished by the next.
//!
//! | file | holds |
//! |---|---|
//! | `due` | what is over and has a key |
//! | `nightly` | when a run begins by itself, and when it must not |

mod due;
mod nightly;
#[cfg(test)]
mod tests;

pub use due::Found;

use crate::{
    journal::{self, Reader},
    keyring::{self, Keyring},
    writer::{self, Request, Writer},
};
use segnalalo_domain::{
    Timestamp,
    calendar::rome,
    desk::{ApplyRetention, Command, Due},
    event::{Event, Log, RetentionApplied},
    id::CauseId,
    retention::Rules,
    words::Actor,
};
use segnalalo_kit::{
    bus::{self, Bus},
    clock::SharedClock,
};
use segnalalo_proto::convert;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Subjects that one append takes at most: the writer does nothing else meanwhile.
const STEP: usize = 100;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A slip there must not cost what was to be kept.
    #[error(
        "retention.toml: hold: no ticket is called {0}: correct it and start the registry again; until then nothing is erased"
    )]
    UnknownHold(String),
    /// What is erased doesn't come back: a clock that was set wrong must not do it.
    #[error(
        "this machine's clock is {minutes} minutes off the broker's: set the clocks (NTP); until then nothing is erased"
    )]
    Clock { minutes: i64 },
    #[error("the broker doesn't say what time it is: until it does nothing is erased")]
    Broker(#[source] bus::Error),
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error("the run can't be noted in the log")]
    Writer(#[from] writer::Error),
    #[error("the search for what is over was cut off")]
    CutOff,
}

/// A run as the log tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub at: Timestamp,
    pub actor: Actor,
    /// Of its last event.
    pub position: u64,
    pub steps: Vec<RetentionApplied>,
}

pub struct Retention {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
    pub keyring: Arc<Keyring>,
    pub rules: Rules,
    pub clock: SharedClock,
    /// Which says whether the machine's clock is right; `None` in tests without one.
    pub bus: Option<Bus>,
    /// One run at a time: the nightly one and an operator's.
    pub turn: Mutex<()>,
}

impl Retention {
    /// What is over now. Nothing is erased.
    ///
    /// # Errors
    /// `UnknownHold`, `Keyring`.
    pub async fn look(self: &Arc<Self>) -> Result<Found, Error> {
        self.check_holds()?;
        let (this, now) = (self.clone(), self.clock.now());
        let found = tokio::task::spawn_blocking(move || due::find(&this.writer, &this.keyring, &this.rules, now));
        Ok(found.await.map_err(|_| Error::CutOff)??)
    }

    /// Erases what is over now. The run as it stands in the log, and what was found when it began.
    ///
    /// # Errors
    /// Each step is whole or not done. Asked again, it takes what is left.
    pub async fn erase(self: &Arc<Self>, actor: Actor) -> Result<(Run, Found), Error> {
        let _turn = self.turn.lock().await;
        self.check_clock().await?;
        let day = self.clock.now().to_zoned(rome()).date();
        let found = self.look().await?;
        let before = self.writer.read(|world| world.read.retention.positions.last().copied().unwrap_or_default());
        let mut steps = found.due.chunks(STEP).map(<[Due]>::to_vec).collect::<Vec<_>>();
        if steps.is_empty() {
            steps.push(Vec::new());
        }
        let last = steps.len() - 1;
        for (number, due) in steps.into_iter().enumerate() {
            let cause = cause(before, &actor, &due);
            let step =
                ApplyRetention { day, rules: self.rules.clone(), due, complete: number == last, actor: actor.clone() };
            let command = Command::ApplyRetention(step);
            self.writer.execute(Request { cause, command, occurred_at: None, trace_parent: String::new() }).await?;
        }
        let run = self.last()?.ok_or(Error::CutOff)?;
        let keys = run.steps.iter().flat_map(|step| &step.removals).map(|removal| removal.keys).sum::<u32>();
        tracing::info!(%day, keys, kept = found.kept.len(), "content whose time was over is erased");
        Ok((run, found))
    }

    /// `None`: there was none yet.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn last(&self) -> Result<Option<Run>, Error> {
        let positions = self.writer.read(|world| world.read.retention.positions.clone());
        let mut last = None::<Run>;
        for position in positions {
            let record = self.reader.read(position)?.and_then(|record| convert::read(&record).ok());
            let Some(recorded) = record else {
                continue;
            };
            if let Event::Log(Log::RetentionApplied(applied)) = recorded.event {
                let mut steps = last.take().map(|run| run.steps).unwrap_or_default();
                steps.push(applied);
                last = Some(Run { at: recorded.recorded_at, actor: recorded.actor, position, steps });
            }
        }
        Ok(last)
    }

    /// Names in the file that no ticket has.
    pub fn unknown_holds(&self) -> Vec<String> {
        self.writer.read(|world| {
            let unknown = self.rules.holds.iter().filter(|hold| world.desk.find(&hold.ticket).is_err());
            unknown.map(|hold| hold.named.clone()).collect()
        })
    }

    fn check_holds(&self) -> Result<(), Error> {
        match self.unknown_holds().into_iter().next() {
            Some(unknown) => Err(Error::UnknownHold(unknown)),
            None => Ok(()),
        }
    }
}

/// The same step after the same run is handled once.
fn cause(before: u64, actor: &Actor, due: &[Due]) -> CauseId {
    let before = before.to_be_bytes();
    let mut parts: Vec<&[u8]> = vec![b"retention", &before, actor.name.as_bytes()];
    parts.extend(due.iter().flat_map(|due| &due.keys).map(|(_, key)| key.0.as_slice()));
    CauseId::derived(&parts)
}
