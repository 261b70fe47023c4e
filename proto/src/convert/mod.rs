//! The only place where the domain's events meet their form on the wire. Every event can be written; what is read is
//! checked field by field. An event that this program doesn't know (a newer one wrote it) is `Error::Unknown`: the
//! reader parks it, it is never fatal and never skipped in silence. Old versions are brought up to date in `schema`.

mod access;
mod channel;
mod conversation;
mod field;
mod register;
mod retention;
pub mod schema;
mod sealed;
mod ticket;
pub mod time;
mod triage;
mod words;

pub use self::words::*;

use crate::{
    event::v1::{Envelope, envelope::Event as Wire},
    record,
};
use field::{Checked, bytes, id};
use segnalalo_domain::{
    event::{Event, Recorded, Stream},
    id::{CauseId, EventId},
};

/// The field that is missing or doesn't hold what it must. What it held is never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the field {0} is missing or malformed")]
pub struct Malformed(pub &'static str);

/// An event of a kind, or of a version, that this program doesn't know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEvent {
    pub position: u64,
    /// As it stands in the envelope.
    pub stream: String,
    pub schema_version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// To be parked: an update of the program will read it.
    #[error(
        "the event at position {} of stream {} has a kind or version ({}) that this program doesn't know",
        .0.position, .0.stream, .0.schema_version
    )]
    Unknown(UnknownEvent),
    /// Never written by us: the sender is wrong, or the bytes are.
    #[error("the event at position {position} is malformed: {field}")]
    Malformed { position: u64, field: &'static str },
}

/// Why a record's bytes say nothing to this program.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the record's frame is damaged")]
    Frame(#[from] record::Error),
    #[error("the record's event isn't understood")]
    Event(#[from] Error),
}

/// A record of the log, or a message on EVENTS, as the fact that it carries.
pub fn read(bytes: &[u8]) -> Result<Recorded, ReadError> {
    Ok(from_wire(record::decode(bytes)?.envelope)?)
}

/// The event as it goes to the log. Total: a stream that doesn't fit the event is found when it is read back, which
/// the journal does before it writes.
pub fn to_wire(recorded: &Recorded) -> Envelope {
    let event = event_to_wire(&recorded.stream, &recorded.event);
    Envelope {
        position: recorded.position,
        stream: recorded.stream.to_string(),
        version: recorded.version,
        event_id: recorded.event_id.to_vec(),
        causation_id: recorded.cause.to_vec(),
        correlation_id: recorded.correlation.to_vec(),
        actor: Some(actor_to_wire(&recorded.actor)),
        occurred_at: Some(time::to_wire(recorded.occurred_at)),
        recorded_at: Some(time::to_wire(recorded.recorded_at)),
        schema_version: schema::version(&event),
        trace_parent: recorded.trace_parent.clone(),
        event: Some(event),
    }
}

/// The event that an envelope carries, in its newest version.
pub fn from_wire(envelope: Envelope) -> Result<Recorded, Error> {
    let position = envelope.position;
    let unknown = |stream: String, schema_version| Error::Unknown(UnknownEvent { position, stream, schema_version });
    let Some(event) = envelope.event else {
        return Err(unknown(envelope.stream, envelope.schema_version));
    };
    let Some(event) = schema::upcast(event, envelope.schema_version) else {
        return Err(unknown(envelope.stream, envelope.schema_version));
    };
    let envelope = Envelope { event: None, ..envelope };
    checked(&envelope, &event).map_err(|Malformed(field)| Error::Malformed { position, field })
}

fn checked(envelope: &Envelope, event: &Wire) -> Checked<Recorded> {
    let stream: Stream = envelope.stream.parse().map_err(|_| Malformed("stream"))?;
    if envelope.position == 0 {
        return Err(Malformed("position"));
    }
    if envelope.version == 0 {
        return Err(Malformed("version"));
    }
    let mut fact = event_from_wire(&stream, event)?;
    sealed::put_in_place(&mut fact, stream, envelope.version);
    Ok(Recorded {
        position: envelope.position,
        version: envelope.version,
        event_id: id(&envelope.event_id, EventId::from_slice, "event_id")?,
        cause: id(&envelope.causation_id, CauseId::from_slice, "causation_id")?,
        correlation: bytes(&envelope.correlation_id, "correlation_id")?,
        actor: envelope.actor.as_ref().and_then(actor_from_wire).ok_or(Malformed("actor"))?,
        occurred_at: time::required(&envelope.occurred_at, "occurred_at")?,
        recorded_at: time::required(&envelope.recorded_at, "recorded_at")?,
        trace_parent: envelope.trace_parent.clone(),
        event: fact,
        stream,
    })
}

/// The aggregate's id stands in the stream and, for readers of the payload alone, in the event as well.
fn event_to_wire(stream: &Stream, event: &Event) -> Wire {
    let own = match stream {
        Stream::Conversation(id) => id.to_vec(),
        Stream::Ticket(id) => id.to_vec(),
        Stream::Log | Stream::Channel(_) | Stream::Register => Vec::new(),
    };
    match event {
        Event::Log(event) => channel::log_to_wire(event),
        Event::Channel(event) => channel::to_wire(event),
        Event::Conversation(event) => conversation::to_wire(own, event),
        Event::Ticket(event) => ticket::to_wire(own, event),
        Event::Register(event) => register::to_wire(event),
    }
}

/// The stream says which aggregate reads it: an event of another one is malformed there.
fn event_from_wire(stream: &Stream, event: &Wire) -> Checked<Event> {
    match stream {
        Stream::Log => channel::log_from_wire(event).map(Event::Log),
        Stream::Channel(own) => channel::from_wire(*own, event).map(Event::Channel),
        Stream::Conversation(own) => conversation::from_wire(*own, event).map(Event::Conversation),
        Stream::Ticket(own) => ticket::from_wire(*own, event).map(Event::Ticket),
        Stream::Register => register::from_wire(event).map(Event::Register),
    }
}
