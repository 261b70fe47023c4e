//! Publishing, durable on return. A message alone goes at once; those that come while others are on their way go
//! together as one atomic batch: the same durability, one sync of the broker's disk for all of them. What may wait is
//! bounded, in messages and in bytes; beyond that the caller hears `Overloaded`. Nothing is tried again here: the
//! caller knows whether somebody else will (a platform that repeats its webhook).

use super::{
    Stream,
    commit::{self, MOST_BYTES, MOST_MESSAGES, Message},
};
use crate::{
    clock::monotonic,
    fault,
    telemetry::{Counter, Histogram, Metrics},
    trace,
};
use async_nats::{Client, HeaderMap, connection::State};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// The broker takes messages of 8 MB.
const MOST_PAYLOAD: usize = 8 * 1024 * 1024 - HEADROOM;
/// The headers' part of a message.
const HEADROOM: usize = 16 * 1024;
const MOST_WAITING: usize = 4096;
const MOST_WAITING_BYTES: usize = 64 * 1024 * 1024;
/// What a message costs beside its payload.
const OVERHEAD: usize = 256;
/// The broker takes 50 at once on a stream, of all who publish there.
const BATCHES_IN_FLIGHT: usize = 4;

#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// Too much is waiting already.
    #[error("too much is waiting to be published")]
    Overloaded,
    /// It isn't known to be on disk: treat it as if it weren't.
    #[error("the message isn't on the broker's disk")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// It will never be taken as it is.
    #[error("the message can't be published: {0}")]
    Unacceptable(&'static str),
}

/// Counts of publishers and queues.
#[derive(Clone)]
pub(super) struct Meters {
    pub published: Counter,
    pub commits: Histogram,
    pub delivered: Counter,
}

impl Meters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            published: metrics.counter("bus_published", "Messages published, by stream and outcome"),
            commits: metrics.histogram("bus_commit_seconds", "Time until the broker has a batch on disk, by stream"),
            delivered: metrics.counter("bus_delivered", "Messages taken from a work queue, by stream and outcome"),
        }
    }
}

/// Clones share one queue.
#[derive(Clone)]
pub struct Publisher {
    stream: Stream,
    client: Client,
    queue: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
}

/// Messages that stay together, in order.
struct Job {
    messages: Vec<Message>,
    bytes: usize,
    done: oneshot::Sender<Result<(), PublishError>>,
    _room: OwnedSemaphorePermit,
}

pub(super) fn start(stream: Stream, client: Client, meters: Option<Meters>) -> Publisher {
    let (queue, jobs) = mpsc::channel(MOST_WAITING);
    let sender = Sender { stream, client: client.clone(), meters };
    tokio::spawn(sender.run(jobs));
    Publisher { stream, client, queue, room: Arc::new(Semaphore::new(MOST_WAITING_BYTES)) }
}

impl Publisher {
    /// Durable on return. `traceparent` may be empty.
    pub async fn publish(&self, subject: &str, payload: Bytes, traceparent: &str) -> Result<(), PublishError> {
        self.publish_all(subject, vec![payload], traceparent).await
    }

    /// All of them, in this order, durable on return. After an error some may be, the first ones: all of them or none
    /// when they are at most 1000 and 4 MB.
    pub async fn publish_all(
        &self,
        subject: &str,
        payloads: Vec<Bytes>,
        traceparent: &str,
    ) -> Result<(), PublishError> {
        let headers = headers(traceparent);
        let message = |payload| Message { subject: subject.to_owned(), headers: headers.clone(), payload };
        self.publish_messages(payloads.into_iter().map(message).collect()).await
    }

    pub(super) async fn publish_messages(&self, messages: Vec<Message>) -> Result<(), PublishError> {
        for message in &messages {
            self.check(message)?;
        }
        let mut rest = messages.into_iter().peekable();
        while rest.peek().is_some() {
            let mut bytes = 0;
            let mut chunk = Vec::new();
            while let Some(message) = rest
                .next_if(|next| chunk.is_empty() || (chunk.len() < MOST_MESSAGES && bytes + cost(next) <= MOST_BYTES))
            {
                bytes += cost(&message);
                chunk.push(message);
            }
            self.submit(chunk, bytes).await?;
        }
        Ok(())
    }

