//! EVENTS, every record once and in order, for ever. It keeps no mark on the broker: a reader rebuilds its state from
//! the first record at each start. Each record carries the hash of the one before: the feed checks it, and after each
//! interruption it reads its last record again, so a stream that was made anew, lost its end or tells another history is
//! noticed, and the reader is told to begin again (`Reset`). It decodes nothing else.

use super::{Cause, Stream, pause::Pause};
use crate::clock::monotonic;
use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use bytes::Bytes;
use futures::StreamExt as _;
use segnalalo_proto::record;
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

/// Records read ahead of the reader.
const READ_AHEAD: usize = 256;
const PULL: usize = 500;
const HEARTBEAT: Duration = Duration::from_secs(2);
const EXPIRES: Duration = Duration::from_secs(30);
/// The broker forgets a consumer that nobody asks any more.
const FORGOTTEN: Duration = Duration::from_secs(30);
/// After a reset to a shorter stream: how long it must have been silent until its end counts as the end.
const SILENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedItem {
    /// The next record; `position` is its sequence on EVENTS.
    Record { position: u64, record: Bytes },
    /// Forget everything: what follows begins at the first record.
    Reset { why: String },
    /// The head that was there at the start, or at the last `Reset`, is reached. Said once for each.
    CaughtUp,
}

const ALIVE: &str = "the feed's task lives as long as its reader";

/// Reads ahead by a bounded number of records; ends when it is dropped.
pub struct EventFeed {
    items: mpsc::Receiver<FeedItem>,
}

impl EventFeed {
    pub(super) fn start(context: jetstream::Context, reconnects: watch::Receiver<u64>, first: u64) -> Self {
        Self::read_on(context, reconnects, first.saturating_sub(1), (first <= 1).then_some(record::NO_PREVIOUS))
    }

    /// After a record whose hash is known.
    pub(super) fn after(
        context: jetstream::Context,
        reconnects: watch::Receiver<u64>,
        position: u64,
        hash: [u8; 32],
    ) -> Self {
        Self::read_on(context, reconnects, position, Some(hash))
    }

    fn read_on(
        context: jetstream::Context,
        reconnects: watch::Receiver<u64>,
        position: u64,
        hash: Option<[u8; 32]>,
    ) -> Self {
        let (sender, items) = mpsc::channel(READ_AHEAD);
        let reader = Reader {
            context,
            reconnects,
            items: sender.clone(),
            position,
            hash,
            created: None,
            catching_up: Some(CatchingUp::default()),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = sender.closed() => {}
                () = reader.run() => {}
            }
        });
        Self { items }
    }

    /// Waits for as long as it takes: for the next event, or for a broker that is away. May be dropped and called
    /// again without losing anything.
    ///
    /// # Panics
    /// When the task behind it panicked.
    pub async fn next(&mut self) -> FeedItem {
        self.items.recv().await.expect(ALIVE)
    }

    /// As `next`, and with it what else is there already: at least one item, `most` at most, put behind what `items` holds.
    ///
    /// # Panics
    /// As `next`.
    pub async fn next_many(&mut self, items: &mut Vec<FeedItem>, most: usize) {
        assert!(self.items.recv_many(items, most).await > 0, "{ALIVE}");
    }
}

/// The reader isn't there any more, or what stopped it from reading on.
enum Stop {
    Abandoned,
    Failed(Cause),
    Replaced(String),
}

impl<E: Into<Cause>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// From when on the reader counts as up to date.
#[derive(Default)]
struct CatchingUp {
    /// The head at the start.
    head: u64,
    /// What had been read before a reset: a stream that is being filled again isn't at its end yet.
    before: u64,
}

struct Reader {
    context: jetstream::Context,
    reconnects: watch::Receiver<u64>,
    items: mpsc::Sender<FeedItem>,
    /// Of the last record handed over.
    position: u64,
    /// Hash of the record at `position`; `None`: not known, for it was not read.
    hash: Option<[u8; 32]>,
    /// When the stream was made that `position` belongs to, nanoseconds since 1970.
    created: Option<i128>,
    /// `None`: `CaughtUp` is said.
    catching_up: Option<CatchingUp>,
}

impl Reader {
    async fn run(mut self) {
        let mut pause = Pause::new();
        loop {
            let before = self.position;
            match self.read().await {
                Stop::Abandoned => return,
                Stop::Replaced(why) => {
                    tracing::warn!(why, position = self.position, "EVENTS is another one: beginning again");
                    if self.reset(why).await.is_err() {
                        return;
                    }
                }
                Stop::Failed(cause) => {
                    tracing::info!(%cause, position = self.position, "reading EVENTS again")
                }
            }
            if self.position > before {
                pause.reset();
            }
            tokio::select! {
                () = tokio::time::sleep(pause.next()) => {}
                _ = self.reconnects.changed() => {}
            }
        }
    }

