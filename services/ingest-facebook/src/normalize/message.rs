//! Messenger's messages: what a citizen wrote, changed, took back or pressed, and what went out in the page's name.

use super::{
    attachment,
    messenger::{CHANNEL, Event},
    sink::{self, Sink},
};
use segnalalo_proto::{
    json::reading::{Fields, fingerprint},
    observation::v1::{
        CitizenMessage, MessageEdit, MessageRemoval, OwnMessage, citizen_message::ContentType, inbound::Observation,
        message_removal,
    },
};
use serde_json::Value;

pub(super) fn received(event: &Event<'_>, message: &Value, sink: &mut Sink<'_>) {
    let mid = id(event, message);
    if message.flag("is_deleted") {
        let removal = MessageRemoval { provider_id: mid.clone(), verb: message_removal::Verb::Removed.into() };
        let key = format!("messenger:message:{mid}:remove");
        return sink.publish(CHANNEL, key, event.said(), Observation::Removal(removal));
    }
    let text = message.text("text");
    let attachments = attachment::of_message(message);
    let content = if message.flag("is_unsupported") {
        ContentType::Unsupported
    } else if message.field("quick_reply").is_some() {
        ContentType::Interactive
    } else {
        attachment::content(&text, &attachments)
    };
    let unread = content == ContentType::Unsupported || attachment::has_unread(&attachments);
    let citizens = CitizenMessage {
        content_type: content.into(),
        text,
        attachments,
        quoted_provider_id: message.field("reply_to").map(|to| to.id("mid")).unwrap_or_default(),
        raw: if unread { message.to_string() } else { String::new() },
        ..CitizenMessage::default()
    };
    publish(event, mid, citizens, sink);
}

/// A button with a text of ours on it; conversations of old customers' pages come without a payload.
pub(super) fn postback(event: &Event<'_>, postback: &Value, sink: &mut Sink<'_>) {
    let text = postback.text("title");
    let citizens = CitizenMessage {
        content_type: ContentType::Interactive.into(),
        raw: if text.is_empty() { postback.to_string() } else { String::new() },
        text,
        ..CitizenMessage::default()
    };
    publish(event, id(event, postback), citizens, sink);
}

/// A citizen did something that nobody here knows.
pub(super) fn unreadable(event: &Event<'_>, sink: &mut Sink<'_>) {
    let citizens = CitizenMessage {
        content_type: ContentType::Unsupported.into(),
        raw: event.element.to_string(),
        ..CitizenMessage::default()
    };
    publish(event, id(event, event.element), citizens, sink);
}

fn publish(event: &Event<'_>, mid: String, message: CitizenMessage, sink: &mut Sink<'_>) {
    let key = format!("messenger:message:{mid}:add");
    let message = CitizenMessage {
        provider_id: mid,
        author: Some(event.author()),
        has_hashtag: sink.has_hashtag(&message.text),
        answer_to: sink::messenger(&event.sender),
        ..message
    };
    sink.publish(CHANNEL, key, event.said(), Observation::Message(message));
}

pub(super) fn edited(event: &Event<'_>, edit: &Value, sink: &mut Sink<'_>) {
    let mid = id(event, edit);
    let text = edit.text("text");
    let content = fingerprint(&[&text, &edit.id("num_edit")]);
    let key = format!("messenger:message:{mid}:edit:{content}");
    let edit = MessageEdit {
        provider_id: mid,
        author: Some(event.author()),
        has_hashtag: sink.has_hashtag(&text),
        text,
        answer_to: sink::messenger(&event.sender),
        ..MessageEdit::default()
    };
    sink.publish(CHANNEL, key, event.said(), Observation::Edit(edit));
}

/// An echo: of ours, or a colleague's answer by hand.
pub(super) fn sent_by_page(event: &Event<'_>, message: &Value, sink: &mut Sink<'_>) {
    if message.flag("is_deleted") {
        return sink.ignore(1);
    }
    let mid = id(event, message);
    let key = format!("messenger:message:{mid}:own");
    let own = OwnMessage {
        provider_id: mid,
        text: message.text("text"),
        recipient: sink::messenger(&event.recipient),
        metadata: message.text("metadata"),
        app_id: message.id("app_id"),
        ..OwnMessage::default()
    };
    sink.publish(CHANNEL, key, event.said(), Observation::OwnMessage(own));
}

/// The message's id. An event without one gets one that a second delivery of it gets again.
fn id(event: &Event<'_>, value: &Value) -> String {
    let mid = value.id("mid");
    if mid.is_empty() { format!("unnamed.{}", fingerprint(&[&event.element.to_string()])) } else { mid }
}
