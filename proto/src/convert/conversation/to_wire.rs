use super::super::{channel_to_wire, content_type_to_wire, field::or_empty, sealed, time, triage};
use crate::event::v1::{
    ColleagueAnswered, DeliveryReported, IdentityChanged, MediaFailed, MediaStored, MessageEdited, MessageReacted,
    MessageReceived, MessageRemoved, MessageRouted, ReplyDropped, ReplyHeld, ReplyRequested, SendAccepted,
    SendAttempted, SendRefused, SendUnknown, TriageGivenUp, envelope::Event as Wire, message_routed,
};
use segnalalo_domain::{
    event::conversation::{Event, Route},
    id::{MessageId, PersonId, TicketId},
};

pub fn to_wire(conversation_id: Vec<u8>, event: &Event) -> Wire {
    match event {
        Event::MessageReceived {
            message,
            channel,
            person,
            public,
            addressed,
            content_type,
            attachments,
            has_text,
            quoted,
            sealed,
        } => Wire::MessageReceived(MessageReceived {
            conversation_id,
            message_id: message.to_vec(),
            channel: channel_to_wire(*channel),
            person_id: or_empty(*person, PersonId::to_vec),
            public: *public,
            content_type: content_type_to_wire(*content_type),
            attachments: *attachments,
            has_text: *has_text,
            quoted_message_id: or_empty(*quoted, MessageId::to_vec),
            sealed: sealed::some(sealed),
            addressed: *addressed,
        }),
        Event::MessageEdited { message, sealed } => Wire::MessageEdited(MessageEdited {
            conversation_id,
            message_id: message.to_vec(),
            sealed: sealed::some(sealed),
        }),
        Event::MessageRemoved { message, verb } => Wire::MessageRemoved(MessageRemoved {
            conversation_id,
            message_id: message.to_vec(),
            verb: verb.to_string(),
        }),
        Event::MessageReacted { message, person, reaction } => Wire::MessageReacted(MessageReacted {
            conversation_id,
            message_id: message.to_vec(),
            person_id: or_empty(*person, PersonId::to_vec),
            reaction: reaction.clone(),
        }),
        Event::MessageConcluded { message, conclusion, sealed } => {
            Wire::MessageConcluded(triage::concluded(conversation_id, *message, conclusion, sealed))
        }
        Event::TriageGivenUp { message, reason } => Wire::TriageGivenUp(TriageGivenUp {
            conversation_id,
            message_id: message.to_vec(),
            reason: reason.to_string(),
        }),
        Event::MessageRouted { message, route } => {
            let (route, ticket) = route_to_wire(*route);
            Wire::MessageRouted(MessageRouted {
                conversation_id,
                message_id: message.to_vec(),
                route: route.into(),
                ticket_id: or_empty(ticket, TicketId::to_vec),
            })
        }
        Event::ReplyRequested { reply, ticket, template, variables, words, by_person, in_reply_to } => {
            Wire::ReplyRequested(ReplyRequested {
                conversation_id,
                reply_id: reply.to_vec(),
                ticket_id: or_empty(*ticket, TicketId::to_vec),
                template: template.to_string(),
                variables: variables.clone(),
                words: sealed::maybe(words),
                by_person: *by_person,
                in_reply_to: or_empty(*in_reply_to, MessageId::to_vec),
            })
        }
        Event::SendAttempted { reply, attempt, text_sha256, sealed } => Wire::SendAttempted(SendAttempted {
            conversation_id,
            reply_id: reply.to_vec(),
            attempt: *attempt,
            text_sha256: text_sha256.to_vec(),
            sealed: sealed::some(sealed),
        }),
        Event::SendAccepted { reply, attempt, sent_message, proof, sealed } => Wire::SendAccepted(SendAccepted {
            conversation_id,
            reply_id: reply.to_vec(),
            attempt: *attempt,
            sent_message_id: or_empty(*sent_message, MessageId::to_vec),
            proof: proof.to_string(),
            sealed: sealed::some(sealed),
        }),
        Event::SendRefused { reply, attempt, code, detail, last, retry_at } => Wire::SendRefused(SendRefused {
            conversation_id,
            reply_id: reply.to_vec(),
            attempt: *attempt,
            code: code.clone(),
            detail: detail.clone(),
            r#final: *last,
            retry_at: retry_at.map(time::to_wire),
        }),
        Event::SendUnknown { reply, attempt, detail } => Wire::SendUnknown(SendUnknown {
            conversation_id,
            reply_id: reply.to_vec(),
            attempt: *attempt,
            detail: detail.clone(),
        }),
        Event::ReplyHeld { reply, code, detail } => Wire::ReplyHeld(ReplyHeld {
            conversation_id,
            reply_id: reply.to_vec(),
            code: code.clone(),
            detail: detail.clone(),
        }),
        Event::ReplyDropped { reply, reason } => {
            Wire::ReplyDropped(ReplyDropped { conversation_id, reply_id: reply.to_vec(), reason: reason.to_string() })
        }
        Event::DeliveryReported { reply, status, error_code, error_detail } => {
            Wire::DeliveryReported(DeliveryReported {
                conversation_id,
                reply_id: reply.to_vec(),
                status: status.to_string(),
                error_code: error_code.clone(),
                error_detail: error_detail.clone(),
            })
        }
        Event::ColleagueAnswered { message, sealed } => Wire::ColleagueAnswered(ColleagueAnswered {
            conversation_id,
            message_id: message.to_vec(),
            sealed: sealed::some(sealed),
        }),
        Event::IdentityChanged { previous, current, sealed } => Wire::IdentityChanged(IdentityChanged {
            conversation_id,
            previous_person_id: or_empty(*previous, PersonId::to_vec),
            current_person_id: or_empty(*current, PersonId::to_vec),
            sealed: sealed::some(sealed),
        }),
        Event::MediaStored { attachment, file, sealed } => Wire::MediaStored(MediaStored {
            conversation_id,
            message_id: attachment.message.to_vec(),
            revision: attachment.revision,
            index: attachment.index,
            blob_sha256: file.blob.to_vec(),
            key_id: file.key.to_vec(),
            media_type: file.media_type.clone(),
            size: file.size,
            sealed: sealed::some(sealed),
        }),
        Event::MediaFailed { attachment, code } => Wire::MediaFailed(MediaFailed {
            conversation_id,
            message_id: attachment.message.to_vec(),
            revision: attachment.revision,
            index: attachment.index,
            code: code.clone(),
        }),
    }
}

fn route_to_wire(route: Route) -> (message_routed::Route, Option<TicketId>) {
    use message_routed::Route as Wire;
    match route {
        Route::OpenedTicket(ticket) => (Wire::OpenedTicket, Some(ticket)),
        Route::JoinedTicket(ticket) => (Wire::JoinedTicket, Some(ticket)),
        Route::StatusAnswered(ticket) => (Wire::StatusAnswered, ticket),
        Route::QuestionAsked(ticket) => (Wire::QuestionAsked, ticket),
        Route::Noted(ticket) => (Wire::Noted, ticket),
    }
}
