//! DEAD: what nobody could handle, with the reason, for a person to look at. It stays 30 days. Headers say where it came
//! from and why; the payload is as it was, so it may be put back.

use super::{Bus, Cause, Error, PublishError, Stream, commit::Message, publisher};
use crate::trace;
use async_nats::{
    HeaderMap,
    jetstream::{
        message::StreamMessage,
        stream::{DirectGetErrorKind, Stream as Handle},
    },
};
use bytes::Bytes;
use jiff::Timestamp;

const STREAM: &str = "Segnalalo-Stream";
const SUBJECT: &str = "Segnalalo-Subject";
const SEQUENCE: &str = "Segnalalo-Sequence";
const DELIVERED: &str = "Segnalalo-Delivered";
const REASON: &str = "Segnalalo-Reason";
const LONGEST_REASON: usize = 500;

/// What is parked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parked {
    /// The stream it came from: "INBOUND".
    pub stream: String,
    /// The subject it came on.
    pub subject: String,
    /// Its sequence there.
    pub sequence: u64,
    /// How often it was delivered.
    pub delivered: u32,
    /// Seen by operators: nothing personal.
    pub why: String,
    /// May be empty.
    pub traceparent: String,
    pub payload: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// In DEAD.
    pub sequence: u64,
    pub parked_at: Timestamp,
    pub parked: Parked,
}

#[derive(Clone)]
pub struct DeadLetters {
    bus: Bus,
}

impl DeadLetters {
    pub(super) fn new(bus: Bus) -> Self {
        Self { bus }
    }

    /// Durable on return.
    pub async fn park(&self, parked: Parked) -> Result<(), PublishError> {
        let subject = format!("{}{}", Stream::Dead.prefix(), parked.stream.to_lowercase());
        self.park_as(subject, parked).await
    }

    /// A record of EVENTS that a reader can't use: a letter that points to it, for the record stays. Durable on return;
    /// one for each reader and position, as long as the letter is kept.
    pub async fn park_record(&self, reader: &str, position: u64, why: &str) -> Result<(), Error> {
        let events = Stream::Events.name();
        let subject = format!("{}{}.{reader}.{position}", Stream::Dead.prefix(), events.to_lowercase());
        match self.stream().await?.direct_get_builder().last_by_subject(&*subject).send().await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => {}
            Err(error) => return Err(unavailable(error.into())),
        }
        let letter = Parked {
            stream: events.to_owned(),
            subject: format!("read by {reader}"),
            sequence: position,
            delivered: 1,
            why: why.to_owned(),
            ..Parked::default()
        };
        self.park_as(subject, letter).await.map_err(|error| unavailable(error.into()))
    }

    async fn park_as(&self, subject: String, parked: Parked) -> Result<(), PublishError> {
        let mut headers = publisher::headers(&parked.traceparent);
        headers.insert(STREAM, plain(&parked.stream));
        headers.insert(SUBJECT, plain(&parked.subject));
        headers.insert(SEQUENCE, parked.sequence.to_string());
        headers.insert(DELIVERED, parked.delivered.to_string());
        headers.insert(REASON, plain(&parked.why));
        let message = Message { subject, headers, payload: parked.payload };
        self.bus.publisher(Stream::Dead).publish_messages(vec![message]).await
    }

    /// The oldest ones.
    pub async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        let stream = self.stream().await?;
        let mut letters = Vec::new();
        let mut from = 1;
        while letters.len() < limit {
            let next = stream.direct_get_builder().sequence(from).next_by_subject("dead.>").send().await;
            match next {
                Ok(message) => {
                    from = message.sequence + 1;
                    letters.push(letter(message));
                }
                Err(error) if error.kind() == DirectGetErrorKind::NotFound => break,
                Err(error) => return Err(unavailable(error.into())),
            }
        }
        Ok(letters)
    }

    /// Puts it back where it came from and takes it out of DEAD. False when it isn't there, or came from a stream
    /// that nothing can be put back on.
    pub async fn replay(&self, sequence: u64) -> Result<bool, Error> {
        let Some(letter) = self.get(sequence).await? else {
            return Ok(false);
        };
        let back = [Stream::Inbound, Stream::Observed].into_iter().find(|to| to.name() == letter.parked.stream);
        let Some(to) = back else {
            return Ok(false);
        };
        let Parked { subject, payload, traceparent, .. } = letter.parked;
        let published = self.bus.publisher(to).publish(&subject, payload, &traceparent).await;
        published.map_err(|error| unavailable(error.into()))?;
        self.remove(sequence).await
    }

    /// False when it isn't there.
    pub async fn remove(&self, sequence: u64) -> Result<bool, Error> {
        if self.get(sequence).await?.is_none() {
            return Ok(false);
        }
        let removed = self.stream().await?.delete_message(sequence).await;
        removed.map_err(|error| unavailable(error.into()))
    }

    /// One of them, as it was parked.
    pub async fn get(&self, sequence: u64) -> Result<Option<DeadLetter>, Error> {
        match self.stream().await?.direct_get(sequence).await {
            Ok(message) => Ok(Some(letter(message))),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(error.into())),
        }
    }

    async fn stream(&self) -> Result<Handle<()>, Error> {
        let stream = self.bus.context().get_stream_no_info(Stream::Dead.name()).await;
        stream.map_err(|error| unavailable(error.into()))
    }
}

fn unavailable(cause: Cause) -> Error {
    Error::unavailable("read or change DEAD")(cause)
}

fn letter(message: StreamMessage) -> DeadLetter {
    let header = |name: &str| text(&message.headers, name);
    let parked = Parked {
        stream: header(STREAM),
        subject: header(SUBJECT),
        sequence: header(SEQUENCE).parse().unwrap_or_default(),
        delivered: header(DELIVERED).parse().unwrap_or_default(),
        why: header(REASON),
        traceparent: header(trace::HEADER),
        payload: message.payload,
    };
    DeadLetter {
        sequence: message.sequence,
        parked_at: Timestamp::from_nanosecond(message.time.unix_timestamp_nanos()).unwrap_or_default(),
        parked,
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(ToString::to_string).unwrap_or_default()
}

/// A header is one line.
fn plain(text: &str) -> String {
    let letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    letters.take(LONGEST_REASON).collect()
}
