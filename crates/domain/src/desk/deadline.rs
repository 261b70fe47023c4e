//! Terms that came near or went by, as sla-clock observed them. The ticket has the last word on whether it still runs.

use super::{Context, Decision, Desk, decision::Wanted, terms::Terms};
use crate::{
    event::ticket::{CloseReason, Event},
    id::TicketId,
    sla::{DeadlineName, Rung},
    template::Template,
    ticket::{Phase, State, Term},
    words::{Actor, Office},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachDeadline {
    pub ticket: TicketId,
    pub deadline: DeadlineName,
    pub version: u32,
    pub rung: Rung,
    pub due_at: Timestamp,
}

pub(super) fn reach(desk: &Desk, reached: &ReachDeadline, context: &Context<'_>) -> Decision {
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
            to: told(ticket, reached, context),
        },
    );
    if reached.deadline == DeadlineName::CitizenReply && ticket.phase == Phase::AwaitingCitizen {
        wait(desk, ticket, term, reached, context, &mut decision);
    }
    if reached.deadline == DeadlineName::AutoClose && reached.rung == Rung::Past && ticket.phase.is_concluded() {
        decision.ticket(reached.ticket, Event::Closed { reason: CloseReason::Quiet, note: String::new(), words: None });
    }
    decision
}

/// The office is warned, the URP hears when the time is over, and then the head of the office. The citizen's own term is
/// his; when it is over, whoever asked him goes on. Silence that runs out concerns nobody.
fn told(ticket: &State, reached: &ReachDeadline, context: &Context<'_>) -> String {
    let office = ticket.office.clone().unwrap_or_else(Office::urp).0;
    match (reached.deadline, reached.rung) {
        (DeadlineName::AutoClose, _) | (DeadlineName::CitizenReply, Rung::Half | Rung::Near) => String::new(),
        (DeadlineName::CitizenReply, Rung::Past | Rung::Head) | (_, Rung::Half | Rung::Near) => office,
        (_, Rung::Past) => Office::urp().0,
        (_, Rung::Head) => context.calendar.head_of(&office).map_or_else(|| Office::urp().0, str::to_owned),
    }
}

/// He is reminded once; when he doesn't answer, it goes on without him and the city's terms run again.
fn wait(
    desk: &Desk,
    ticket: &State,
    term: &Term,
    reached: &ReachDeadline,
    context: &Context<'_>,
    decision: &mut Decision,
) {
    let id = reached.ticket;
    match reached.rung {
        Rung::Near => {
            decision.reply(Wanted {
                cause: context.cause,
                conversations: &[ticket.conversation],
                ticket: Some(id),
                template: Template::Reminder,
                variables: BTreeMap::from([
                    ("code".to_owned(), ticket.code.clone()),
                    ("answer_by".to_owned(), term.deadline.due.to_string()),
                ]),
                words: None,
                by_person: false,
                in_reply_to: None,
            });
        }
        Rung::Past => {
            decision.ticket(id, Event::WaitEnded);
            Terms { desk, id, ticket, context }.resume(decision, term.deadline.due, &[]);
        }
        Rung::Half | Rung::Head => {}
    }
}
