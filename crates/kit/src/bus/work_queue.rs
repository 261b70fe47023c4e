//! INBOUND and OBSERVED, taken in batches in the stream's order. The handler says what became of each delivery; only here
//! are acknowledgements given. A delivery may come twice (after a crash, or when the acknowledgement got lost): the
//! handler knows what it has handled. One that can't be handled is parked in DEAD and blocks nobody.

use super::{Bus, Cause, DeadLetters, Parked, Stream, pause::Pause, topology::ACK_WAIT};
use crate::{fault, shutdown::Shutdown, trace};
use async_nats::jetstream::{AckKind, Message, consumer::pull};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _};
use std::time::Duration;
use tokio::sync::watch;

const HEARTBEAT: Duration = Duration::from_secs(5);
const EXPIRES: Duration = Duration::from_secs(30);
/// When DEAD doesn't take it, or the handler said nothing.
const SOON: Duration = Duration::from_secs(5);

/// One message, as often as it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub payload: Bytes,
    /// May be empty.
    pub traceparent: String,
    /// Counted from 1.
    pub delivered: u32,
    /// In its stream.
    pub sequence: u64,
}

/// What became of a delivery. `why` is seen by operators: nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Durable: it may go.
    Done,
    Retry {
        after: Duration,
        why: String,
    },
    Park {
        why: String,
    },
}

#[async_trait::async_trait]
pub trait BatchHandler: Send + Sync {
    /// One outcome for each delivery, in the same order.
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome>;
}

#[derive(Debug, Clone)]
pub struct WorkQueueConfig {
    /// The durable consumer's name.
    pub consumer: String,
    /// Deliveries a batch, at most.
    pub batch: usize,
}

impl WorkQueueConfig {
    pub fn new(consumer: &str) -> Self {
        Self { consumer: consumer.to_owned(), batch: 256 }
    }
}

pub struct WorkQueue {
    bus: Bus,
    stream: Stream,
    config: WorkQueueConfig,
    dead: DeadLetters,
    reconnects: watch::Receiver<u64>,
}

impl WorkQueue {
    pub(super) fn new(bus: Bus, stream: Stream, config: WorkQueueConfig) -> Self {
        Self { dead: bus.dead(), reconnects: bus.on_reconnect(), bus, stream, config }
    }

    /// Until shutdown; the batch in hand is finished first. Waits for a broker or a consumer that isn't there.
    pub async fn run(mut self, handler: impl BatchHandler, shutdown: Shutdown) {
        let mut pause = Pause::new();
        loop {
            match self.consume(&handler, &shutdown, &mut pause).await {
                Ok(()) => break,
                Err(cause) => {
                    tracing::info!(%cause, stream = self.stream.name(), "the work queue is taken up again")
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(pause.next()) => {}
                _ = self.reconnects.changed() => {}
            }
        }
        self.bus.flush().await;
    }

    /// `Ok` at shutdown.
    async fn consume(
        &mut self,
        handler: &impl BatchHandler,
        shutdown: &Shutdown,
        pause: &mut Pause,
    ) -> Result<(), Cause> {
        self.reconnects.borrow_and_update();
        let context = self.bus.context();
        let consumer =
            context.get_consumer_from_stream::<pull::Config, _, _>(&self.config.consumer, self.stream.name()).await?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(self.config.batch)
            .heartbeat(HEARTBEAT)
            .expires(EXPIRES)
            .messages()
            .await?;
        let mut batches = messages.ready_chunks(self.config.batch);
        loop {
            let batch = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                batch = batches.next() => batch.ok_or("the broker ended the delivery")?,
                _ = self.reconnects.changed() => return Err("the connection was made anew".into()),
            };
            let (batch, failure) = split(batch);
            if !batch.is_empty() {
                pause.reset();
                self.handle(handler, batch).await;
            }
            if let Some(cause) = failure {
                return Err(cause);
            }
        }
        // What was fetched ahead goes back at once: the next process shouldn't wait for it.
        while let Some(Some(batch)) = batches.next().now_or_never() {
            for message in split(batch).0 {
                acknowledge(&message, AckKind::Nak(None)).await;
            }
        }
        Ok(())
    }

