//! `messages[]`: one element each. Whoever wrote it is answered, so whatever has an author and isn't understood is
//! still his message.

use super::{
    content::{self, Content},
    identity,
    sink::Sink,
    system,
};
use segnalalo_proto::{
    common::v1::Author,
    json::reading::{Fields, fingerprint},
    observation::v1::{
        CitizenMessage, MessageEdit, MessageReaction, MessageRemoval, OwnMessage, citizen_message::ContentType,
        inbound::Observation, message_removal,
    },
};
use serde_json::Value;

/// `value` is what the message came in: it holds the contacts, and errors that may be the message's.
pub(super) fn read(message: &Value, value: &Value, sink: &mut Sink<'_>) {
    let kind = content::kind(message);
    let author = identity::author(message, value);
    let nested = |key: &str, id: &str| message.field(key).map(|object| object.id(id)).unwrap_or_default();
    match (kind.as_str(), author) {
        ("system", _) => system::read(message, sink),
        // The chat was opened: nobody has said anything.
        ("request_welcome", _) => sink.ignore(1),
        (_, None) => sink.notice("messages", message, message.instant("timestamp"), false),
        ("reaction", Some(author)) if !nested("reaction", "message_id").is_empty() => reaction(message, author, sink),
        ("edit", Some(author)) if !nested("edit", "original_message_id").is_empty() => edit(message, author, sink),
        ("revoke", Some(_)) if !nested("revoke", "original_message_id").is_empty() => {
            removal(message, nested("revoke", "original_message_id"), sink);
        }
        (kind, Some(author)) => written(message, kind, author, value, sink),
    }
}

fn written(message: &Value, kind: &str, author: Author, value: &Value, sink: &mut Sink<'_>) {
    let content = content::read(kind, message);
    let wamid = id(message);
    let context = message.field("context").unwrap_or(&Value::Null);
    let mut errors = content::errors(message.items("errors"));
    if errors.is_empty() {
        errors = content::errors(value.items("errors"));
    }
    let keep_raw = content.content_type == ContentType::Unsupported || content.unread;
    let key = format!("whatsapp:message:{wamid}");
    let citizens = CitizenMessage {
        provider_id: wamid,
        answer_to: identity::address(&author),
        author: Some(author),
        content_type: content.content_type.into(),
        text: content.text,
        attachments: content.attachments,
        quoted_provider_id: context.id("id"),
        forwarded: context.flag("forwarded") || context.flag("frequently_forwarded"),
        raw: if keep_raw { message.to_string() } else { String::new() },
        platform_error: errors,
        ..CitizenMessage::default()
    };
    sink.publish(key, message.instant("timestamp"), Observation::Message(citizens));
}

/// Taken back: without an emoji, or with an empty one.
fn reaction(message: &Value, author: Author, sink: &mut Sink<'_>) {
    let reaction = message.field("reaction").unwrap_or(&Value::Null);
    let (target, emoji) = (reaction.id("message_id"), reaction.id("emoji"));
    let key = format!("whatsapp:reaction:{target}:{}:{emoji}:{}", author.id, message.id("timestamp"));
    let observation = MessageReaction { provider_id: target, author: Some(author), reaction: emoji };
    sink.publish(key, message.instant("timestamp"), Observation::Reaction(observation));
}

fn edit(message: &Value, author: Author, sink: &mut Sink<'_>) {
    let edit = message.field("edit").unwrap_or(&Value::Null);
    let now = edit.field("message").unwrap_or(&Value::Null);
    let Content { text, attachments, .. } = content::read(&content::kind(now), now);
    let target = edit.id("original_message_id");
    let key = format!("whatsapp:edit:{target}:{}", fingerprint(&[&now.to_string(), &message.id("timestamp")]));
    let observation = MessageEdit {
        provider_id: target,
        answer_to: identity::address(&author),
        author: Some(author),
        text,
        attachments,
        ..MessageEdit::default()
    };
    sink.publish(key, message.instant("timestamp"), Observation::Edit(observation));
}

fn removal(message: &Value, target: String, sink: &mut Sink<'_>) {
    let key = format!("whatsapp:revoke:{target}");
    let observation = MessageRemoval { provider_id: target, verb: message_removal::Verb::Removed.into() };
    sink.publish(key, message.instant("timestamp"), Observation::Removal(observation));
}

/// A colleague answered from the app on the number's own phone.
pub(super) fn sent_by_us(echo: &Value, sink: &mut Sink<'_>) {
    let kind = content::kind(echo);
    if !echo.is_object() || ["edit", "revoke", "reaction"].contains(&kind.as_str()) {
        return sink.ignore(1);
    }
    let wamid = id(echo);
    let key = format!("whatsapp:own:{wamid}");
    let own = OwnMessage {
        provider_id: wamid,
        text: content::read(&kind, echo).text,
        recipient: identity::person(&echo.id("to"), &echo.id("to_user_id")).as_ref().and_then(identity::address),
        ..OwnMessage::default()
    };
    sink.publish(key, echo.instant("timestamp"), Observation::OwnMessage(own));
}

/// The message's id. One without gets one that a second delivery of it gets again.
fn id(message: &Value) -> String {
    let wamid = message.id("id");
    if wamid.is_empty() { format!("unnamed.{}", fingerprint(&[&message.to_string()])) } else { wamid }
}
