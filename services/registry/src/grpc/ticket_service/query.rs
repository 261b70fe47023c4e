//! Lists and searches over the world in memory.

use super::{scope, view};
use crate::{grpc::access::Caller, world::World};
use segnalalo_domain::{
    Timestamp,
    id::{ReplyId, TicketId},
    rejection::Rejection,
    ticket::State,
};
use segnalalo_proto::{common::v1::TicketState, convert::channel_to_wire, registry::v1 as wire};

const DEFAULT_LIMIT: usize = 100;
const MOST: usize = 500;

/// # Errors
/// More than 500.
pub fn limit(wanted: u32) -> Result<usize, Rejection> {
    match wanted as usize {
        0 => Ok(DEFAULT_LIMIT),
        limit if limit <= MOST => Ok(limit),
        limit => Err(Rejection::Invalid { field: "limit", problem: format!("{limit} is more than {MOST}") }),
    }
}

/// Open tickets by their next deadline, then the rest; equal ones by arrival.
fn order(id: TicketId, state: &State) -> (Timestamp, Timestamp, TicketId) {
    let due = state.next_term().filter(|_| state.phase.is_open()).map_or(Timestamp::MAX, |term| term.deadline.due);
    (due, state.received_at, id)
}

pub fn list(
    world: &World,
    caller: &Caller,
    request: &wire::ListTicketsRequest,
) -> Result<wire::ListTicketsResponse, Rejection> {
    let size = limit(request.page_size)?;
    let from = match request.page_token.as_str() {
        "" => 0,
        token => token
            .parse::<usize>()
            .map_err(|_| Rejection::Invalid { field: "page_token", problem: "it isn't one of ours".to_owned() })?,
    };
    let states = request.states().collect::<Vec<TicketState>>();
    let mut found = world
        .desk
        .tickets
        .iter()
        .filter(|(_, state)| scope::sees(caller, state))
        .filter(|(_, state)| states.is_empty() || states.contains(&view::phase(state.phase)))
        .filter(|(_, state)| !request.open_only || state.phase.is_open())
        .filter(|(_, state)| {
            request.office.is_empty() || state.office.as_ref().is_some_and(|office| office.0 == request.office)
        })
        .collect::<Vec<_>>();
    found.sort_by_key(|(id, state)| order(**id, state));
    let total = found.len();
    let tickets = found.into_iter().skip(from).take(size).map(|(id, state)| view::ticket(*id, state, world)).collect();
    let next = from + size;
    Ok(wire::ListTicketsResponse {
        tickets,
        next_page_token: if next < total { next.to_string() } else { String::new() },
        total: u32::try_from(total).unwrap_or(u32::MAX),
    })
}

pub fn search(
    world: &World,
    caller: &Caller,
    request: &wire::SearchTicketsRequest,
) -> Result<wire::SearchTicketsResponse, Rejection> {
    let size = limit(request.limit)?;
    if request.query.trim().is_empty() {
        return Err(Rejection::Missing("query"));
    }
    let mut found = world
        .read
        .search(&request.query)
        .into_iter()
        .filter_map(|id| world.desk.tickets.get(&id).map(|state| (id, state)))
        .filter(|(_, state)| scope::sees(caller, state))
        .collect::<Vec<_>>();
    found.sort_by_key(|(id, state)| order(*id, state));
    let tickets = found.into_iter().take(size).map(|(id, state)| view::ticket(id, state, world)).collect();
    Ok(wire::SearchTicketsResponse { tickets })
}

/// Replies that need a person, with the position of the event that says why.
pub fn held(world: &World) -> Vec<(u64, wire::HeldReply)> {
    world.read.attention.iter().filter_map(|(reply, position)| Some((*position, known(world, *reply)?))).collect()
}

fn known(world: &World, id: ReplyId) -> Option<wire::HeldReply> {
    let conversation = world.desk.replies.get(&id)?;
    let state = world.desk.conversations.get(conversation)?;
    let reply = state.replies.get(&id)?;
    let ticket = reply.ticket.and_then(|ticket| world.desk.tickets.get(&ticket));
    Some(wire::HeldReply {
        reply_id: id.to_string(),
        conversation_id: conversation.to_string(),
        ticket_code: ticket.map(|ticket| ticket.code.clone()).unwrap_or_default(),
        channel: state.channel.map(channel_to_wire).unwrap_or_default(),
        template: reply.template.code().to_owned(),
        ..wire::HeldReply::default()
    })
}
