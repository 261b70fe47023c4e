//! What arrived on a channel: into the log before anything thinks about it.

use super::{
    Decision, Desk,
    command::{ChangeIdentity, EditMessage, ReactToMessage, ReceiveMessage, RemoveMessage},
};
use crate::{
    event::conversation::Event,
    id::{ConversationId, MessageId},
    words::Actor,
};

pub(super) fn receive(desk: &Desk, received: &ReceiveMessage) -> Decision {
    if desk.messages.contains_key(&received.message) {
        return Decision::none("message_known");
    }
    let Some(conversation) = place(desk, received) else {
        return Decision::ignored("no_known_thread");
    };
    let mut decision = Decision::by(Actor::citizen());
    decision.conversation(conversation, event(received, received.message));
    decision
}

fn event(received: &ReceiveMessage, message: MessageId) -> Event {
    Event::MessageReceived {
        message,
        channel: received.channel,
        person: received.person,
        public: received.channel.is_public(),
        addressed: received.addressed,
        content_type: received.content_type,
        attachments: received.attachments,
        has_text: received.has_text,
        quoted: received.quoted,
        sealed: received.sealed.clone(),
    }
}

/// The conversation that a message belongs to; `None` when it doesn't concern us.
fn place(desk: &Desk, received: &ReceiveMessage) -> Option<ConversationId> {
    let known = received.conversations.iter().find(|conversation| desk.conversations.contains_key(conversation));
    let new = if received.addressed { received.conversations.last() } else { None };
    known.or(new).copied()
}

pub(super) fn edit(desk: &Desk, edit: &EditMessage) -> Decision {
    let Some(conversation) = desk.messages.get(&edit.message) else {
        // Perhaps the hashtag was added only now.
        return receive(desk, &edit.as_new);
    };
    let mut decision = Decision::by(Actor::citizen());
    decision.conversation(*conversation, Event::MessageEdited { message: edit.message, sealed: edit.sealed.clone() });
    let state = desk.conversations.get(conversation);
    // Kept for the thread's sake, and now written to the city: a message of its own, for its hashtag is one.
    if edit.as_new.addressed && state.is_some_and(|state| state.unaddressed.contains(&edit.message)) {
        let addressed = MessageId::derived(&[b"addressed", &edit.message.0]);
        if !desk.messages.contains_key(&addressed) {
            decision.conversation(*conversation, event(&edit.as_new, addressed));
        }
    }
    decision
}

pub(super) fn remove(desk: &Desk, removal: &RemoveMessage) -> Decision {
    let Some(conversation) = desk.messages.get(&removal.message) else {
        return Decision::ignored("message_unknown");
    };
    let mut decision = Decision::by(Actor::citizen());
    decision.conversation(*conversation, Event::MessageRemoved { message: removal.message, verb: removal.verb });
    decision
}

pub(super) fn react(desk: &Desk, reaction: &ReactToMessage) -> Decision {
    let ours = || desk.sent.get(&reaction.message).and_then(|reply| desk.replies.get(reply));
    let Some(conversation) = desk.messages.get(&reaction.message).or_else(ours) else {
        return Decision::ignored("message_unknown");
    };
    let mut decision = Decision::by(Actor::citizen());
    decision.conversation(
        *conversation,
        Event::MessageReacted {
            message: reaction.message,
            person: reaction.person,
            reaction: reaction.reaction.clone(),
        },
    );
    decision
}

pub(super) fn change_identity(desk: &Desk, change: &ChangeIdentity) -> Decision {
    let known = change.conversations.iter().find(|conversation| desk.conversations.contains_key(conversation));
    let Some(conversation) = known else {
        return Decision::ignored("conversation_unknown");
    };
    let mut decision = Decision::by(Actor::citizen());
    decision.conversation(
        *conversation,
        Event::IdentityChanged { previous: change.previous, current: change.current, sealed: change.sealed.clone() },
    );
    decision
}
