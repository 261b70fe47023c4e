//! Terms that came near or went by, as sla-clock observed them. The ticket has the last word on whether it still runs.

use super::{Decision, Desk};
use crate::{
    event::ticket::{CloseReason, Event},
    id::TicketId,
    sla::{DeadlineName, Rung},
    ticket::Phase,
    words::Actor,
};
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachDeadline {
    pub ticket: TicketId,
    pub deadline: DeadlineName,
    pub version: u32,
    pub rung: Rung,
    pub due_at: Timestamp,
}

pub(super) fn reach(desk: &Desk, reached: &ReachDeadline) -> Decision {
    let Some(ticket) = desk.tickets.get(&reached.ticket) else {
        return Decision::none("ticket_unknown");
    };
    let Some(term) = ticket.term(reached.deadline) else {
        return Decision::none("deadline_unknown");
    };
    if term.done || term.deadline.version != reached.version || ticket.phase == Phase::Spam {
        return Decision::none("deadline_over");
    }
    if term.rung >= Some(reached.rung) {
        return Decision::none("rung_known");
    }
    let mut decision = Decision::by(Actor::rule("sla-clock"));
    decision.ticket(
        reached.ticket,
        Event::DeadlineReached {
            deadline: reached.deadline,
            version: reached.version,
            rung: reached.rung,
            due_at: reached.due_at,
        },
    );
    if reached.deadline == DeadlineName::AutoClose && reached.rung == Rung::Past && ticket.phase.is_concluded() {
        decision.ticket(reached.ticket, Event::Closed { reason: CloseReason::Quiet, note: String::new() });
    }
    decision
}
