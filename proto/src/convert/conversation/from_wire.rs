use super::super::{
    Malformed, channel_from_wire, content_type_from_wire,
    field::{Checked, bytes, counted, id, optional_id, word},
    sealed, time, triage,
};
use crate::event::v1::{MessageReceived, MessageRouted, envelope::Event as Wire, message_routed};
use segnalalo_domain::{
    event::conversation::{
        Attachment, DeliveryStatus, DropReason, Event, GivenUp, Proof, RemovalVerb, Route, StoredFile,
    },
    id::{ConversationId, KeyId, MessageId, PersonId, ReplyId, TicketId},
    template::Template,
};

pub fn from_wire(own: ConversationId, event: &Wire) -> Checked<Event> {
    let mine = |bytes: &[u8]| match ConversationId::from_slice(bytes) {
        Some(id) if id == own => Ok(()),
        _ => Err(Malformed("conversation_id")),
    };
    match event {
        Wire::MessageReceived(wire) => {
            mine(&wire.conversation_id)?;
            received(wire)
        }
        Wire::MessageEdited(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::MessageEdited {
                message: message_id(&wire.message_id)?,
                sealed: sealed::required(&wire.sealed, "sealed")?,
            })
        }
        Wire::MessageRemoved(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::MessageRemoved {
                message: message_id(&wire.message_id)?,
                verb: word(&wire.verb, RemovalVerb::from_code, "verb")?,
            })
        }
        Wire::MessageReacted(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::MessageReacted {
                message: message_id(&wire.message_id)?,
                person: optional_id(&wire.person_id, PersonId::from_slice, "person_id")?,
                reaction: wire.reaction.clone(),
            })
        }
        Wire::MessageConcluded(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::MessageConcluded {
                message: message_id(&wire.message_id)?,
                conclusion: triage::conclusion(wire)?,
                sealed: sealed::required(&wire.sealed, "sealed")?,
            })
        }
        Wire::TriageGivenUp(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::TriageGivenUp {
                message: message_id(&wire.message_id)?,
                reason: word(&wire.reason, GivenUp::from_code, "reason")?,
            })
        }
        Wire::MessageRouted(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::MessageRouted { message: message_id(&wire.message_id)?, route: route(wire)? })
        }
        Wire::ReplyRequested(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::ReplyRequested {
                reply: reply_id(&wire.reply_id)?,
                ticket: optional_id(&wire.ticket_id, TicketId::from_slice, "ticket_id")?,
                template: word(&wire.template, Template::from_code, "template")?,
                variables: wire.variables.clone(),
                words: sealed::optional(&wire.words)?,
                by_person: wire.by_person,
                in_reply_to: optional_id(&wire.in_reply_to, MessageId::from_slice, "in_reply_to")?,
            })
        }
        Wire::SendAttempted(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::SendAttempted {
                reply: reply_id(&wire.reply_id)?,
                attempt: counted(wire.attempt, "attempt")?,
                text_sha256: bytes(&wire.text_sha256, "text_sha256")?,
                sealed: sealed::required(&wire.sealed, "sealed")?,
            })
        }
        Wire::SendAccepted(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::SendAccepted {
                reply: reply_id(&wire.reply_id)?,
                // 0: a person settled it before any attempt.
                attempt: wire.attempt,
                sent_message: optional_id(&wire.sent_message_id, MessageId::from_slice, "sent_message_id")?,
                proof: word(&wire.proof, Proof::from_code, "proof")?,
                sealed: sealed::required(&wire.sealed, "sealed")?,
            })
        }
        Wire::SendRefused(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::SendRefused {
                reply: reply_id(&wire.reply_id)?,
                // As in `SendAccepted`.
                attempt: wire.attempt,
                code: wire.code.clone(),
                detail: wire.detail.clone(),
                last: wire.r#final,
                retry_at: time::optional(&wire.retry_at, "retry_at")?,
            })
        }
        Wire::SendUnknown(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::SendUnknown {
                reply: reply_id(&wire.reply_id)?,
                attempt: counted(wire.attempt, "attempt")?,
                detail: wire.detail.clone(),
            })
        }
        Wire::ReplyHeld(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::ReplyHeld {
                reply: reply_id(&wire.reply_id)?,
                code: wire.code.clone(),
                detail: wire.detail.clone(),
            })
        }
        Wire::ReplyDropped(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::ReplyDropped {
                reply: reply_id(&wire.reply_id)?,
                reason: word(&wire.reason, DropReason::from_code, "reason")?,
            })
        }
        Wire::DeliveryReported(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::DeliveryReported {
                reply: reply_id(&wire.reply_id)?,
                status: word(&wire.status, DeliveryStatus::from_code, "status")?,
                error_code: wire.error_code.clone(),
                error_detail: wire.error_detail.clone(),
            })
        }
        Wire::ColleagueAnswered(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::ColleagueAnswered {
                message: message_id(&wire.message_id)?,
                sealed: sealed::required(&wire.sealed, "sealed")?,
            })
        }
        Wire::IdentityChanged(wire) => {
            mine(&wire.conversation_id)?;
            let person = |bytes, field| optional_id(bytes, PersonId::from_slice, field);
            Ok(Event::IdentityChanged {
                previous: person(&wire.previous_person_id, "previous_person_id")?,
                current: person(&wire.current_person_id, "current_person_id")?,
                sealed: sealed::required(&wire.sealed, "sealed")?,
            })
        }
        Wire::MediaStored(wire) => {
            mine(&wire.conversation_id)?;
            Ok(Event::MediaStored {
                attachment: attachment(&wire.message_id, wire.revision, wire.index)?,
                file: StoredFile {
                    blob: bytes(&wire.blob_sha256, "blob_sha256")?,
                    key: id(&wire.key_id, KeyId::from_slice, "key_id")?,
                    media_type: wire.media_type.clone(),
                    size: wire.size,
                },
                sealed: sealed::required(&wire.sealed, "sealed")?,
            })
        }
        Wire::MediaFailed(wire) => {
            mine(&wire.conversation_id)?;
            let attachment = attachment(&wire.message_id, wire.revision, wire.index)?;
            Ok(Event::MediaFailed { attachment, code: wire.code.clone() })
        }
        // An event of another aggregate.
        _ => Err(Malformed("stream")),
    }
}

