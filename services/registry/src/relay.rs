//! The log is the outbox: its records go to EVENTS byte for byte, in order, so that the stream's sequence is the log's
//! position. No cursor is kept; where to go on is what EVENTS says (rule 4).

use crate::{
    journal::{self, Journal, Reader},
    keyring::{
        self,
        mirror::{Mirror, MirrorError},
    },
};
use bytes::Bytes;
use segnalalo_kit::{
    bus::{self, AppendError, EventsLog},
    fault,
    health::Component,
    shutdown::Shutdown,
};
use segnalalo_proto::{record, subject_of_wire};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Records a batch; a batch of the broker holds `MOST`.
const CHUNK: usize = 256;
const MOST: usize = 1000;
/// Records that are read at a time to find the end of a decision.
const TAIL: usize = 64;
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The two histories differ: going on would lose one of them.
    #[error(
        "log and broker differ at position {0}: they are two histories. Stop, keep both, and decide which one holds: \
         `segnalalo log verify` on the log; wipe EVENTS to take the log's, or start with an empty log to take the broker's"
    )]
    Fork(u64),
    #[error("another registry writes to this broker (EVENTS is at {actual}, this log at {ours}): stop one of them")]
    Fenced { actual: u64, ours: u64 },
    #[error("the log can't be read or written")]
    Journal(#[from] journal::Error),
    #[error("the broker can't be reached")]
    Broker(#[from] bus::Error),
    #[error("the keyring can't be read")]
    Keyring(#[from] keyring::Error),
    #[error("the record at position {0} can't be published: its event is of an unknown kind or damaged")]
    Unpublishable(u64),
}

impl From<MirrorError> for Error {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Keyring(error) => Self::Keyring(error),
            MirrorError::Broker(error) => Self::Broker(error),
        }
    }
}

/// EVENTS, as far as the relay needs it: the contract is `EventsLog`'s.
#[async_trait::async_trait]
pub trait SecondCopy: Send + Sync {
    async fn last(&self) -> Result<Option<(u64, Bytes)>, bus::Error>;
    async fn get(&self, position: u64) -> Result<Option<Bytes>, bus::Error>;
    async fn append(&self, expected_last: u64, records: &[(String, Bytes)]) -> Result<(), AppendError>;
}

#[async_trait::async_trait]
impl SecondCopy for EventsLog {
    async fn last(&self) -> Result<Option<(u64, Bytes)>, bus::Error> {
        self.last().await
    }

    async fn get(&self, position: u64) -> Result<Option<Bytes>, bus::Error> {
        self.get(position).await
    }

    async fn append(&self, expected_last: u64, records: &[(String, Bytes)]) -> Result<(), AppendError> {
        self.append(expected_last, records).await
    }
}

/// Before serving: compares the heads and mends in the direction that is missing something. Returns the position up to
/// which EVENTS has everything.
///
/// # Errors
/// `Fork` when the histories differ. `Broker` may pass: call again.
pub async fn reconcile(journal: &mut dyn Journal, events: &dyn SecondCopy) -> Result<u64, Error> {
    let reader = journal.reader();
    loop {
        match compare(&*reader, events).await? {
            Heads::BrokerBehind(position) => return Ok(position),
            Heads::BrokerAhead(last) => import(journal, events, last).await?,
        }
    }
}

enum Heads {
    /// EVENTS has everything up to here, and no more.
    BrokerBehind(u64),
    BrokerAhead(u64),
}

async fn compare(reader: &dyn Reader, events: &dyn SecondCopy) -> Result<Heads, Error> {
    let Some((last, bytes)) = events.last().await? else {
        return Ok(Heads::BrokerBehind(0));
    };
    let head = reader.head();
    if last <= head.position {
        let ours = reader.read(last)?;
        return if ours.as_ref() == Some(&bytes) { Ok(Heads::BrokerBehind(last)) } else { Err(Error::Fork(last)) };
    }
    if head.position > 0 && events.get(head.position).await? != reader.read(head.position)? {
        return Err(Error::Fork(head.position));
    }
    Ok(Heads::BrokerAhead(last))
}

/// The log lost its tail, or is an old backup: the broker's copy extends it.
async fn import(journal: &mut dyn Journal, events: &dyn SecondCopy, last: u64) -> Result<(), Error> {
    let first = journal.reader().head().position + 1;
    tracing::warn!(first, last, "the log is behind EVENTS: taking the missing records from there");
    let mut records = Vec::with_capacity(CHUNK);
    for position in first..=last {
        let record = events.get(position).await?.ok_or(Error::Fork(position))?;
        records.push(record);
        if records.len() == CHUNK || position == last {
            journal.import(&records)?;
            records.clear();
        }
    }
    Ok(())
}

pub struct Relay<Events = EventsLog> {
    pub reader: Arc<dyn Reader>,
    pub events: Events,
    /// The keyring's copy on the broker: told of each key before the events that it locks. `None`: nothing is locked.
    pub mirror: Option<Mirror>,
    pub component: Component,
    /// Up to which position EVENTS has the log.
    pub published: watch::Sender<u64>,
    /// Changes at each new connection: the broker may have come back with less.
    pub reconnects: watch::Receiver<u64>,
}

