//! The box that personal data travels in. The rules carry it from commands to events and never open it.

use crate::id::PersonId;

/// How the payload is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Plain,
    Erased,
}

/// Personal data of one person, opaque to every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub scheme: Scheme,
    /// Whose key seals it; `None` when nobody knows who wrote.
    pub person: Option<PersonId>,
    pub payload: Vec<u8>,
}
