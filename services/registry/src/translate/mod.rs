//! From what other processes observed to what the registry decides on: ids hashed, personal data sealed. It decides
//! nothing.

mod detail;
mod inbound;
mod observed;

pub use inbound::{inbound, text_sha256};
pub use observed::observed;

use segnalalo_domain::{Timestamp, desk::Command, id::CauseId};

/// A command, and what it is known by.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// Handled once and never again.
    pub cause: CauseId,
    pub occurred_at: Timestamp,
    pub command: Command,
}

/// The observation isn't one: it is parked, with this reason. Nothing personal in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the bytes aren't the expected protobuf message")]
    NotProtobuf(#[source] prost::DecodeError),
    #[error("the field {0} is missing or malformed")]
    Field(&'static str),
    #[error("an observation of a kind that this version doesn't know")]
    UnknownKind,
}
