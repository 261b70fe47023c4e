//! Replies that need no person: the state on request, and what the citizen must know at once.

use super::Routing;
use crate::{
    desk::decision::Wanted,
    event::conversation::Route,
    id::TicketId,
    template::Template,
    ticket::{self, Phase},
};
use std::collections::BTreeMap;

impl Routing<'_> {
    /// Tells the state of the ticket that was asked for: by number, or the conversation's own. Nothing personal in it,
    /// so whoever has the number may ask.
    pub(super) fn tell_state(&mut self, candidate: Option<(TicketId, &ticket::State)>) -> Route {
        let written = self.conclusion.and_then(|conclusion| conclusion.protocol.clone());
        let Some(written) = written else {
            return match candidate {
                Some((id, ticket)) => self.state_of(id, ticket),
                None => {
                    self.reply(Template::StatusAskNumber, None, BTreeMap::new());
                    Route::QuestionAsked(None)
                }
            };
        };
        let found = self.desk.register.find_written(&written).first().copied();
        let found =
            found.map(|id| self.desk.living(id)).and_then(|id| self.desk.tickets.get(&id).map(|ticket| (id, ticket)));
        match found {
            Some((id, ticket)) => self.state_of(id, ticket),
            None => {
                self.reply(Template::StatusUnknown, None, BTreeMap::from([("reference".to_owned(), written)]));
                Route::StatusAnswered(None)
            }
        }
    }

    fn state_of(&mut self, id: TicketId, ticket: &ticket::State) -> Route {
        let reference = ticket.protocol.map_or_else(|| ticket.code.clone(), |number| number.to_string());
        let in_charge = ticket.phase != Phase::Received;
        let office = ticket.office.as_ref().filter(|_| in_charge).map(ToString::to_string);
        let variables = BTreeMap::from([
            ("reference".to_owned(), reference),
            ("state".to_owned(), ticket.phase.code().to_owned()),
            ("office".to_owned(), office.unwrap_or_default()),
            ("expected_by".to_owned(), ticket.expected_by.map(|date| date.to_string()).unwrap_or_default()),
        ]);
        self.reply(Template::Status, Some(id), variables);
        Route::StatusAnswered(Some(id))
    }

    pub(super) fn reply_code(&mut self, template: Template, id: TicketId, code: &str) {
        self.reply(template, Some(id), BTreeMap::from([("code".to_owned(), code.to_owned())]));
    }

    /// A courtesy that would only be noise in public.
    pub(super) fn reply_private(&mut self, template: Template, ticket: Option<TicketId>) {
        if !self.pending.channel.is_public() {
            self.reply(template, ticket, BTreeMap::new());
        }
    }

    pub(super) fn reply(&mut self, template: Template, ticket: Option<TicketId>, variables: BTreeMap<String, String>) {
        self.decision.reply(Wanted {
            cause: self.context.cause,
            conversations: &[self.id],
            ticket,
            template,
            variables,
            words: None,
            by_person: false,
            in_reply_to: Some(self.pending.message),
        });
    }
}
