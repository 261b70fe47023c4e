//! The registry's gRPC service: what operators, department systems and the notifier use. It translates; it decides
//! nothing.

mod command;
pub mod delivery_service;
mod history;
mod log_service;
mod media_service;
pub mod status;
pub mod ticket_service;
mod view;

pub use delivery_service::Delivery;
pub use log_service::Log;
pub use media_service::MediaDesk;
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
            .map_err(|error| Rejection::Invalid { field: "ticket.protocol", problem: format!("{error}") }),
    }
}
