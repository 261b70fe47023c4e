//! Events of the protocol register.

use super::{
    Malformed,
    field::{Checked, counted, id},
};
use crate::event::v1::{self as wire, NumberAnnulled, NumberAssigned, envelope::Event as Wire};
use segnalalo_domain::{event::Register, id::TicketId, protocol::ProtocolNumber};

pub(super) fn to_wire(event: &Register) -> Wire {
    match event {
        Register::NumberAssigned { protocol, ticket, subject } => Wire::NumberAssigned(NumberAssigned {
            protocol: Some(protocol_to_wire(*protocol)),
            ticket_id: ticket.to_vec(),
            subject: subject.clone(),
        }),
        Register::NumberAnnulled { protocol, ticket, reason, act } => Wire::NumberAnnulled(NumberAnnulled {
            protocol: Some(protocol_to_wire(*protocol)),
            ticket_id: ticket.to_vec(),
            reason: reason.clone(),
            act: act.clone(),
        }),
    }
}

pub(super) fn from_wire(event: &Wire) -> Checked<Register> {
    match event {
        Wire::NumberAssigned(event) => Ok(Register::NumberAssigned {
            protocol: protocol_from_wire(&event.protocol)?,
            ticket: id(&event.ticket_id, TicketId::from_slice, "ticket_id")?,
            subject: event.subject.clone(),
        }),
        Wire::NumberAnnulled(event) => Ok(Register::NumberAnnulled {
            protocol: protocol_from_wire(&event.protocol)?,
            ticket: id(&event.ticket_id, TicketId::from_slice, "ticket_id")?,
            reason: event.reason.clone(),
            act: event.act.clone(),
        }),
        _ => Err(Malformed("stream")),
    }
}

pub(super) fn protocol_to_wire(protocol: ProtocolNumber) -> wire::ProtocolNumber {
    wire::ProtocolNumber { year: protocol.year.into(), number: protocol.number }
}

pub(super) fn protocol_from_wire(protocol: &Option<wire::ProtocolNumber>) -> Checked<ProtocolNumber> {
    let protocol = protocol.as_ref().ok_or(Malformed("protocol"))?;
    Ok(ProtocolNumber {
        year: u16::try_from(protocol.year).map_err(|_| Malformed("protocol.year"))?,
        number: counted(protocol.number, "protocol.number")?,
    })
}
