//! Everything that is held on one person (GDPR art. 15): what he wrote, what was written to him, his tickets, and their
//! rows in the register. What other people wrote in the same thread isn't his.

use super::directory::Person;
use crate::{journal, world, world::World};
use segnalalo_domain::{
    event::{Event, Recorded, conversation::Event as Said, ticket::Event as TicketEvent},
    id::{MessageId, PersonId, TicketId},
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What of the world decides whose a record is: taken under the lock, read without it.
#[derive(Debug, Default)]
pub struct Extent {
    ids: BTreeSet<PersonId>,
    /// Records of the tickets in which he wrote, and the ticket of each.
    positions: BTreeMap<u64, TicketId>,
    opened: BTreeSet<TicketId>,
}

impl Extent {
    pub fn of(person: &Person, world: &World) -> Self {
        let entries = person.tickets.iter().filter_map(|id| Some((*id, world.read.entry_of(*id)?)));
        let positions = entries.flat_map(|(id, entry)| entry.positions.iter().map(move |position| (*position, id)));
        Self { ids: person.ids.clone(), positions: positions.collect(), opened: person.opened.clone() }
    }
}

/// His records' positions, in order, with the ticket that each belongs to.
///
/// # Errors
/// When the log can't be read.
pub fn positions(extent: &Extent, reader: &dyn journal::Reader) -> Result<Vec<(u64, Option<TicketId>)>, world::Error> {
    let mut own = HashSet::new();
    let mut found = Vec::new();
    world::scan(reader, |position, recorded| {
        let Some(recorded) = recorded else {
            return;
        };
        if let Event::Conversation(Said::MessageReceived { message, person: Some(person), .. }) = &recorded.event
            && extent.ids.contains(person)
        {
            own.insert(*message);
        }
        let ticket = extent.positions.get(&position).copied();
        if is_his(recorded, extent, &own, ticket.is_some_and(|ticket| extent.opened.contains(&ticket))) {
            found.push((position, ticket));
        }
    })?;
    Ok(found)
}

fn is_his(recorded: &Recorded, extent: &Extent, own: &HashSet<MessageId>, in_own_ticket: bool) -> bool {
    if let Some(message) = message_of(&recorded.event) {
        return own.contains(&message);
    }
    match recorded.event.sealed().and_then(|sealed| sealed.person) {
        Some(owner) => extent.ids.contains(&owner),
        None => in_own_ticket,
    }
}

/// The citizen's message that an event tells of.
fn message_of(event: &Event) -> Option<MessageId> {
    match event {
        Event::Conversation(
            Said::MessageReceived { message, .. }
            | Said::MessageEdited { message, .. }
            | Said::MessageRemoved { message, .. }
            | Said::MessageReacted { message, .. }
            | Said::MessageConcluded { message, .. }
            | Said::TriageGivenUp { message, .. }
            | Said::MessageRouted { message, .. },
        )
        | Event::Ticket(
            TicketEvent::MessageJoined { message }
            | TicketEvent::CitizenAnswered { message }
            | TicketEvent::EmergencyFlagged { message },
        ) => Some(*message),
        _ => None,
    }
}
