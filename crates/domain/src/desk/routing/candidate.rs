//! Which ticket a message is about, and whether its author has a say in it.

use super::Routing;
use crate::{
    id::TicketId,
    sla::DeadlineName,
    ticket::{self, Phase},
    words::Stance,
};

impl<'a> Routing<'a> {
    /// The ticket that the citizen most likely means: of the message that he answered to, of the number that he wrote,
    /// the answered one that he objects to, or the last one. Only tickets of this conversation: who asked for the state
    /// of another's has no say in it.
    pub(super) fn candidate(&self) -> Option<(TicketId, &'a ticket::State)> {
        let known = self.known();
        let named = |id: TicketId| {
            let id = self.desk.living(id);
            known.iter().find(|(known, _)| *known == id).copied()
        };
        self.quoted()
            .and_then(named)
            .or_else(|| self.cited().into_iter().find_map(named))
            .or_else(|| self.objected_to(&known))
            .or_else(|| known.first().copied())
    }

    /// Tickets of this conversation as they live on, newest first; the author's own before those of others.
    fn known(&self) -> Vec<(TicketId, &'a ticket::State)> {
        let living = self.conversation.tickets.iter().rev().map(|id| self.desk.living(*id));
        let mut known =
            living.filter_map(|id| self.desk.tickets.get(&id).map(|ticket| (id, ticket))).collect::<Vec<_>>();
        known.sort_by_key(|(id, _)| !self.is_owner(*id));
        known
    }

    fn quoted(&self) -> Option<TicketId> {
        let message = self.pending.quoted?;
        let ours = self.desk.sent.get(&message).and_then(|reply| self.conversation.replies.get(reply));
        ours.and_then(|reply| reply.ticket).or_else(|| self.conversation.messages.get(&message).copied().flatten())
    }

    fn cited(&self) -> Vec<TicketId> {
        let written = self.conclusion.and_then(|conclusion| conclusion.protocol.as_ref());
        written.map(|written| self.desk.register.find_written(written)).unwrap_or_default()
    }

    /// An objection means what was answered since his last word on a ticket that is still open, unless that one asked.
    fn objected_to(&self, known: &[(TicketId, &'a ticket::State)]) -> Option<(TicketId, &'a ticket::State)> {
        let (_, last) =
            known.first().filter(|(_, last)| last.phase.is_open() && last.phase != Phase::AwaitingCitizen)?;
        let answered_since = |ticket: &ticket::State| {
            let term = ticket.term(DeadlineName::AutoClose);
            self.objects()
                && ticket.phase.is_concluded()
                && term.is_some_and(|term| term.deadline.from > last.last_message_at)
        };
        known.iter().find(|(id, ticket)| self.is_owner(*id) && answered_since(ticket)).copied()
    }

    pub(super) fn objects(&self) -> bool {
        self.conclusion.is_some_and(|conclusion| conclusion.stance == Stance::Objects)
    }

    /// In public only he who opened a ticket can close or reopen it; another's word is kept for the office to read. In
    /// private there is one citizen, by whichever of his ids the platform calls him.
    pub(super) fn is_owner(&self, id: TicketId) -> bool {
        let opener = |opened: &TicketId| self.conversation.openers.get(opened) == Some(&self.pending.person);
        !self.pending.channel.is_public()
            || self.conversation.tickets.iter().any(|opened| self.desk.living(*opened) == id && opener(opened))
    }
}