    async fn reset(&mut self, why: String) -> Result<(), Stop> {
        let reached = self.catching_up.as_ref().map_or(0, |catching_up| catching_up.before);
        self.catching_up = Some(CatchingUp { head: 0, before: self.position.max(reached) });
        self.position = 0;
        self.hash = Some(record::NO_PREVIOUS);
        self.created = None;
        self.give(FeedItem::Reset { why }).await
    }

    async fn read(&mut self) -> Stop {
        match self.try_read().await {
            Ok(never) => match never {},
            Err(stop) => stop,
        }
    }

    /// Reads until something is in the way.
    async fn try_read(&mut self) -> Result<std::convert::Infallible, Stop> {
        self.reconnects.borrow_and_update();
        let stream = self.context.get_stream(Stream::Events.name()).await?;
        let info = stream.cached_info();
        self.recognise(info.created.unix_timestamp_nanos(), info.state.last_sequence)?;
        // The last record once more: it tells whether this still is the history we have read.
        let known = self.hash.filter(|_| self.position > 0);
        let mut again = known.is_some();
        let consumer = self.context.create_consumer_on_stream(self.consumer(again), Stream::Events.name()).await?;
        let mut messages =
            consumer.stream().max_messages_per_batch(PULL).heartbeat(HEARTBEAT).expires(EXPIRES).messages().await?;
        let mut last_word = monotonic();
        loop {
            // Not before it is known that this is the history that was read.
            if !again {
                self.say_caught_up(last_word).await?;
            }
            let message = tokio::select! {
                message = messages.next() => message.ok_or("the broker ended the delivery")??,
                () = tokio::time::sleep_until(last_word + SILENCE), if self.waits_for_silence() => continue,
                _ = self.reconnects.changed() => return Err("the connection was made anew".into()),
            };
            let position = message.info()?.stream_sequence;
            if std::mem::take(&mut again) {
                self.compare(position, &message.payload)?;
            } else {
                self.take(position, message.message.payload).await?;
            }
            last_word = monotonic();
        }
    }

    fn consumer(&self, again: bool) -> pull::Config {
        let inbox = self.context.client().new_inbox();
        pull::Config {
            // Nobody can guess it: whoever may read EVENTS can't meddle with another's reading.
            name: inbox.rsplit('.').next().map(str::to_owned),
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: if again { self.position } else { self.position + 1 },
            },
            ack_policy: AckPolicy::None,
            inactive_threshold: FORGOTTEN,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        }
    }

    fn recognise(&mut self, created: i128, head: u64) -> Result<(), Stop> {
        if self.created.is_some_and(|known| known != created) {
            return Err(Stop::Replaced("the stream was made anew".to_owned()));
        }
        if head < self.position {
            return Err(Stop::Replaced(format!("the stream ends at {head}, and {} was read", self.position)));
        }
        self.created = Some(created);
        if let Some(catching_up) = &mut self.catching_up {
            catching_up.head = catching_up.head.max(head);
        }
        Ok(())
    }

    async fn say_caught_up(&mut self, last_word: Instant) -> Result<(), Stop> {
        let Some(CatchingUp { head, before }) = &self.catching_up else {
            return Ok(());
        };
        let silent = last_word.elapsed() >= SILENCE;
        if self.position >= *head && (self.position >= *before || silent) {
            self.catching_up = None;
            self.give(FeedItem::CaughtUp).await?;
        }
        Ok(())
    }

    /// At the head, but not where the reader had been before.
    fn waits_for_silence(&self) -> bool {
        self.catching_up.as_ref().is_some_and(|catching_up| self.position >= catching_up.head)
    }

    fn compare(&self, position: u64, bytes: &[u8]) -> Result<(), Stop> {
        if position != self.position || self.hash != Some(record::hash(bytes)) {
            return Err(Stop::Replaced(format!("the record at {} is another one", self.position)));
        }
        Ok(())
    }

    async fn take(&mut self, position: u64, bytes: Bytes) -> Result<(), Stop> {
        if position != self.position + 1 {
            return Err(format!("record {} doesn't come, {position} does", self.position + 1).into());
        }
        let previous = record::prev_hash(&bytes)?;
        if self.hash.is_some_and(|hash| hash != previous) {
            return Err(Stop::Replaced(format!("the record at {position} doesn't follow the one before")));
        }
        self.hash = Some(record::hash(&bytes));
        self.position = position;
        self.give(FeedItem::Record { position, record: bytes }).await
    }

    async fn give(&self, item: FeedItem) -> Result<(), Stop> {
        self.items.send(item).await.map_err(|_| Stop::Abandoned)
    }
}
