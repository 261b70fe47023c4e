//! Finding a ticket by any of its names.

use super::Desk;
use crate::{
    client::Offices,
    id::TicketId,
    protocol::{Cited, EmergencyNumber},
    rejection::Rejection,
    ticket,
};

/// A name for a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketRef {
    Id(TicketId),
    /// Public code, in any case.
    Code(String),
    Protocol(Cited),
    /// The number that it had while the system was down.
    ByHand(EmergencyNumber),
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
            TicketRef::ByHand(number) => {
                self.register.find_emergency(*number).ok_or_else(|| Rejection::UnknownTicket(number.to_string()))
            }
        }?;
        let ticket = self.tickets.get(&id).ok_or_else(|| Rejection::UnknownTicket(id.to_string()))?;
        Ok((id, ticket))
    }

    /// As `find`, for who sees these offices' tickets only: the others aren't there, and aren't counted.
    ///
    /// # Errors
    /// As `find`; in the same words for a foreign ticket as for none.
    pub fn find_within(&self, name: &TicketRef, offices: &Offices) -> Result<(TicketId, &ticket::State), Rejection> {
        if *offices == Offices::All {
            return self.find(name);
        }
        let own = |id: &TicketId| self.tickets.get(id).filter(|ticket| offices.have(ticket.office.as_ref()));
        if let TicketRef::Protocol(cited) = name {
            let ids = self.register.find(*cited);
            let mut found = ids.iter().filter_map(|id| Some((*id, own(id)?)));
            return match (found.next(), found.next()) {
                (Some(one), None) => Ok(one),
                (None, _) => Err(Rejection::UnknownTicket(written(*cited))),
                (Some(_), Some(_)) => Err(Rejection::AmbiguousProtocol(written(*cited))),
            };
        }
        let (id, ticket) = self.find(name)?;
        if own(&id).is_some() {
            return Ok((id, ticket));
        }
        Err(Rejection::UnknownTicket(match name {
            TicketRef::Code(code) => code.trim().to_ascii_uppercase(),
            TicketRef::ByHand(number) => number.to_string(),
            TicketRef::Id(_) | TicketRef::Protocol(_) => id.to_string(),
        }))
    }

    fn by_protocol(&self, cited: Cited) -> Result<TicketId, Rejection> {
        let written = written(cited);
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

fn written(cited: Cited) -> String {
    match cited.year {
        Some(year) => format!("{year}/{:07}", cited.number),
        None => format!("{:07}", cited.number),
    }
}
