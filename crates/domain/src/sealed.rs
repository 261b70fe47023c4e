//! The box that personal data travels in, and the keys that lock it. The rules carry boxes from commands to events and
//! never open them.
//!
//! A key belongs to one person and covers one `Scope`, so that a person can be erased as a whole and a ticket's words
//! when their time is over (docs/decisions/0016-keys-of-a-person.md).

use crate::{
    event::Stream,
    id::{ConversationId, KeyId, MessageId, PersonId, TicketId},
};
use jiff::civil::Date;

/// How the payload is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Not locked: only inside a process, on its way to the log.
    Plain,
    /// The key is gone, and with it the content.
    Erased,
    /// Encrypted under a key and bound to the place where it stands: elsewhere it doesn't open.
    Locked { key: KeyId, place: Place },
}

/// Where in the log a locked box stands. An event has one box at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub stream: Stream,
    /// Of the event in its stream.
    pub version: u64,
}

/// Personal data of one person, opaque to every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub scheme: Scheme,
    /// Whose key seals it; `None` when nobody knows who wrote.
    pub person: Option<PersonId>,
    pub payload: Vec<u8>,
}

impl Sealed {
    /// A box whose key is gone.
    pub fn erased(person: Option<PersonId>) -> Self {
        Self { scheme: Scheme::Erased, person, payload: Vec::new() }
    }

    /// The key that locks it.
    pub fn key(&self) -> Option<KeyId> {
        match self.scheme {
            Scheme::Locked { key, .. } => Some(key),
            Scheme::Plain | Scheme::Erased => None,
        }
    }
}

/// What one key covers, and so what is erased together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A citizen's message: as received and edited, and what triage read in it.
    Message(MessageId),
    /// What the city told him, of a ticket or of none.
    Dialogue(ConversationId, Option<TicketId>),
    /// What operators wrote in a ticket.
    Ticket(TicketId),
    /// The sender in the protocol register.
    Register(PersonId),
    /// What a platform told us on one day (UTC) that belongs to no conversation.
    Notices(Date),
    /// A message's attachments.
    Media(MessageId),
}

/// Whose key locks a box, and which one of his.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// A person, or a stand-in for the one whom nobody knows.
    pub owner: PersonId,
    pub scope: Scope,
}
