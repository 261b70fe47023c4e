//! Events of clients, on the log's own stream.

use super::{
    Malformed,
    field::{Checked, id, optional_bytes, optional_id, or_empty},
};
use crate::event::v1::{
    ClientAdded as WireAdded, ClientRevoked, PersonalDataRead as WireRead, envelope::Event as Wire,
};
use segnalalo_domain::{
    client::Right,
    event::{Access, ClientAdded, PersonalDataRead},
    id::{ClientId, TicketId},
    words::Office,
};

pub(super) fn to_wire(event: &Access) -> Wire {
    match event {
        Access::ClientAdded(added) => Wire::ClientAdded(WireAdded {
            client_id: added.client.to_vec(),
            name: added.name.clone(),
            token_sha256: added.token.map_or_else(Vec::new, |hash| hash.to_vec()),
            certificate_sha256: added.certificate.map_or_else(Vec::new, |hash| hash.to_vec()),
            offices: added.offices.iter().map(ToString::to_string).collect(),
            rights: added.rights.iter().map(ToString::to_string).collect(),
        }),
        Access::ClientRevoked { client, reason } => {
            Wire::ClientRevoked(ClientRevoked { client_id: client.to_vec(), reason: reason.clone() })
        }
        Access::PersonalDataRead(read) => Wire::PersonalDataRead(WireRead {
            client_id: or_empty(read.client, ClientId::to_vec),
            call: read.call.clone(),
            ticket_ids: read.tickets.iter().map(|ticket| ticket.to_vec()).collect(),
        }),
    }
}

/// A right of a newer version gives nothing here.
pub(super) fn from_wire(event: &Wire) -> Checked<Access> {
    match event {
        Wire::ClientAdded(added) => Ok(Access::ClientAdded(ClientAdded {
            client: id(&added.client_id, ClientId::from_slice, "client_id")?,
            name: added.name.clone(),
            token: optional_bytes(&added.token_sha256, "token_sha256")?,
            certificate: optional_bytes(&added.certificate_sha256, "certificate_sha256")?,
            offices: added.offices.iter().cloned().map(Office).collect(),
            rights: added.rights.iter().filter_map(|right| Right::from_code(right)).collect(),
        })),
        Wire::ClientRevoked(revoked) => Ok(Access::ClientRevoked {
            client: id(&revoked.client_id, ClientId::from_slice, "client_id")?,
            reason: revoked.reason.clone(),
        }),
        Wire::PersonalDataRead(read) => Ok(Access::PersonalDataRead(PersonalDataRead {
            client: optional_id(&read.client_id, ClientId::from_slice, "client_id")?,
            call: read.call.clone(),
            tickets: read
                .ticket_ids
                .iter()
                .map(|ticket| id(ticket, TicketId::from_slice, "ticket_ids"))
                .collect::<Checked<_>>()?,
        })),
        _ => Err(Malformed("stream")),
    }
}
