//! The registry's gRPC service: what operators, department systems and the notifier use. It translates; it decides
//! nothing.

pub mod access;
mod client_service;
mod command;
pub mod delivery_service;
mod history;
mod listening;
mod log_service;
mod media_service;
pub mod person_service;
mod register_service;
mod retention_service;
mod scope;
pub mod status;
pub mod ticket_service;
mod view;

pub use client_service::ClientDesk;
pub use delivery_service::Delivery;
pub use listening::{LARGEST_REQUEST, listening};
pub use log_service::Log;
pub use media_service::MediaDesk;
pub use person_service::Persons;
pub use register_service::Registers;
pub use retention_service::RetentionDesk;
pub use ticket_service::Tickets;

use segnalalo_domain::{desk::TicketRef, rejection::Rejection};
use segnalalo_proto::registry::v1::{self as wire, ticket_ref::By};

/// A ticket's name from the wire.
fn ticket_ref(name: Option<&wire::TicketRef>) -> Result<TicketRef, Rejection> {
    match name.and_then(|name| name.by.as_ref()) {
        None => Err(Rejection::Missing("ticket")),
        Some(By::TicketId(id)) => id
            .parse()
            .map(TicketRef::Id)
            .map_err(|error| Rejection::Invalid { field: "ticket.ticket_id", problem: format!("{error}") }),
        Some(By::Code(code)) => Ok(TicketRef::Code(code.clone())),
        Some(By::Protocol(number)) => number
            .parse()
            .map(TicketRef::Protocol)
            .or_else(|error| number.parse().map(TicketRef::ByHand).map_err(|_| error))
            .map_err(|error| Rejection::Invalid { field: "ticket.protocol", problem: format!("{error}") }),
    }
}