impl<Events: SecondCopy> Relay<Events> {
    /// Publishes what is durable in the log from `position` on, until shutdown.
    ///
    /// # Errors
    /// `Fork` and `Fenced`: the process must stop. What may pass is tried again.
    pub async fn run(mut self, position: u64, shutdown: Shutdown) -> Result<(), Error> {
        let mut head = self.reader.subscribe();
        let mut sent = position;
        // The broker's copy of the keyring may be old, or may be of another master secret.
        if !self.find_again(&mut sent, &shutdown).await? {
            return Ok(());
        }
        loop {
            match self.drain(&mut sent).await {
                Ok(()) => self.component.ready(),
                Err(Error::Broker(error)) => {
                    self.component.not_ready(&format!("{error}: facts wait in the log"));
                    if !self.find_again(&mut sent, &shutdown).await? {
                        return Ok(());
                    }
                    continue;
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = shutdown.cancelled() => {
                    // What is decided should be seen; what can't be sent now is sent at the next start.
                    let _ = tokio::time::timeout(PAUSE, self.drain(&mut sent)).await;
                    return Ok(());
                }
                // An erasure must reach the broker also when no fact follows it.
                () = news(self.mirror.as_ref()) => {}
                // The writer's end is the process's end.
                changed = head.changed() => if changed.is_err() { return Ok(()) },
                // An empty EVENTS mustn't wait for the next fact: timers and owed replies are rebuilt from it.
                Ok(()) = self.reconnects.changed() => if !self.find_again(&mut sent, &shutdown).await? {
                    return Ok(());
                },
            }
        }
    }

    /// Waits until EVENTS says where it stands. False at shutdown.
    async fn find_again(&mut self, sent: &mut u64, shutdown: &Shutdown) -> Result<bool, Error> {
        loop {
            self.reconnects.mark_unchanged();
            match self.look_again(sent).await {
                Ok(()) => return Ok(true),
                Err(Error::Broker(error)) => self.component.not_ready(&format!("{error}: facts wait in the log")),
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = shutdown.cancelled() => return Ok(false),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Where does EVENTS stand now? A broker that came back with less is filled again.
    ///
    /// # Errors
    /// As `run`; `Broker` may pass.
    pub async fn look_again(&self, sent: &mut u64) -> Result<(), Error> {
        if let Some(mirror) = &self.mirror {
            mirror.refill().await?;
        }
        match compare(&*self.reader, &self.events).await? {
            Heads::BrokerBehind(_) if fault::mistaken("cursor-kept-apart") && *sent > 0 => {}
            Heads::BrokerBehind(position) => {
                *sent = position;
                self.published.send_replace(position);
            }
            Heads::BrokerAhead(actual) => {
                return Err(Error::Fenced { actual, ours: self.reader.head().position });
            }
        }
        Ok(())
    }

    /// Publishes what is durable in the log after `sent`.
    ///
    /// # Errors
    /// As `run`; after `Broker` ask `look_again` where EVENTS stands.
    pub async fn drain(&self, sent: &mut u64) -> Result<(), Error> {
        loop {
            let records = whole_decisions(&*self.reader, *sent)?;
            // After the reading: what was read is locked by keys that were there before.
            if let Some(mirror) = &self.mirror {
                mirror.flush().await?;
            }
            let Some((last, _)) = records.last().map(|(position, bytes)| (*position, bytes.len())) else {
                return Ok(());
            };
            let messages = records
                .into_iter()
                .map(|(position, record)| Ok((subject(&record).ok_or(Error::Unpublishable(position))?, record)))
                .collect::<Result<Vec<(String, Bytes)>, Error>>()?;
            fault::point("relay.before-publish");
            match self.events.append(*sent, &messages).await {
                Ok(()) => {
                    fault::point("relay.after-publish");
                    *sent = last;
                    self.published.send_replace(last);
                }
                Err(AppendError::WrongLast { actual }) => {
                    tracing::info!(actual, sent = *sent, "EVENTS stands elsewhere: comparing");
                    self.look_again(sent).await?;
                }
                Err(AppendError::Unavailable(error)) => return Err(Error::Broker(error)),
            }
        }
    }
}

/// The next records, to the end of a decision: a log that is filled again from EVENTS must not end in the middle of one, whose
/// cause would then count as handled.
fn whole_decisions(reader: &dyn Reader, sent: u64) -> Result<Vec<(u64, Bytes)>, journal::Error> {
    let mut records = reader.read_all(sent, CHUNK)?;
    let Some(open) = records.get(CHUNK - 1).and_then(|(_, record)| cause(record)) else {
        return Ok(records);
    };
    while records.len() + TAIL <= MOST {
        let last = records.last().map_or(sent, |(position, _)| *position);
        let (more, before) = (reader.read_all(last, TAIL)?, records.len());
        let read = more.len();
        records.extend(more.into_iter().take_while(|(_, record)| cause(record).as_ref() == Some(&open)));
        if read == 0 || records.len() < before + read {
            break;
        }
    }
    Ok(records)
}

fn cause(record: &[u8]) -> Option<Vec<u8>> {
    Some(record::decode(record).ok()?.envelope.causation_id)
}

/// When the keyring has something to tell; never without one.
async fn news(mirror: Option<&Mirror>) {
    match mirror {
        Some(mirror) => mirror.news().await,
        None => std::future::pending().await,
    }
}

/// A record of a kind that this version doesn't know is published all the same: its reader may know it.
fn subject(record: &[u8]) -> Option<String> {
    let envelope = record::decode(record).ok()?.envelope;
    Some(subject_of_wire(&envelope))
}

#[cfg(test)]
mod tests;
