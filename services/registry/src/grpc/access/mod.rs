//! Who calls, and what he may do. Nobody enters without a token or a certificate, but for health.
//!
//! | file | holds |
//! |---|---|
//! | `methods` | the table: what each call needs |
//! | `gate` | the layer in front of all services: who it is, whether he may, how fast, how long |
//! | `audit` | what was read of people, as facts in the log |
//! | `pace` | calls of a client in a second |

mod audit;
mod gate;
mod methods;
mod pace;

pub use audit::Audit;
pub use gate::Gate;

use super::status;
use segnalalo_domain::{
    client::{Offices, Right},
    id::ClientId,
    words::{Actor, ActorType},
};
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::Semaphore;
use tonic::{Request, Status};

/// Open watches of one client.
pub const WATCHES: usize = 16;

/// Whoever calls, as handlers need to know him.
#[derive(Debug, Clone)]
pub struct Caller {
    pub who: Who,
    /// The client's name, or "operator".
    pub name: String,
    pub offices: Offices,
    rights: BTreeSet<Right>,
    /// The person at the client's side, when it says so: for the audit only.
    pub person: String,
    pub watches: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Has the master key, or a token made of it.
    Operator,
    /// The process that sends.
    Notifier,
    Client(ClientId),
}

impl Caller {
    fn inside(who: Who, person: String) -> Self {
        let (name, rights) = match who {
            Who::Operator => ("operator", BTreeSet::from([Right::Operator])),
            _ => ("notifier", BTreeSet::new()),
        };
        let watches = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Self { who, name: name.to_owned(), offices: Offices::All, rights, person, watches }
    }

    /// As the gate found him.
    ///
    /// # Errors
    /// The gate was left out: a fault of ours, and nobody enters.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| status::unauthenticated("nobody looked who calls"))
    }

    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&Right::Operator) || self.rights.contains(&right)
    }

    pub fn client(&self) -> Option<ClientId> {
        match self.who {
            Who::Client(id) => Some(id),
            Who::Operator | Who::Notifier => None,
        }
    }

    /// Who acts, in the log: a client can't borrow another's name. An operator is who he says he is.
    pub fn acting(&self, claimed: Actor) -> Actor {
        if self.client().is_none() || self.may(Right::Operator) {
            return claimed;
        }
        let kind = if claimed.kind == ActorType::Person { ActorType::Person } else { ActorType::OfficeSystem };
        Actor { kind, name: self.signed(&claimed.name) }
    }

    /// Who reads, in the log.
    pub fn reading(&self) -> Actor {
        match self.who {
            Who::Client(_) => Actor { kind: ActorType::OfficeSystem, name: self.signed(&self.person) },
            _ if self.person.is_empty() => Actor { kind: ActorType::Person, name: self.name.clone() },
            _ => Actor { kind: ActorType::Person, name: self.person.clone() },
        }
    }

    fn signed(&self, person: &str) -> String {
        match person.trim() {
            "" => self.name.clone(),
            person if person == self.name => self.name.clone(),
            person => format!("{}/{person}", self.name),
        }
    }
}