fn received(wire: &MessageReceived) -> Checked<Event> {
    Ok(Event::MessageReceived {
        message: message_id(&wire.message_id)?,
        channel: channel_from_wire(wire.channel).ok_or(Malformed("channel"))?,
        person: optional_id(&wire.person_id, PersonId::from_slice, "person_id")?,
        public: wire.public,
        addressed: wire.addressed,
        content_type: content_type_from_wire(wire.content_type).ok_or(Malformed("content_type"))?,
        attachments: wire.attachments,
        has_text: wire.has_text,
        quoted: optional_id(&wire.quoted_message_id, MessageId::from_slice, "quoted_message_id")?,
        sealed: sealed::required(&wire.sealed, "sealed")?,
    })
}

fn route(wire: &MessageRouted) -> Checked<Route> {
    use message_routed::Route as Wire;
    let ticket = optional_id(&wire.ticket_id, TicketId::from_slice, "ticket_id")?;
    let named = ticket.ok_or(Malformed("ticket_id"));
    match Wire::try_from(wire.route) {
        Ok(Wire::OpenedTicket) => named.map(Route::OpenedTicket),
        Ok(Wire::JoinedTicket) => named.map(Route::JoinedTicket),
        Ok(Wire::StatusAnswered) => Ok(Route::StatusAnswered(ticket)),
        Ok(Wire::QuestionAsked) => Ok(Route::QuestionAsked(ticket)),
        Ok(Wire::Noted) => Ok(Route::Noted(ticket)),
        Ok(Wire::Unspecified) | Err(_) => Err(Malformed("route")),
    }
}

fn attachment(message: &[u8], revision: u32, index: u32) -> Checked<Attachment> {
    Ok(Attachment { message: message_id(message)?, revision, index })
}

fn message_id(bytes: &[u8]) -> Checked<MessageId> {
    id(bytes, MessageId::from_slice, "message_id")
}

fn reply_id(bytes: &[u8]) -> Checked<ReplyId> {
    id(bytes, ReplyId::from_slice, "reply_id")
}
