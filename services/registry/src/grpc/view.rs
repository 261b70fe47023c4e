//! Tickets as the wire shows them.

use crate::world::World;
use segnalalo_domain::{
    id::TicketId,
    ticket::{Paused, Phase, State, Term},
    words::Office,
};
use segnalalo_proto::{
    common::v1::TicketState,
    convert::{channel_to_wire, kind_to_wire, urgency_to_wire},
    registry::v1 as wire,
    time,
};

pub fn ticket(id: TicketId, state: &State, world: &World) -> wire::Ticket {
    let entry = world.read.entry_of(id);
    wire::Ticket {
        ticket_id: id.to_string(),
        code: state.code.clone(),
        protocol: state.protocol.map(|number| number.to_string()).unwrap_or_default(),
        protocol_annulled: state.annulled,
        state: phase(state.phase) as i32,
        channel: channel_to_wire(state.channel),
        public: state.public,
        classified: state.classification.kind.is_some(),
        kind: state.classification.kind.map(kind_to_wire).unwrap_or_default(),
        office: office(state.office.as_ref()),
        second_office: office(state.classification.second_office.as_ref()),
        confidence: state.classification.confidence,
        urgency: urgency_to_wire(state.classification.urgency),
        received_at: Some(time::to_wire(state.received_at)),
        deadlines: state.terms.iter().map(deadline).chain(state.paused.iter().map(paused)).collect(),
        expected_by: state.expected_by.map(|date| date.to_string()).unwrap_or_default(),
        version: state.version,
        conversation_id: state.conversation.to_string(),
        merged_into: state.merged_into.map(|id| id.to_string()).unwrap_or_default(),
        place: entry.map(|entry| entry.place.clone()).unwrap_or_default(),
        summary: entry.map(|entry| entry.summary.clone()).unwrap_or_default(),
        emergency: state.emergency,
    }
}

fn office(office: Option<&Office>) -> String {
    office.map(ToString::to_string).unwrap_or_default()
}

fn deadline(term: &Term) -> wire::Deadline {
    wire::Deadline {
        name: term.deadline.name.code().to_owned(),
        due: Some(time::to_wire(term.deadline.due)),
        done: term.done,
        rung: term.rung.map(|rung| rung.code().to_owned()).unwrap_or_default(),
        rule: term.deadline.rule.clone(),
        met_at: term.met_at.map(time::to_wire),
        late_seconds: term.late_by().map(|late| late.as_secs()).unwrap_or_default(),
        paused: false,
        left_seconds: 0,
        version: term.deadline.version,
        calendar: term.deadline.calendar,
    }
}

fn paused(stopped: &Paused) -> wire::Deadline {
    wire::Deadline { paused: true, left_seconds: stopped.left_seconds, ..deadline(&stopped.term) }
}

pub fn phase(phase: Phase) -> TicketState {
    match phase {
        Phase::Received => TicketState::Received,
        Phase::TakenInCharge => TicketState::TakenInCharge,
        Phase::AwaitingCitizen => TicketState::AwaitingCitizen,
        Phase::Feasible => TicketState::Feasible,
        Phase::NotFeasible => TicketState::NotFeasible,
        Phase::Answered => TicketState::Answered,
        Phase::SentBack => TicketState::SentBack,
        Phase::NotPertinent => TicketState::NotPertinent,
        Phase::Resolved => TicketState::Resolved,
        Phase::Closed => TicketState::Closed,
        Phase::Reopened => TicketState::Reopened,
        Phase::Merged => TicketState::Merged,
        Phase::Spam => TicketState::Spam,
    }
}
