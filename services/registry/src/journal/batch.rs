//! What is appended together.

use segnalalo_domain::{
    Timestamp,
    event::{Event, KeysErased, Log, Stream},
    id::{CauseId, EventId, KeyId},
    words::Actor,
};

/// An event before it has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub stream: Stream,
    pub event_id: EventId,
    pub correlation: [u8; 16],
    pub actor: Actor,
    pub occurred_at: Timestamp,
    pub event: Event,
}

/// One decision: all of its events or none.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Remembered for good: a second batch of the same cause is refused.
    pub cause: CauseId,
    pub recorded_at: Timestamp,
    /// W3C traceparent; may be empty.
    pub trace_parent: String,
    /// The versions that the decision was made on. Streams that aren't named are appended to as they are.
    pub expected: Vec<(Stream, u64)>,
    /// At least one: otherwise nothing would remember the cause.
    pub events: Vec<NewEvent>,
}

impl Batch {
    /// The first batch of every log, and only the first. `log_id` is drawn at random by the caller.
    pub fn opening(log_id: [u8; 16], now: Timestamp) -> Self {
        let cause = CauseId::derived(&[b"log opened", &log_id]);
        Self {
            cause,
            recorded_at: now,
            trace_parent: String::new(),
            expected: vec![(Stream::Log, 0)],
            events: vec![NewEvent {
                stream: Stream::Log,
                event_id: EventId::derived(&[&cause.0, &0_u64.to_be_bytes()]),
                correlation: log_id,
                actor: Actor::rule("registry"),
                occurred_at: now,
                event: Event::Log(Log::Opened { log_id, keyring: None }),
            }],
        }
    }

    /// Says again what a log that was restored from before it doesn't know.
    pub fn erased_again(keys: Vec<KeyId>, now: Timestamp) -> Self {
        let parts = keys.iter().map(|key| key.0.as_slice()).collect::<Vec<_>>();
        let cause = CauseId::derived(&[&[b"erased again".as_slice()], parts.as_slice()].concat());
        let erased = KeysErased {
            keys,
            person: None,
            ticket: None,
            rule: "restored".to_owned(),
            reason: "erased before; the log was restored from a backup".to_owned(),
        };
        Self {
            cause,
            recorded_at: now,
            trace_parent: String::new(),
            expected: Vec::new(),
            events: vec![NewEvent {
                stream: Stream::Log,
                event_id: EventId::derived(&[&cause.0, &0_u64.to_be_bytes()]),
                correlation: cause.0,
                actor: Actor::rule("registry"),
                occurred_at: now,
                event: Event::Log(Log::KeysErased(erased)),
            }],
        }
    }

    /// An opening that names the keyring which locks the log's boxes.
    #[must_use]
    pub fn locked_by(mut self, id: [u8; 16]) -> Self {
        for event in &mut self.events {
            if let Event::Log(Log::Opened { keyring, .. }) = &mut event.event {
                *keyring = Some(id);
            }
        }
        self
    }
}
