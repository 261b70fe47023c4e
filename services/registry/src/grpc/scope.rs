//! What of the world a caller sees: his offices' tickets, and people's words only with that right.

use super::{access::Caller, history, ticket_ref, view};
use crate::world::World;
use segnalalo_domain::{
    client::{Offices, Right},
    desk::{Desk, TicketRef},
    event::{
        Event, Log, Recorded, Register, Stream,
        conversation::{Event as Said, Route},
    },
    id::{ConversationId, MessageId, TicketId},
    rejection::Rejection,
    ticket::State,
};
use segnalalo_proto::{convert, event_name, registry::v1 as wire};

/// The ticket, if the caller may see it.
///
/// # Errors
/// `UnknownTicket`, in the same words for a foreign one.
pub fn find<'a>(world: &'a World, caller: &Caller, name: &TicketRef) -> Result<(TicketId, &'a State), Rejection> {
    world.desk.find_within(name, &caller.offices)
}

/// The same, as the wire shows it.
///
/// # Errors
/// As `find`, and a name that is none.
pub fn ticket(world: &World, caller: &Caller, name: Option<&wire::TicketRef>) -> Result<wire::Ticket, Rejection> {
    let (id, state) = find(world, caller, &ticket_ref(name)?)?;
    Ok(view::ticket(id, state, world))
}

/// The ticket of a message, if the caller may see it; `None` for a message without one, which no office's is.
///
/// # Errors
/// `UnknownMessage`, in the same words for a foreign one.
pub fn ticket_of_message(
    world: &World,
    caller: &Caller,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Option<TicketId>, Rejection> {
    let state = world.desk.conversations.get(&conversation).ok_or(Rejection::UnknownMessage)?;
    let ticket = *state.messages.get(&message).ok_or(Rejection::UnknownMessage)?;
    let own = match ticket.and_then(|ticket| world.desk.tickets.get(&ticket)) {
        Some(state) => sees(caller, state),
        None => caller.offices == Offices::All,
    };
    if own { Ok(ticket) } else { Err(Rejection::UnknownMessage) }
}

pub fn sees(caller: &Caller, state: &State) -> bool {
    caller.offices.have(state.office.as_ref())
}

/// Without what people wrote.
pub fn masked(ticket: wire::Ticket) -> wire::Ticket {
    wire::Ticket { summary: String::new(), place: String::new(), ..ticket }
}

/// An entry for who may not read people's words: that there were some is said.
pub fn masked_entry(record: &[u8]) -> wire::HistoryEntry {
    let mut entry = history::entry(record, &segnalalo_proto::sealed::NoKeys);
    if entry.facts.get("content").is_some_and(|content| content == "unreadable") {
        entry.facts.insert("content".to_owned(), "hidden".to_owned());
    }
    for personal in ["attachments", "raw", "place", "because"] {
        entry.facts.remove(personal);
    }
    wire::HistoryEntry { text: String::new(), author: String::new(), ..entry }
}

/// A record as a watcher gets it; `None`: it isn't his.
pub fn watched(world: &World, caller: &Caller, position: u64, record: &[u8]) -> Option<wire::WatchResponse> {
    let all = caller.may(Right::Operator);
    let plain = || wire::WatchResponse { position, record: record.to_vec(), ..wire::WatchResponse::default() };
    let Ok(recorded) = convert::read(record) else {
        return all.then(plain);
    };
    let ticket = about(&recorded, &world.desk);
    let own = ticket.is_some_and(|ticket| world.read.was_of(ticket, position, &caller.offices));
    (all || own).then(|| wire::WatchResponse {
        event: event_name(&recorded.event).to_owned(),
        ticket_id: ticket.map(|ticket| ticket.to_string()).unwrap_or_default(),
        event_id: recorded.event_id.to_vec(),
        ..plain()
    })
}

/// The ticket that an event is about. What was said before it belonged to one is about none: `message_routed` follows.
fn about(recorded: &Recorded, desk: &Desk) -> Option<TicketId> {
    match (&recorded.stream, &recorded.event) {
        (Stream::Ticket(id), _) => Some(*id),
        (Stream::Conversation(id), Event::Conversation(said)) => said_about(*id, said, desk),
        (_, Event::Register(Register::NumberAssigned { ticket, .. } | Register::NumberAnnulled { ticket, .. })) => {
            Some(*ticket)
        }
        (_, Event::Log(Log::KeysErased(erased))) => erased.ticket,
        _ => None,
    }
}

fn said_about(id: ConversationId, said: &Said, desk: &Desk) -> Option<TicketId> {
    let state = desk.conversations.get(&id)?;
    match said {
        Said::MessageRouted { route, .. } => match route {
            Route::OpenedTicket(ticket) | Route::JoinedTicket(ticket) => Some(*ticket),
            Route::StatusAnswered(ticket) | Route::QuestionAsked(ticket) | Route::Noted(ticket) => *ticket,
        },
        Said::MessageEdited { message, .. }
        | Said::MessageRemoved { message, .. }
        | Said::MessageReacted { message, .. } => state.messages.get(message).copied().flatten(),
        Said::ReplyRequested { ticket, .. } => *ticket,
        Said::SendAttempted { reply, .. }
        | Said::SendAccepted { reply, .. }
        | Said::SendRefused { reply, .. }
        | Said::SendUnknown { reply, .. }
        | Said::ReplyHeld { reply, .. }
        | Said::ReplyDropped { reply, .. }
        | Said::DeliveryReported { reply, .. } => state.replies.get(reply)?.ticket,
        _ => None,
    }
}
