//! The runs of retention, on the log's own stream.

use super::{
    Malformed,
    field::{Checked, bytes, id},
};
use crate::event::v1::{RetentionApplied as WireApplied, RetentionRemoval};
use segnalalo_domain::{
    event::{Removal, RetentionApplied},
    id::TicketId,
};

pub(super) fn to_wire(applied: &RetentionApplied) -> WireApplied {
    let removal = |removal: &Removal| RetentionRemoval {
        rule: removal.rule.clone(),
        period: removal.period.clone(),
        keys: removal.keys,
        messages: removal.messages,
        attachments: removal.attachments,
        ticket_ids: removal.tickets.iter().map(|ticket| ticket.to_vec()).collect(),
    };
    WireApplied {
        day: applied.day.to_string(),
        rules_sha256: applied.rules.to_vec(),
        removals: applied.removals.iter().map(removal).collect(),
        complete: applied.complete,
    }
}

pub(super) fn from_wire(event: &WireApplied) -> Checked<RetentionApplied> {
    let tickets = |removal: &RetentionRemoval| {
        removal
            .ticket_ids
            .iter()
            .map(|ticket| id(ticket, TicketId::from_slice, "removals.ticket_ids"))
            .collect::<Checked<_>>()
    };
    let removal = |removal: &RetentionRemoval| {
        Ok(Removal {
            rule: removal.rule.clone(),
            period: removal.period.clone(),
            keys: removal.keys,
            messages: removal.messages,
            attachments: removal.attachments,
            tickets: tickets(removal)?,
        })
    };
    Ok(RetentionApplied {
        day: event.day.parse().map_err(|_| Malformed("day"))?,
        rules: bytes(&event.rules_sha256, "rules_sha256")?,
        removals: event.removals.iter().map(removal).collect::<Checked<_>>()?,
        complete: event.complete,
    })
}
