//! Which ticket a message belongs to. The registry has the last word: triage only proposes, and three quick messages
//! never open three tickets.

mod answer;
mod candidate;
mod open;

pub(super) use open::free_code;

use super::{Context, Decision, Desk, terms::Terms, verdict::classification};
use crate::{
    conversation::{self, Pending, Verdict},
    event::{
        conversation::{Event, Route},
        ticket::{CloseReason, Event as TicketEvent},
    },
    id::{ConversationId, TicketId},
    sealed::Sealed,
    sla::DeadlineName,
    template::Template,
    ticket::{self, Phase},
    words::{Actor, Conclusion, Kind, Office, Stance},
};
use jiff::SignedDuration;

/// Messages of one person that follow one another within this time belong together, unless place or office differs.
const JOIN_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// One message on its way to a ticket.
struct Routing<'a> {
    desk: &'a Desk,
    context: &'a Context<'a>,
    id: ConversationId,
    conversation: &'a conversation::State,
    pending: &'a Pending,
    conclusion: Option<&'a Conclusion>,
    /// Place and reasons, of the conclusion.
    sealed: Option<&'a Sealed>,
    decision: Decision,
}

pub(super) fn route_next(desk: &Desk, id: ConversationId, context: &Context<'_>) -> Decision {
    let Some(conversation) = desk.conversations.get(&id) else {
        return Decision::none("conversation_unknown");
    };
    let Some(pending) = conversation.pending.front() else {
        return Decision::none("nothing_waits");
    };
    let (conclusion, sealed) = match &pending.verdict {
        None => return Decision::none("verdict_missing"),
        Some(Verdict::GivenUp) => (None, None),
        Some(Verdict::Concluded(conclusion, sealed)) => (Some(conclusion), Some(sealed)),
    };
    let mut routing = Routing {
        desk,
        context,
        id,
        conversation,
        pending,
        conclusion,
        sealed,
        decision: Decision::by(Actor::rule("registry")),
    };
    let route = routing.route();
    routing.decision.conversation(id, Event::MessageRouted { message: pending.message, route });
    routing.decision
}

impl<'a> Routing<'a> {
    fn route(&mut self) -> Route {
        let candidate = self.candidate();
        let kind = self.conclusion.map(|conclusion| conclusion.kind);
        if let Some((id, ticket)) = candidate
            && self.may_reopen(id, ticket)
        {
            return self.reopen(id, ticket);
        }
        match kind {
            Some(Kind::StatusQuery) => return self.tell_state(candidate),
            Some(Kind::Thanks) => return self.accept_thanks(candidate),
            _ => {}
        }
        if let Some((id, ticket)) = candidate
            && self.belongs_to(id, ticket, kind)
        {
            return self.join(id, ticket);
        }
        if self.pending.addressed {
            return self.open();
        }
        match candidate {
            Some((id, ticket)) => self.join(id, ticket),
            None => Route::Noted(None),
        }
    }

    fn may_reopen(&self, id: TicketId, ticket: &ticket::State) -> bool {
        let over = ticket.phase.is_concluded() || ticket.phase == Phase::Closed;
        self.objects() && over && self.is_owner(id)
    }

    fn belongs_to(&self, id: TicketId, ticket: &ticket::State, kind: Option<Kind>) -> bool {
        if !ticket.phase.is_open() {
            // New facts on something answered, not an objection: the office reads them where they belong.
            return kind == Some(Kind::FollowUp) && ticket.phase.is_concluded();
        }
        if ticket.phase == Phase::AwaitingCitizen && self.is_owner(id) {
            return true;
        }
        // What nobody answers would swallow a report that follows it.
        let abuse = Some(Kind::AbusiveOrSpam);
        if ticket.classification.kind == abuse && ticket.phase == Phase::Received && kind != abuse {
            return false;
        }
        if kind == Some(Kind::FollowUp) {
            return true;
        }
        // In a public thread another's report is his own, wherever he wrote it.
        if self.pending.addressed && !self.is_owner(id) {
            return false;
        }
        if self.pending.quoted.is_some() {
            return true;
        }
        let apart = self.pending.occurred_at.duration_since(ticket.last_message_at);
        apart.abs() <= JOIN_WINDOW && !self.differs(ticket)
    }

    fn differs(&self, ticket: &ticket::State) -> bool {
        let Some(conclusion) = self.conclusion else {
            return false;
        };
        let known = &ticket.classification;
        let other_place = matches!((known.place_key, conclusion.place_key), (Some(a), Some(b)) if a != b);
        let other_office = match (competent(known.office.as_ref()), competent(conclusion.office.as_ref())) {
            (Some(known), Some(other)) => known != other,
            _ => false,
        };
        other_place || other_office
    }

