//! What operators and offices do with a ticket: the table of legal steps, and the news that each step owes the citizen.

mod merge;
mod news;
mod spam;
mod steps;

pub(super) use steps::ByHand;

use super::{Context, Decision, Desk, lookup::TicketRef, terms::Terms};
use crate::{
    event::ticket::Event,
    id::{MessageId, TicketId},
    rejection::Rejection,
    sealed::Sealed,
    sla::{self, Why},
    template::Template,
    ticket::{self, Phase},
    words::{Actor, Office},
};
use jiff::{Timestamp, civil::Date};

/// One action on one ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    pub ticket: TicketRef,
    /// The version that the person saw; `None` takes whatever is there.
    pub expected_version: Option<u64>,
    pub actor: Actor,
    pub action: Action,
}

/// Words for the citizen: sealed, with what the rules must know of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    pub sealed: Sealed,
    pub is_empty: bool,
    /// Kinds of personal data that were found in them: refused where everybody can read.
    pub personal: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// The proposed office when there is none.
    TakeInCharge {
        office: Option<Office>,
    },
    Reassign {
        office: Office,
        reason: Words,
    },
    SendBack {
        reason: Words,
    },
    AskCitizen {
        words: Words,
    },
    Answer {
        words: Words,
    },
    DeclareFeasible {
        expected_by: Date,
        words: Words,
    },
    ReportProgress {
        expected_by: Option<Date>,
        words: Words,
    },
    DeclareNotFeasible {
        words: Words,
    },
    DeclareNotPertinent {
        words: Words,
    },
    Resolve {
        words: Words,
    },
    Close {
        reason: Words,
    },
    Reopen {
        reason: Words,
    },
    Merge {
        into: TicketRef,
    },
    MarkSpam,
    LiftSpam,
    AddNote {
        words: Words,
    },
    AnnulProtocol {
        reason: String,
        act: String,
    },
}

impl Action {
    /// Name for messages and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TakeInCharge { .. } => "take_in_charge",
            Self::Reassign { .. } => "reassign",
            Self::SendBack { .. } => "send_back",
            Self::AskCitizen { .. } => "ask_citizen",
            Self::Answer { .. } => "answer",
            Self::DeclareFeasible { .. } => "declare_feasible",
            Self::ReportProgress { .. } => "report_progress",
            Self::DeclareNotFeasible { .. } => "declare_not_feasible",
            Self::DeclareNotPertinent { .. } => "declare_not_pertinent",
            Self::Resolve { .. } => "resolve",
            Self::Close { .. } => "close",
            Self::Reopen { .. } => "reopen",
            Self::Merge { .. } => "merge",
            Self::MarkSpam => "mark_spam",
            Self::LiftSpam => "lift_spam",
            Self::AddNote { .. } => "add_note",
            Self::AnnulProtocol { .. } => "annul_protocol",
        }
    }

    /// The states it may begin from (architecture: "The ticket's life").
    fn is_legal_for(&self, ticket: &ticket::State) -> bool {
        // What waits for the citizen may be taken in charge if it wasn't before he was asked.
        let takes_over = matches!(self, Self::TakeInCharge { .. }) && ticket.phase == Phase::AwaitingCitizen;
        self.is_legal_in(if takes_over { ticket.resume } else { ticket.phase })
    }

    fn is_legal_in(&self, phase: Phase) -> bool {
        use Phase::{AwaitingCitizen, Closed, Feasible, Received, Reopened, SentBack, Spam, TakenInCharge};
        match self {
            Self::TakeInCharge { .. } => matches!(phase, Received | Reopened),
            Self::Reassign { .. } | Self::Merge { .. } | Self::MarkSpam => phase.is_open(),
            Self::SendBack { .. } => matches!(phase, TakenInCharge | Feasible | Reopened),
            Self::AskCitizen { .. } => matches!(phase, Received | TakenInCharge | Feasible | SentBack | Reopened),
            Self::Answer { .. } | Self::DeclareFeasible { .. } | Self::DeclareNotFeasible { .. } => {
                matches!(phase, TakenInCharge | AwaitingCitizen | Reopened)
            }
            Self::ReportProgress { .. } => phase == Feasible,
            Self::DeclareNotPertinent { .. } => {
                matches!(phase, Received | TakenInCharge | AwaitingCitizen | SentBack | Reopened)
            }
            Self::Resolve { .. } => {
                matches!(phase, TakenInCharge | AwaitingCitizen | Feasible | Reopened)
            }
            Self::Close { .. } => phase.is_concluded(),
            Self::Reopen { .. } => phase.is_concluded() || phase == Closed,
            Self::LiftSpam => phase == Spam,
            Self::AddNote { .. } | Self::AnnulProtocol { .. } => true,
        }
    }

    /// Whether it makes sense only once an office has it, with a protocol number.
    fn needs_protocol(&self) -> bool {
        matches!(
            self,
            Self::Answer { .. }
                | Self::DeclareFeasible { .. }
                | Self::DeclareNotFeasible { .. }
                | Self::Resolve { .. }
                | Self::SendBack { .. }
        )
    }
}

