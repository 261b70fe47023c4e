//! The news that a step owes: to the citizen, and to those whose reports were merged into his.

use crate::{
    desk::{Context, Decision, decision::Wanted},
    id::{ConversationId, TicketId},
    sealed::Sealed,
    template::Template,
    ticket,
};

pub(super) struct News<'a> {
    pub id: TicketId,
    pub ticket: &'a ticket::State,
    pub context: &'a Context<'a>,
}

impl News<'_> {
    /// Asks for one reply in each conversation that follows the ticket. `code` and `protocol` are always there.
    pub fn tell(
        &self,
        decision: &mut Decision,
        template: Template,
        extra: &[(&str, String)],
        words: Option<Sealed>,
        by_person: bool,
    ) {
        let mut conversations = vec![self.ticket.conversation];
        conversations.extend(&self.ticket.followers);
        self.tell_in(&conversations, decision, template, extra, words, by_person);
    }

    /// As `tell`, in these conversations only.
    pub fn tell_in(
        &self,
        conversations: &[ConversationId],
        decision: &mut Decision,
        template: Template,
        extra: &[(&str, String)],
        words: Option<Sealed>,
        by_person: bool,
    ) {
        let protocol = self.ticket.protocol.map(|number| number.to_string()).unwrap_or_default();
        let variables = [("code", self.ticket.code.clone()), ("protocol", protocol)]
            .into_iter()
            .chain(extra.iter().map(|(name, value)| (*name, value.clone())))
            .filter(|(name, _)| template.variables().contains(name))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        decision.reply(Wanted {
            cause: self.context.cause,
            conversations,
            ticket: Some(self.id),
            template,
            variables,
            words,
            by_person,
            in_reply_to: None,
        });
    }
}
