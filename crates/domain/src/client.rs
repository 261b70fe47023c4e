//! The systems that may call the registry: a department's program, a desk. Each is bound to offices and rights; what it
//! identifies itself with stands here as a hash only.

use crate::{
    event::Access,
    id::ClientId,
    words::{Office, vocabulary},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

vocabulary! {
    /// What a client may do. Each but `Operator` holds for its own offices' tickets only.
    Right {
        /// Tickets and their history, without the words of people.
        Read = "read",
        /// An office's steps on a ticket: take in charge, ask, answer, feasible or not, resolve, send back, close, note.
        Act = "act",
        /// The URP's steps: reassign, not pertinent, merge, spam, reopen, annul a number.
        Coordinate = "coordinate",
        /// With `Read`: names, words, places, attachments. Each reading is recorded.
        PersonalData = "personal_data",
        /// Everything, of all offices: the log, persons, clients.
        Operator = "operator",
    }
}

/// Whose tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offices {
    All,
    These(BTreeSet<Office>),
}

impl Offices {
    /// Those of an event: none named means all.
    pub fn of(offices: &[Office]) -> Self {
        if offices.is_empty() { Self::All } else { Self::These(offices.iter().cloned().collect()) }
    }

    /// Whether a ticket of this office is one of theirs. What has no office is the URP's.
    pub fn have(&self, office: Option<&Office>) -> bool {
        match self {
            Self::All => true,
            Self::These(offices) => match office {
                Some(office) => offices.contains(office),
                None => offices.contains(&Office::urp()),
            },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub name: String,
    pub offices: Offices,
    pub rights: BTreeSet<Right>,
    /// SHA-256 of its token.
    pub token: Option<[u8; 32]>,
    /// SHA-256 of its certificate (DER).
    pub certificate: Option<[u8; 32]>,
    pub added_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl Client {
    pub fn is_active(&self) -> bool {
        self.revoked_at.is_none()
    }

    /// Whether these hashes are what it was given: who has a token and a certificate shows both.
    pub fn is_shown_by(&self, token: Option<[u8; 32]>, certificate: Option<[u8; 32]>) -> bool {
        let given = |own: Option<[u8; 32]>, shown: Option<[u8; 32]>| own.is_none_or(|own| shown == Some(own));
        given(self.token, token) && given(self.certificate, certificate)
    }

    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&Right::Operator) || self.rights.contains(&right)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    pub clients: BTreeMap<ClientId, Client>,
    /// Active ones, by token and by certificate.
    by_credential: HashMap<[u8; 32], ClientId>,
}

impl State {
    /// The active client that a token's or a certificate's SHA-256 belongs to.
    pub fn known_by(&self, credential: &[u8; 32]) -> Option<(ClientId, &Client)> {
        let id = *self.by_credential.get(credential)?;
        self.clients.get(&id).map(|client| (id, client))
    }

    /// The active client of a name.
    pub fn named(&self, name: &str) -> Option<(ClientId, &Client)> {
        let mut active = self.clients.iter().filter(|(_, client)| client.is_active());
        active.find(|(_, client)| client.name == name).map(|(id, client)| (*id, client))
    }

    pub fn is_active(&self, id: ClientId) -> bool {
        self.clients.get(&id).is_some_and(Client::is_active)
    }
}

/// The state after the event.
pub fn evolve(mut state: State, event: &Access, at: Timestamp) -> State {
    match event {
        Access::ClientAdded(added) => {
            for credential in [added.token, added.certificate].into_iter().flatten() {
                state.by_credential.insert(credential, added.client);
            }
            let client = Client {
                name: added.name.clone(),
                offices: Offices::of(&added.offices),
                rights: added.rights.iter().copied().collect(),
                token: added.token,
                certificate: added.certificate,
                added_at: at,
                revoked_at: None,
            };
            state.clients.insert(added.client, client);
        }
        Access::ClientRevoked { client, .. } => {
            state.by_credential.retain(|_, owner| owner != client);
            if let Some(client) = state.clients.get_mut(client) {
                client.revoked_at = Some(at);
            }
        }
        Access::PersonalDataRead(_) => {}
    }
    state
}