    async fn handle(&self, handler: &impl BatchHandler, batch: Vec<Message>) {
        let (readable, deliveries): (Vec<Message>, Vec<Delivery>) =
            batch.into_iter().filter_map(|message| delivery(&message).map(|delivery| (message, delivery))).unzip();
        let numbers: Vec<(u64, u32)> = deliveries.iter().map(|one| (one.sequence, one.delivered)).collect();
        if fault::mistaken("acknowledged-before-handled") {
            for message in &readable {
                acknowledge(message, AckKind::Ack).await;
            }
            self.bus.flush().await;
        }
        fault::point("queue.before-handling");
        let handling = handler.handle(deliveries);
        let mut outcomes = while_working(handling, &readable).await.into_iter();
        fault::point("queue.before-ack");
        for (message, (sequence, delivered)) in readable.iter().zip(numbers) {
            let outcome =
                outcomes.next().unwrap_or(Outcome::Retry { after: SOON, why: "the handler said nothing".to_owned() });
            self.settle(message, sequence, delivered, outcome).await;
        }
        fault::point("queue.after-ack");
    }

    async fn settle(&self, message: &Message, sequence: u64, delivered: u32, outcome: Outcome) {
        let stream = self.stream.name();
        if fault::fails("queue.ack-lost") {
            return;
        }
        let (kind, word) = match outcome {
            Outcome::Done => (AckKind::Ack, "done"),
            Outcome::Retry { after, why } => {
                tracing::info!(stream, sequence, delivered, why, ?after, "to be tried again");
                (AckKind::Nak(Some(after)), "retry")
            }
            Outcome::Park { why } => {
                tracing::warn!(stream, sequence, delivered, why, "parked");
                let parked = Parked {
                    stream: stream.to_owned(),
                    subject: message.subject.to_string(),
                    sequence,
                    delivered,
                    why,
                    traceparent: traceparent(message),
                    payload: message.payload.clone(),
                };
                match self.dead.park(parked).await {
                    Ok(()) => (AckKind::Ack, "parked"),
                    Err(error) => {
                        tracing::warn!(stream, sequence, %error, "DEAD doesn't take it: to be tried again");
                        (AckKind::Nak(Some(SOON)), "retry")
                    }
                }
            }
        };
        acknowledge(message, kind).await;
        if let Some(meters) = self.bus.meters() {
            meters.delivered.add(1, &[("stream", stream), ("outcome", word)]);
        }
    }
}

fn split(batch: Vec<Result<Message, pull::MessagesError>>) -> (Vec<Message>, Option<Cause>) {
    let mut failure = None;
    let keep = |delivered: Result<Message, pull::MessagesError>| {
        delivered.map_err(|error| failure = Some(Cause::from(error))).ok()
    };
    (batch.into_iter().filter_map(keep).collect(), failure)
}

fn delivery(message: &Message) -> Option<Delivery> {
    let info = message.info().ok()?;
    Some(Delivery {
        payload: message.payload.clone(),
        traceparent: traceparent(message),
        delivered: u32::try_from(info.delivered).unwrap_or(u32::MAX),
        sequence: info.stream_sequence,
    })
}

fn traceparent(message: &Message) -> String {
    let headers = message.headers.as_ref();
    headers.and_then(|headers| headers.get(trace::HEADER)).map(ToString::to_string).unwrap_or_default()
}

/// Tells the broker that work goes on, as long as it does: otherwise it would deliver the batch again.
async fn while_working<T>(work: impl Future<Output = T>, batch: &[Message]) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(ACK_WAIT / 3) => {
                for message in batch {
                    acknowledge(message, AckKind::Progress).await;
                }
            }
        }
    }
}

/// One that gets lost costs another delivery, no more.
async fn acknowledge(message: &Message, kind: AckKind) {
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(%error, "an acknowledgement didn't leave");
    }
}
