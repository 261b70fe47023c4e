//! What a decision is made with and consists of.

use crate::{
    calendar::Calendar,
    event::{self, Event, Stream, conversation::Event as ConversationEvent, ticket::Event as TicketEvent},
    id::{CauseId, ConversationId, MessageId, ReplyId, TicketId},
    sealed::Sealed,
    template::Template,
    words::Actor,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The moment, and what the city's configuration says.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub now: Timestamp,
    /// The command's id: what it brings about is derived from it.
    pub cause: CauseId,
    pub calendar: &'a Calendar,
    /// Whether the city has an office of this code, and what it is called.
    pub office_name: &'a dyn Fn(&str) -> Option<String>,
}

/// Events for one or several streams, appended together or not at all. Empty: handled, and nothing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub actor: Actor,
    pub events: Vec<(Stream, Event)>,
    /// When single ones happened, by their place in `events`, where that wasn't when the command did.
    pub happened: BTreeMap<usize, Timestamp>,
    /// Why there are no events, for the note in the log; or why it may be forgotten without one.
    pub reason: &'static str,
    /// True: it doesn't concern us, and is counted but not even noted.
    pub ignored: bool,
}

impl Decision {
    pub(super) fn none(reason: &'static str) -> Self {
        Self { actor: Actor::rule("registry"), events: Vec::new(), happened: BTreeMap::new(), reason, ignored: false }
    }

    pub(super) fn ignored(reason: &'static str) -> Self {
        Self { ignored: true, ..Self::none(reason) }
    }

    pub(super) fn by(actor: Actor) -> Self {
        Self { actor, ..Self::none("") }
    }

    pub(super) fn of(stream: Stream, event: Event) -> Self {
        Self { events: vec![(stream, event)], ..Self::none("") }
    }

    pub(super) fn conversation(&mut self, id: ConversationId, event: ConversationEvent) -> &mut Self {
        self.events.push((Stream::Conversation(id), Event::Conversation(event)));
        self
    }

    pub(super) fn ticket(&mut self, id: TicketId, event: TicketEvent) -> &mut Self {
        self.events.push((Stream::Ticket(id), Event::Ticket(event)));
        self
    }

    pub(super) fn register(&mut self, event: event::Register) -> &mut Self {
        self.events.push((Stream::Register, Event::Register(event)));
        self
    }

    /// Asks for a reply in each conversation; its id is derived, so that the same cause never asks twice.
    pub(super) fn reply(&mut self, wanted: Wanted<'_>) -> &mut Self {
        for conversation in wanted.conversations {
            let reply = ReplyId::derived(&[
                b"reply",
                &wanted.cause.0,
                &conversation.0,
                wanted.template.code().as_bytes(),
                &(self.events.len() as u64).to_be_bytes(),
            ]);
            self.conversation(
                *conversation,
                ConversationEvent::ReplyRequested {
                    reply,
                    ticket: wanted.ticket,
                    template: wanted.template,
                    variables: wanted.variables.clone(),
                    words: wanted.words.clone(),
                    by_person: wanted.by_person,
                    in_reply_to: wanted.in_reply_to,
                },
            );
        }
        self
    }
}

/// A reply to ask for.
pub(super) struct Wanted<'a> {
    pub cause: CauseId,
    pub conversations: &'a [ConversationId],
    pub ticket: Option<TicketId>,
    pub template: Template,
    pub variables: BTreeMap<String, String>,
    pub words: Option<Sealed>,
    pub by_person: bool,
    pub in_reply_to: Option<MessageId>,
}