    fn join(&mut self, id: TicketId, ticket: &ticket::State) -> Route {
        let message = self.pending.message;
        self.decision.ticket(id, TicketEvent::MessageJoined { message });
        if self.answers(id, ticket) {
            self.answer(id, ticket);
        }
        self.break_silence(id, ticket);
        if let Some(conclusion) = self.conclusion {
            let known = competent(ticket.classification.office.as_ref());
            let says_more = known.is_none() && competent(conclusion.office.as_ref()).is_some();
            if says_more && ticket.phase == Phase::Received {
                let event = TicketEvent::Reclassified {
                    classification: classification(conclusion, self.context),
                    sealed: self.sealed.cloned(),
                };
                self.decision.ticket(id, event);
                let office = ticket.office_after(classification(conclusion, self.context).office);
                self.terms(id, ticket).follow_office(&mut self.decision, office.as_ref(), Some(conclusion.kind));
            }
            if conclusion.kind == Kind::Emergency && !ticket.emergency {
                self.warn(id, ticket);
            }
        }
        Route::JoinedTicket(id)
    }

    /// 112 at once, and a flag for those who read the list.
    fn warn(&mut self, id: TicketId, ticket: &ticket::State) {
        self.decision.ticket(id, TicketEvent::EmergencyFlagged { message: self.pending.message });
        self.reply_code(Template::Emergency, id, &ticket.code);
    }

    /// The 14 days run from the citizen's last word.
    fn break_silence(&mut self, id: TicketId, ticket: &ticket::State) {
        let written = self.pending.occurred_at;
        let later = ticket.term(DeadlineName::AutoClose).is_some_and(|term| term.deadline.from < written);
        if ticket.phase.is_concluded() && later && self.is_owner(id) {
            let terms = self.terms(id, ticket);
            super::action::set_auto_close(&mut self.decision, &terms, written);
        }
    }

    fn reopen(&mut self, id: TicketId, ticket: &ticket::State) -> Route {
        let message = self.pending.message;
        self.decision.ticket(id, TicketEvent::MessageJoined { message });
        if self.conclusion.is_some_and(|conclusion| conclusion.kind == Kind::Emergency) {
            self.warn(id, ticket);
        }
        let terms = self.terms(id, ticket);
        super::action::reopen(
            &mut self.decision,
            &terms,
            super::action::Reopener::Citizen(message),
            self.pending.occurred_at,
        );
        Route::JoinedTicket(id)
    }

    /// What came before the question isn't its answer, though it is decided on after it. Both by the registry's clock.
    fn answers(&self, id: TicketId, ticket: &ticket::State) -> bool {
        let asked_at = ticket.term(DeadlineName::CitizenReply).map(|term| term.deadline.from);
        let before = asked_at.is_some_and(|asked_at| self.pending.recorded_at < asked_at);
        ticket.phase == Phase::AwaitingCitizen && self.is_owner(id) && !before
    }

    /// The terms that stood still run again from his word on.
    fn answer(&mut self, id: TicketId, ticket: &ticket::State) {
        self.decision.ticket(id, TicketEvent::CitizenAnswered { message: self.pending.message });
        self.terms(id, ticket).resume(&mut self.decision, self.pending.occurred_at, &[]);
    }

    fn terms<'t>(&self, id: TicketId, ticket: &'t ticket::State) -> Terms<'t>
    where
        'a: 't,
    {
        Terms { desk: self.desk, id, ticket, context: self.context }
    }

    fn accept_thanks(&mut self, candidate: Option<(TicketId, &ticket::State)>) -> Route {
        let Some((id, ticket)) = candidate else {
            self.reply_private(Template::Thanks, None);
            return Route::Noted(None);
        };
        let message = self.pending.message;
        self.decision.ticket(id, TicketEvent::MessageJoined { message });
        let satisfied = self.conclusion.is_some_and(|conclusion| conclusion.stance == Stance::Satisfied);
        let solved = matches!(ticket.phase, Phase::Resolved | Phase::Answered);
        if self.is_owner(id) && (solved || (satisfied && ticket.phase.is_concluded())) {
            let event = TicketEvent::Closed { reason: CloseReason::Satisfied, note: String::new(), words: None };
            self.decision.ticket(id, event);
            self.reply_private(Template::Thanks, Some(id));
        } else if self.answers(id, ticket) {
            self.answer(id, ticket);
        } else {
            self.break_silence(id, ticket);
        }
        Route::JoinedTicket(id)
    }
}

/// The URP is where triage sends what it has no office for: that says nothing on what a message is about.
fn competent(office: Option<&Office>) -> Option<&Office> {
    office.filter(|office| **office != Office::urp())
}
