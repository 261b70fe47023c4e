//! Spam, and back: nothing is sent to a spammer, and who wasn't one is owed again what was held back.

use super::steps::Step;
use crate::{
    conversation::{Reply, ReplyStatus},
    event::{
        conversation::{DropReason, Event as ConversationEvent},
        ticket::Event,
    },
    id::ReplyId,
    rejection::Rejection,
    sla::{DeadlineName, Why},
    template::Template,
    ticket,
};

impl<'a> Step<'a> {
    /// What isn't sent yet to a spammer isn't sent at all. Others who were merged into it are owed an answer still.
    pub(super) fn mark_spam(&mut self) -> Result<(), Rejection> {
        if !self.ticket.followers.is_empty() {
            return Err(Rejection::Followed);
        }
        self.decision.ticket(self.id, Event::MarkedSpam);
        for (reply, _) in self.replies().filter(|(_, reply)| reply.status == ReplyStatus::Due) {
            self.decision.conversation(
                self.ticket.conversation,
                ConversationEvent::ReplyDropped { reply: *reply, reason: DropReason::Superseded },
            );
        }
        Ok(())
    }

    /// What was asked to be sent to the citizen about this ticket.
    fn replies(&self) -> impl Iterator<Item = (&'a ReplyId, &'a Reply)> + use<'a> {
        let id = self.id;
        let conversation = self.desk.conversations.get(&self.ticket.conversation);
        let replies = conversation.into_iter().flat_map(|conversation| &conversation.replies);
        replies.filter(move |(_, reply)| reply.ticket == Some(id))
    }

    /// Whether the last message of this kind never left.
    fn is_untold(&self, template: Template) -> bool {
        let of_kind = self.replies().filter(|(_, reply)| reply.template == template);
        let last = of_kind.max_by_key(|(_, reply)| reply.requested_at);
        last.is_some_and(|(_, reply)| reply.status == ReplyStatus::Dropped)
    }

    /// It comes back where it was, and the terms that were running run again. What was dropped is owed again: the receipt, or
    /// the number, or the day. The words of a question are gone: it isn't waited for.
    pub(super) fn lift_spam(&mut self) {
        self.decision.ticket(self.id, Event::SpamLifted);
        let unasked = self.ticket.before_spam == ticket::Phase::AwaitingCitizen && self.is_untold(Template::Question);
        let terms = self.terms();
        let waits = |term: &ticket::Term| term.deadline.name == DeadlineName::CitizenReply;
        for term in self.ticket.terms.iter().filter(|term| !(term.done || unasked && waits(term))) {
            terms.set(&mut self.decision, term.deadline.clone(), Why::SpamLifted);
        }
        if unasked {
            self.decision.ticket(self.id, Event::WaitEnded);
            terms.resume(&mut self.decision, self.context.now, &[]);
        }
        if let (true, Some(office)) = (self.is_untold(Template::TakenInCharge), self.ticket.office.clone()) {
            self.tell(Template::TakenInCharge, &[("office", office.to_string())], None);
        }
        if let (true, Some(day)) = (self.is_untold(Template::Feasible), self.ticket.expected_by) {
            self.tell(Template::Feasible, &[("expected_by", day.to_string())], None);
        }
        let answered = self.replies().any(|(_, reply)| reply.status != ReplyStatus::Dropped);
        let stopped = self.ticket.paused(DeadlineName::TakeInCharge).map(|paused| &paused.term);
        let take_in_charge = self.ticket.term(DeadlineName::TakeInCharge).filter(|term| !term.done).or(stopped);
        if let Some(term) = take_in_charge.filter(|_| !answered) {
            let template = if self.ticket.emergency { Template::Emergency } else { Template::Receipt };
            self.tell(template, &[("take_in_charge_by", term.deadline.due.to_string())], None);
        }
    }
}
