//! Who may call the registry, and who read what about people.

use crate::{
    client::Right,
    id::{ClientId, TicketId},
    words::Office,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    ClientAdded(ClientAdded),
    ClientRevoked {
        client: ClientId,
        reason: String,
    },
    /// Names, words or places were handed out. The event's actor says to whom.
    PersonalDataRead(PersonalDataRead),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAdded {
    pub client: ClientId,
    pub name: String,
    /// SHA-256; the token itself is kept nowhere.
    pub token: Option<[u8; 32]>,
    /// SHA-256 of a certificate (DER).
    pub certificate: Option<[u8; 32]>,
    /// Empty: all.
    pub offices: Vec<Office>,
    pub rights: Vec<Right>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalDataRead {
    /// `None`: the operator, who has the master key.
    pub client: Option<ClientId>,
    /// The call's name in snake case: `get_history`.
    pub call: String,
    /// Of which tickets; empty when the call isn't about tickets.
    pub tickets: Vec<TicketId>,
}
