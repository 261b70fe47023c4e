//! Two reports of one thing: one goes on, and what was told to either citizen holds.

use super::{news::News, steps::Step};
use crate::{
    desk::{lookup::TicketRef, terms::Terms},
    event::ticket::Event,
    id::{ConversationId, TicketId},
    rejection::Rejection,
    sla::{self, DeadlineName, Why},
    template::Template,
    ticket,
};

impl<'a> Step<'a> {
    pub(super) fn merge(&mut self, into: &TicketRef) -> Result<(), Rejection> {
        let (target, state) = self.desk.find(into)?;
        if target == self.id || !state.phase.is_open() {
            return Err(Rejection::BadMerge);
        }
        self.decision.ticket(self.id, Event::Merged { into: target });
        self.decision.ticket(target, Event::Absorbed { from: self.id });
        if self.ticket.emergency && !state.emergency {
            self.decision.ticket(target, Event::EmergencyFlagged { message: self.ticket.message });
        }
        self.keep_promise(target, state);
        self.tell_newcomers(target, state);
        Ok(())
    }

    /// Who was told an earlier day keeps it: what he is merged into is due by then.
    fn keep_promise(&mut self, target: TicketId, state: &ticket::State) {
        let running = |ticket: &'a ticket::State| ticket.term(DeadlineName::TakeInCharge).filter(|term| !term.done);
        let Some(told) = running(self.ticket) else {
            return;
        };
        let promised = sla::take_in_charge(self.context.calendar, told.deadline.from);
        let other = state.term(DeadlineName::TakeInCharge).filter(|term| !term.done);
        if other.is_some_and(|other| promised.due < other.deadline.due && promised.due > self.context.now) {
            let terms = Terms { id: target, ticket: state, ..self.terms() };
            terms.set(&mut self.decision, promised, Why::Told);
        }
    }

    /// Who is merged into what is in charge already gets its number: that news went out before he followed.
    fn tell_newcomers(&mut self, target: TicketId, state: &ticket::State) {
        let taken = state.term(DeadlineName::TakeInCharge).is_some_and(|term| term.done);
        let Some(office) = state.office.as_ref().filter(|_| taken) else {
            return;
        };
        let knows = |id: &ConversationId| *id == state.conversation || state.followers.contains(id);
        let mut newcomers = self.ticket.followers.clone();
        newcomers.insert(0, self.ticket.conversation);
        newcomers.retain(|id| !knows(id));
        let by_person = self.by_person();
        News { id: target, ticket: state, context: self.context }.tell_in(
            &newcomers,
            &mut self.decision,
            Template::TakenInCharge,
            &[("office", office.to_string())],
            None,
            by_person,
        );
    }
}
