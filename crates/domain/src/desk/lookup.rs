//! Finding a ticket by any of its names.

use super::Desk;
use crate::{id::TicketId, protocol::Cited, rejection::Rejection, ticket};

/// A name for a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketRef {
    Id(TicketId),
    /// Public code, in any case.
    Code(String),
    Protocol(Cited),
}

impl Desk {
    /// # Errors
    /// `UnknownTicket`, or `AmbiguousProtocol` when the year was left out and several years have the number.
    pub fn find(&self, name: &TicketRef) -> Result<(TicketId, &ticket::State), Rejection> {
        let id = match name {
            TicketRef::Id(id) => Ok(*id),
            TicketRef::Code(code) => {
                let wanted = code.trim().to_ascii_uppercase();
                self.codes.get(&wanted).copied().ok_or(Rejection::UnknownTicket(wanted))
            }
            TicketRef::Protocol(cited) => self.by_protocol(*cited),
        }?;
        let ticket = self.tickets.get(&id).ok_or_else(|| Rejection::UnknownTicket(id.to_string()))?;
        Ok((id, ticket))
    }

    fn by_protocol(&self, cited: Cited) -> Result<TicketId, Rejection> {
        let written = match cited.year {
            Some(year) => format!("{year}/{:07}", cited.number),
            None => format!("{:07}", cited.number),
        };
        match self.register.find(cited).as_slice() {
            [] => Err(Rejection::UnknownTicket(written)),
            [one] => Ok(*one),
            _ => Err(Rejection::AmbiguousProtocol(written)),
        }
    }

    /// The ticket that a merged one lives on in.
    pub(super) fn living(&self, id: TicketId) -> TicketId {
        let mut id = id;
        // A merge never points back (`BadMerge`), so this ends; the bound is there for logs that we didn't write.
        for _ in 0..64 {
            match self.tickets.get(&id).and_then(|ticket| ticket.merged_into) {
                Some(next) => id = next,
                None => break,
            }
        }
        id
    }
}
