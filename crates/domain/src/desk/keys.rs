//! Which key locks which box, and the erasure of keys. Nothing here opens a box.

use super::{Decision, Desk};
use crate::{
    conversation::ReplyStatus,
    event::{
        Event, KeysErased, Log, Recorded, Register, Stream,
        conversation::{DropReason, Event as Said},
        ticket::Event as TicketEvent,
    },
    id::{ConversationId, MessageId, PersonId, ReplyId, TicketId},
    personal_data,
    rejection::Rejection,
    sealed::{Lock, Scope},
    words::Actor,
};

/// Keys that one event names at most: larger erasures are several events of one append.
pub(super) const MOST_KEYS: usize = 4096;

/// Erases what the keys lock. Who asks has found out which keys they are.
#[derive(Debug, Clone, PartialEq)]
pub struct EraseKeys {
    /// All for one request, or for one run of retention.
    pub erased: Vec<KeysErased>,
    /// What the city owed those whose address is gone: dropped, unless an attempt is on its way.
    pub replies: Vec<ReplyId>,
    pub actor: Actor,
}

pub(super) fn erase(desk: &Desk, command: &EraseKeys) -> Result<Decision, Rejection> {
    let mut decision = Decision::by(command.actor.clone());
    decision.reason = "nothing_to_erase";
    for erased in &command.erased {
        if erased.reason.trim().is_empty() {
            return Err(Rejection::Missing("reason"));
        }
        // The reason stays for ever, beside what was erased.
        if let Some(found) = personal_data::find(&erased.reason, &[]).first() {
            let problem =
                format!("it stays in the log and holds personal data ({found}): name an act or a number instead");
            return Err(Rejection::Invalid { field: "reason", problem });
        }
        for keys in erased.keys.chunks(MOST_KEYS) {
            let event = KeysErased { keys: keys.to_vec(), ..erased.clone() };
            decision.events.push((Stream::Log, Event::Log(Log::KeysErased(event))));
        }
    }
    for id in &command.replies {
        if let Some((conversation, reply)) = super::delivery::locate(desk, *id)
            && !reply.status.is_settled()
            && reply.status != ReplyStatus::InFlight
        {
            decision.conversation(conversation, Said::ReplyDropped { reply: *id, reason: DropReason::Erased });
        }
    }
    Ok(decision)
}

impl Desk {
    /// The key for an event's box, by what is known before the event is folded in. The owner counts when the scope has
    /// no key yet.
    pub fn lock_for(&self, recorded: &Recorded) -> Lock {
        let named = recorded.event.sealed().and_then(|sealed| sealed.person);
        let (scope, owner) = match (&recorded.stream, &recorded.event) {
            (Stream::Conversation(id), Event::Conversation(event)) => self.conversation_lock(*id, event),
            (Stream::Ticket(id), Event::Ticket(event)) => (Scope::Ticket(*id), self.opener(*id, event)),
            (_, Event::Register(Register::NumberAssigned { ticket, .. } | Register::NumberAnnulled { ticket, .. })) => {
                let owner = named.unwrap_or_else(|| self.opener_of(*ticket));
                (Scope::Register(owner), owner)
            }
            _ => {
                let day = super::retention::notice_day(recorded.recorded_at);
                (Scope::Notices(day), PersonId::derived(&[b"notices", day.to_string().as_bytes()]))
            }
        };
        // Whom an operator's command or the notifier names is whoever began the conversation: perhaps another than whose
        // ticket or reply it is.
        let named = named.filter(|_| match (&scope, &recorded.event) {
            (Scope::Dialogue(..), _) => false,
            (Scope::Ticket(_), Event::Ticket(event)) => {
                matches!(event, TicketEvent::Opened { .. } | TicketEvent::Reclassified { .. })
            }
            _ => true,
        });
        Lock { owner: named.unwrap_or(owner), scope }
    }

    /// The key for an attachment's file.
    pub fn lock_for_media(&self, conversation: ConversationId, message: MessageId) -> Lock {
        Lock { owner: self.author(conversation, message), scope: Scope::Media(message) }
    }

    fn conversation_lock(&self, id: ConversationId, event: &Said) -> (Scope, PersonId) {
        let message = |message: &MessageId| (Scope::Message(*message), self.author(id, *message));
        let dialogue = |ticket: Option<TicketId>| (Scope::Dialogue(id, ticket), self.addressee(id, ticket));
        match event {
            Said::MessageReceived { message: own, person, .. } => {
                (Scope::Message(*own), person.unwrap_or_else(|| self.beginner(id)))
            }
            Said::MediaStored { attachment, .. } => {
                let Lock { owner, scope } = self.lock_for_media(id, attachment.message);
                (scope, owner)
            }
            Said::MessageEdited { message: own, .. } | Said::MessageConcluded { message: own, .. } => message(own),
            Said::ReplyRequested { ticket, .. } => dialogue(*ticket),
            Said::SendAttempted { reply, .. } | Said::SendAccepted { reply, .. } => {
                dialogue(self.ticket_of(id, *reply))
            }
            Said::ColleagueAnswered { .. }
            | Said::IdentityChanged { .. }
            | Said::MessageRemoved { .. }
            | Said::MessageReacted { .. }
            | Said::TriageGivenUp { .. }
            | Said::MessageRouted { .. }
            | Said::SendRefused { .. }
            | Said::SendUnknown { .. }
            | Said::ReplyHeld { .. }
            | Said::ReplyDropped { .. }
            | Said::DeliveryReported { .. }
            | Said::MediaFailed { .. } => dialogue(None),
        }
    }

    fn ticket_of(&self, id: ConversationId, reply: ReplyId) -> Option<TicketId> {
        self.conversations.get(&id)?.replies.get(&reply)?.ticket
    }

    fn author(&self, id: ConversationId, message: MessageId) -> PersonId {
        let known = self.conversations.get(&id).and_then(|state| state.author(message));
        known.unwrap_or_else(|| self.beginner(id))
    }

    /// Whom a reply is for: in a public thread, who opened the ticket there.
    pub fn addressee(&self, id: ConversationId, ticket: Option<TicketId>) -> PersonId {
        match ticket.and_then(|id| Some((id, self.tickets.get(&id)?))) {
            Some((ticket, state)) if state.conversation == id => self.opener_of(ticket),
            _ => self.beginner(id),
        }
    }

    /// Who began the conversation; nobody's own stand-in when the platform didn't say.
    fn beginner(&self, id: ConversationId) -> PersonId {
        let known = self.conversations.get(&id).and_then(|state| state.person);
        known.unwrap_or_else(|| PersonId::derived(&[b"nobody", &id.0]))
    }

    fn opener(&self, id: TicketId, event: &TicketEvent) -> PersonId {
        match event {
            TicketEvent::Opened { conversation, message, .. } => self.author(*conversation, *message),
            _ => self.opener_of(id),
        }
    }

    /// Whose report the ticket is.
    pub fn opener_of(&self, id: TicketId) -> PersonId {
        let Some(ticket) = self.tickets.get(&id) else {
            return PersonId::derived(&[b"nobody", &id.0]);
        };
        let state = self.conversations.get(&ticket.conversation);
        let opener = state.and_then(|state| state.openers.get(&id).copied().flatten());
        opener.unwrap_or_else(|| self.beginner(ticket.conversation))
    }
}
