//! Every fact there is. Names are past tense; personal data stands in `Sealed` fields only.

mod access;
pub mod conversation;
mod register;
mod retention;
mod sealed_box;
pub mod ticket;

pub use access::{Access, ClientAdded, PersonalDataRead};
pub use register::{DayExport, EmergencyImport, EmergencyOpening, Register, Registration};
pub use retention::{Removal, RetentionApplied};

use crate::{
    id::{CauseId, ConversationId, EventId, KeyId, PersonId, TicketId},
    sealed::Sealed,
    words::{Actor, Channel},
};
use jiff::Timestamp;
use std::{fmt, str::FromStr};

/// The stream that an event belongs to: one for each aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    Log,
    Channel(Channel),
    Conversation(ConversationId),
    Ticket(TicketId),
    Register,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log => f.write_str("log"),
            Self::Channel(channel) => write!(f, "channel/{channel}"),
            Self::Conversation(id) => write!(f, "conversation/{id}"),
            Self::Ticket(id) => write!(f, "ticket/{id}"),
            Self::Register => f.write_str("register"),
        }
    }
}

/// The text names no stream.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no stream is called {0:?}")]
pub struct UnknownStream(pub String);

impl FromStr for Stream {
    type Err = UnknownStream;

    fn from_str(text: &str) -> Result<Self, UnknownStream> {
        let unknown = || UnknownStream(text.to_owned());
        match text.split_once('/') {
            None if text == "log" => Ok(Self::Log),
            None if text == "register" => Ok(Self::Register),
            Some(("channel", code)) => Channel::from_code(code).map(Self::Channel).ok_or_else(unknown),
            Some(("conversation", id)) => id.parse().map(Self::Conversation).map_err(|_| unknown()),
            Some(("ticket", id)) => id.parse().map(Self::Ticket).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}

/// One fact, of any aggregate.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Log(Log),
    Channel(ChannelEvent),
    Conversation(conversation::Event),
    Ticket(ticket::Event),
    Register(Register),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Log {
    /// The first record of every log: two logs are never taken for one another.
    Opened {
        log_id: [u8; 16],
        /// The keyring that locks its boxes; `None` in a log from before there was one.
        keyring: Option<[u8; 16]>,
    },
    /// An observation was handled and changed nothing: noted, so that it isn't handled again.
    ObservationNoted { reason: String },
    /// What these keys locked can't be read any more, here and in every copy (GDPR art. 17; or its time was over).
    KeysErased(KeysErased),
    /// Content whose time was over was erased: a step of a run. What it erased stands before it, in the same append.
    RetentionApplied(RetentionApplied),
    /// Deadlines are counted in this calendar from now on.
    CalendarAdopted {
        /// Counts up from 1.
        version: u32,
        /// Of `content`.
        sha256: [u8; 32],
        /// The city's file as it stood.
        content: String,
    },
    /// Clients, and what was read of people.
    Access(Access),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysErased {
    pub keys: Vec<KeyId>,
    /// The person who was erased as a whole.
    pub person: Option<PersonId>,
    /// The ticket whose content it was.
    pub ticket: Option<TicketId>,
    /// `request`, or the rule of retention.toml.
    pub rule: String,
    /// An operator's reason: an act or a number, nothing personal.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelEvent {
    /// Something that belongs to no conversation, kept for the operator to see.
    NoticeReceived { channel: Channel, subject: String, known: bool, sealed: Sealed },
}

/// An event with all that is known about it: what a record of the log says.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Place in the log, from 1; the sequence on EVENTS.
    pub position: u64,
    pub stream: Stream,
    /// Place in the stream, from 1.
    pub version: u64,
    pub event_id: EventId,
    pub cause: CauseId,
    /// What it began with: the conversation, when there is one.
    pub correlation: [u8; 16],
    pub actor: Actor,
    /// By the clock of him who saw it happen.
    pub occurred_at: Timestamp,
    /// By the registry's clock.
    pub recorded_at: Timestamp,
    /// W3C traceparent; may be empty.
    pub trace_parent: String,
    pub event: Event,
}