    async fn submit(&self, messages: Vec<Message>, bytes: usize) -> Result<(), PublishError> {
        let permits = u32::try_from(bytes).map_err(|_| PublishError::Overloaded)?;
        let room = self.room.clone().try_acquire_many_owned(permits);
        let (done, outcome) = oneshot::channel();
        let job = Job { messages, bytes, done, _room: room.map_err(|_| PublishError::Overloaded)? };
        self.queue.try_send(job).map_err(|_| PublishError::Overloaded)?;
        outcome
            .await
            .unwrap_or_else(|_| Err(PublishError::Unavailable(Arc::from(super::Cause::from("the publisher is gone")))))
    }

    /// What would take those down with it that travel in the same batch.
    fn check(&self, message: &Message) -> Result<(), PublishError> {
        // Before the first connection the client knows only a default.
        let limit = match self.client.connection_state() {
            State::Connected => MOST_PAYLOAD.min(self.client.max_payload().saturating_sub(HEADROOM)),
            State::Pending | State::Disconnected => MOST_PAYLOAD,
        };
        if message.payload.len() > limit {
            return Err(PublishError::Unacceptable("it is larger than the broker takes"));
        }
        if !message.subject.starts_with(self.stream.prefix()) {
            return Err(PublishError::Unacceptable("its subject belongs to another stream"));
        }
        Ok(())
    }
}

fn cost(message: &Message) -> usize {
    message.payload.len() + OVERHEAD
}

pub(super) fn headers(traceparent: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !traceparent.is_empty() && !traceparent.contains(|letter: char| letter.is_control()) {
        headers.insert(trace::HEADER, traceparent);
    }
    headers
}

/// The task behind a publisher: gathers what waits, and has a bounded number of batches on their way.
#[derive(Clone)]
struct Sender {
    stream: Stream,
    client: Client,
    meters: Option<Meters>,
}

impl Sender {
    async fn run(self, mut jobs: mpsc::Receiver<Job>) {
        let in_flight = Arc::new(Semaphore::new(BATCHES_IN_FLIGHT));
        let mut carried = None;
        loop {
            let first = match carried.take() {
                Some(job) => job,
                None => match jobs.recv().await {
                    Some(job) => job,
                    None => return,
                },
            };
            let permit = in_flight.clone().acquire_owned().await;
            let (batch, left_over) = gather(first, &mut jobs);
            carried = left_over;
            let sender = self.clone();
            tokio::spawn(async move {
                sender.send(batch).await;
                drop(permit);
            });
        }
    }

    async fn send(self, batch: Vec<Job>) {
        let mut messages = Vec::new();
        let mut callers = Vec::with_capacity(batch.len());
        let mut room = Vec::with_capacity(batch.len());
        for job in batch {
            messages.extend(job.messages);
            callers.push(job.done);
            room.push(job._room);
        }
        let count = messages.len();
        let started = monotonic();
        fault::point("publish.before");
        let outcome = self.commit(messages).await;
        fault::point("publish.after");
        self.measure(count, started.elapsed().as_secs_f64(), outcome.is_ok());
        let outcome = outcome.map_err(|error| PublishError::Unavailable(Arc::new(error)));
        drop(room);
        for caller in callers {
            // Who has gone away doesn't hear it.
            let _ = caller.send(outcome.clone());
        }
    }

    async fn commit(&self, messages: Vec<Message>) -> Result<(), commit::Error> {
        if fault::mistaken("answered-before-the-broker-has-it") {
            let client = self.client.clone();
            tokio::spawn(async move { commit::commit(&client, messages, None).await });
            return Ok(());
        }
        commit::commit(&self.client, messages, None).await.map(|_| ())
    }

    fn measure(&self, count: usize, seconds: f64, stored: bool) {
        let Some(meters) = &self.meters else { return };
        let outcome = if stored { "stored" } else { "failed" };
        let stream = ("stream", self.stream.name());
        meters.published.add(count as u64, &[stream, ("outcome", outcome)]);
        meters.commits.record(seconds, &[stream]);
    }
}

/// The first and what waits behind it, as much as a batch takes; and the one that no longer fitted.
fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> (Vec<Job>, Option<Job>) {
    let (mut count, mut bytes) = (first.messages.len(), first.bytes);
    let mut batch = vec![first];
    while let Ok(job) = jobs.try_recv() {
        if count + job.messages.len() > MOST_MESSAGES || bytes + job.bytes > MOST_BYTES {
            return (batch, Some(job));
        }
        count += job.messages.len();
        bytes += job.bytes;
        batch.push(job);
    }
    (batch, None)
}