pub(super) fn act(desk: &Desk, act: &Act, context: &Context<'_>) -> Result<Decision, Rejection> {
    let (id, ticket) = desk.find(&act.ticket)?;
    if let Some(expected) = act.expected_version.filter(|expected| *expected != ticket.version) {
        return Err(Rejection::VersionConflict { expected, actual: ticket.version });
    }
    let named = match &act.ticket {
        TicketRef::Protocol(cited) => Some(cited.number),
        TicketRef::ByHand(by_hand) => desk.register.by_emergency.get(by_hand).map(|given| given.number),
        TicketRef::Id(_) | TicketRef::Code(_) => None,
    };
    if let (Action::AnnulProtocol { .. }, Some(named)) = (&act.action, named)
        && ticket.protocol.is_some_and(|current| current.number != named)
    {
        // The ticket has a new number since: only the one that was named may be meant.
        return Err(Rejection::AlreadyAnnulled(format!("{named:07}")));
    }
    let illegal =
        || Rejection::IllegalTransition { state: ticket.phase.code().to_owned(), action: act.action.name().to_owned() };
    if !act.action.is_legal_for(ticket) || (act.action.needs_protocol() && ticket.protocol.is_none()) {
        return Err(illegal());
    }
    steps::Step { desk, id, ticket, context, decision: Decision::by(act.actor.clone()), by_hand: None }
        .take(&act.action)
}

/// What was registered while the system was down, with the number that it had.
pub(super) fn take_in_charge_by_hand(
    desk: &Desk,
    (id, ticket): (TicketId, &ticket::State),
    office: &Office,
    by_hand: ByHand,
    actor: Actor,
    context: &Context<'_>,
) -> Result<Decision, Rejection> {
    let action = Action::TakeInCharge { office: Some(office.clone()) };
    if !action.is_legal_for(ticket) {
        let (state, action) = (ticket.phase.code().to_owned(), action.name().to_owned());
        return Err(Rejection::IllegalTransition { state, action });
    }
    let decision = Decision::by(actor);
    steps::Step { desk, id, ticket, context, decision, by_hand: Some(by_hand) }.take(&action)
}

/// Who wants a ticket open again.
pub(super) enum Reopener {
    Citizen(MessageId),
    Operator(Sealed),
}

/// Opens a ticket again: it keeps its number and gets new terms from `from` on.
pub(super) fn reopen(decision: &mut Decision, terms: &Terms<'_>, who: Reopener, from: Timestamp) {
    let Terms { id, ticket, context, .. } = *terms;
    let (reason, message, words) = match who {
        Reopener::Citizen(message) => ("citizen_objects", Some(message), None),
        Reopener::Operator(words) => ("operator", None, Some(words)),
    };
    decision.ticket(id, Event::Reopened { reason: reason.to_owned(), message, words });
    let (office, kind) = (ticket.office.as_ref(), ticket.classification.kind);
    let first_answer = sla::first_answer(context.calendar, from, office, kind);
    for deadline in [sla::take_in_charge(context.calendar, from), first_answer] {
        terms.set(decision, deadline, Why::Reopened);
    }
    let news = news::News { id, ticket, context };
    news.tell(decision, Template::Reopened, &[], None, message.is_none());
}

/// 14 days of silence close what is answered.
pub(super) fn set_auto_close(decision: &mut Decision, terms: &Terms<'_>, now: Timestamp) {
    terms.set(decision, sla::auto_close(terms.context.calendar, now), Why::Concluded);
}
