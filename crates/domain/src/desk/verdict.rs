//! What triage concluded, or that it didn't. A verdict is recorded as it comes; `routing` acts on it when it is its turn.

use super::{Conclude, Context, Decision, Desk, decision::Wanted, terms::Terms};
use crate::{
    event::{
        conversation::{Event, GivenUp},
        ticket::{Classification, Event as TicketEvent},
    },
    id::{ConversationId, MessageId},
    template::Template,
    ticket::Phase,
    words::{Actor, Conclusion, Kind, Office},
};
use std::collections::BTreeMap;

pub(super) fn conclude(desk: &Desk, conclude: &Conclude, context: &Context<'_>) -> Decision {
    let Some(conversation) = desk.conversations.get(&conclude.conversation) else {
        return Decision::none("conversation_unknown");
    };
    if !conversation.messages.contains_key(&conclude.message) {
        return Decision::none("message_unknown");
    }
    let mut decision = Decision::by(Actor::rule("triage"));
    decision.conversation(
        conclude.conversation,
        Event::MessageConcluded {
            message: conclude.message,
            conclusion: conclude.conclusion.clone(),
            sealed: conclude.sealed.clone(),
        },
    );
    let waits = conversation.pending.iter().any(|pending| pending.message == conclude.message);
    if !waits {
        catch_up(desk, conclude, context, &mut decision);
    }
    decision
}

/// A conclusion that came after the URP had got the message unclassified: it still classifies, and still warns.
fn catch_up(desk: &Desk, conclude: &Conclude, context: &Context<'_>, decision: &mut Decision) {
    let Some((id, ticket)) = desk
        .conversations
        .get(&conclude.conversation)
        .and_then(|conversation| conversation.messages.get(&conclude.message).copied().flatten())
        .map(|id| desk.living(id))
        .and_then(|id| desk.tickets.get(&id).map(|ticket| (id, ticket)))
    else {
        return;
    };
    if ticket.classification.kind.is_none() && ticket.phase == Phase::Received {
        decision.ticket(
            id,
            TicketEvent::Reclassified {
                classification: classification(&conclude.conclusion, context),
                sealed: Some(conclude.sealed.clone()),
            },
        );
        let office = ticket.office_after(classification(&conclude.conclusion, context).office);
        let terms = Terms { desk, id, ticket, context };
        terms.follow_office(decision, office.as_ref(), Some(conclude.conclusion.kind));
    }
    if conclude.conclusion.kind == Kind::Emergency && !ticket.emergency && ticket.phase.is_open() {
        decision.ticket(id, TicketEvent::EmergencyFlagged { message: conclude.message });
        decision.reply(Wanted {
            cause: context.cause,
            conversations: &[conclude.conversation],
            ticket: Some(id),
            template: Template::Emergency,
            variables: BTreeMap::from([("code".to_owned(), ticket.code.clone())]),
            words: None,
            by_person: false,
            in_reply_to: Some(conclude.message),
        });
    }
}

pub(super) fn give_up(desk: &Desk, conversation: ConversationId, message: MessageId, reason: GivenUp) -> Decision {
    let waits = desk.conversations.get(&conversation).is_some_and(|state| {
        state.pending.iter().any(|pending| pending.message == message && pending.verdict.is_none())
    });
    if !waits {
        return Decision::none("message_not_waiting");
    }
    let mut decision = Decision::by(Actor::rule("triage-patience"));
    decision.conversation(conversation, Event::TriageGivenUp { message, reason });
    decision
}

/// Triage's proposal. An office that the city doesn't have is none.
pub(super) fn classification(conclusion: &Conclusion, context: &Context<'_>) -> Classification {
    let known = |office: &Option<Office>| office.clone().filter(|office| (context.office_name)(&office.0).is_some());
    Classification {
        kind: Some(conclusion.kind),
        office: known(&conclusion.office),
        second_office: known(&conclusion.second_office),
        confidence: conclusion.confidence,
        urgency: conclusion.urgency,
        place_key: conclusion.place_key,
    }
}
