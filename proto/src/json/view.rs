//! An observation as a JSON object: one line of `segnalalo normalize`, and of the golden files of the normalisers. It is
//! for people and for tests; no process reads it. What is empty is left out. It shows personal data as they came.

use crate::{
    common::v1::{Address, Attachment, Author, Channel, PersonalContent, address, attachment, author},
    observation::v1::{
        ChannelNotice, CitizenMessage, DeliveryStatus, FacebookThread, IdentityChange, Inbound, MessageEdit,
        MessageReaction, MessageRemoval, OwnMessage, citizen_message, delivery_status, inbound::Observation,
        message_removal,
    },
    time,
};
use serde_json::{Map, Value};

/// The observation with its words as `docs/glossary.md` spells them, lower case.
pub fn inbound(inbound: &Inbound) -> Value {
    let mut line = Line::default();
    let channel = Channel::try_from(inbound.channel).map_or("unknown", |channel| channel.as_str_name());
    line.word("channel", channel, "CHANNEL_");
    match &inbound.observation {
        Some(Observation::Message(message)) => citizen(&mut line, message),
        Some(Observation::Edit(edit)) => edited(&mut line, edit),
        Some(Observation::Removal(removal)) => removed(&mut line, removal),
        Some(Observation::Reaction(reaction)) => reacted(&mut line, reaction),
        Some(Observation::Status(status)) => delivered(&mut line, status),
        Some(Observation::OwnMessage(own)) => said_by_us(&mut line, own),
        Some(Observation::Notice(notice)) => noticed(&mut line, notice),
        Some(Observation::IdentityChange(change)) => renamed(&mut line, change),
        None => line.text("kind", "empty"),
    }
    line.instant("occurred_at", inbound.occurred_at.as_ref());
    line.instant("received_at", inbound.received_at.as_ref());
    line.text("dedupe_key", &inbound.dedupe_key);
    Value::Object(line.0)
}

/// What a sealed box holds. What is empty is left out.
pub fn content(content: &PersonalContent) -> Value {
    let mut line = Line::default();
    line.author("author", content.author.as_ref());
    line.text("text", &content.text);
    line.attachments(&content.attachments);
    line.address("address", content.address.as_ref());
    line.text("provider_id", &content.provider_id);
    line.text("place", &content.place);
    if !content.because.is_empty() {
        line.set("because", content.because.clone());
    }
    if !content.pii.is_empty() {
        let found = content.pii.iter().map(|datum| serde_json::json!({ "type": datum.r#type, "value": datum.value }));
        line.set("pii", found.collect::<Vec<_>>());
    }
    line.raw(&content.raw);
    Value::Object(line.0)
}

fn citizen(line: &mut Line, message: &CitizenMessage) {
    line.text("kind", "message");
    line.text("id", &message.provider_id);
    line.author("author", message.author.as_ref());
    let content = citizen_message::ContentType::try_from(message.content_type);
    line.word("content", content.map_or("unknown", |content| content.as_str_name()), "CONTENT_TYPE_");
    line.text("text", &message.text);
    line.attachments(&message.attachments);
    line.thread(message.thread.as_ref());
    line.set("hashtag", message.has_hashtag);
    line.text("quoted", &message.quoted_provider_id);
    line.flag("forwarded", message.forwarded);
    line.address("answer_to", message.answer_to.as_ref());
    line.text("platform_error", &message.platform_error);
    line.raw(&message.raw);
}

fn edited(line: &mut Line, edit: &MessageEdit) {
    line.text("kind", "edit");
    line.text("id", &edit.provider_id);
    line.author("author", edit.author.as_ref());
    line.text("text", &edit.text);
    line.attachments(&edit.attachments);
    line.thread(edit.thread.as_ref());
    line.set("hashtag", edit.has_hashtag);
    line.address("answer_to", edit.answer_to.as_ref());
}

fn removed(line: &mut Line, removal: &MessageRemoval) {
    line.text("kind", "removal");
    line.text("id", &removal.provider_id);
    let verb = message_removal::Verb::try_from(removal.verb);
    line.word("verb", verb.map_or("unknown", |verb| verb.as_str_name()), "VERB_");
}

fn reacted(line: &mut Line, reaction: &MessageReaction) {
    line.text("kind", "reaction");
    line.text("id", &reaction.provider_id);
    line.author("author", reaction.author.as_ref());
    line.set("reaction", reaction.reaction.clone());
}

fn delivered(line: &mut Line, status: &DeliveryStatus) {
    line.text("kind", "status");
    line.text("id", &status.provider_id);
    let word = delivery_status::Status::try_from(status.status);
    line.word("status", word.map_or("unknown", |status| status.as_str_name()), "STATUS_");
    line.text("callback_data", &status.callback_data);
    line.text("error_code", &status.error_code);
    line.text("error_detail", &status.error_detail);
    line.instant("watermark", status.watermark.as_ref());
    line.address("recipient", status.recipient.as_ref());
}

fn said_by_us(line: &mut Line, own: &OwnMessage) {
    line.text("kind", "own_message");
    line.text("id", &own.provider_id);
    line.text("text", &own.text);
    line.thread(own.thread.as_ref());
    line.address("recipient", own.recipient.as_ref());
    line.text("metadata", &own.metadata);
    line.text("app_id", &own.app_id);
}

fn noticed(line: &mut Line, notice: &ChannelNotice) {
    line.text("kind", "notice");
    line.text("subject", &notice.subject);
    line.set("known", notice.known);
    line.raw(&notice.raw);
}

fn renamed(line: &mut Line, change: &IdentityChange) {
    line.text("kind", "identity_change");
    line.author("previous", change.previous.as_ref());
    line.author("current", change.current.as_ref());
    line.raw(&change.raw);
}

#[derive(Default)]
struct Line(Map<String, Value>);

impl Line {
    fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.set(key, text);
        }
    }

    fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.set(key, true);
        }
    }

    /// A name of the contract without its prefix.
    fn word(&mut self, key: &str, name: &str, prefix: &str) {
        self.set(key, name.trim_start_matches(prefix).to_ascii_lowercase());
    }

    fn instant(&mut self, key: &str, instant: Option<&prost_types::Timestamp>) {
        if let Some(instant) = instant.and_then(time::from_wire) {
            self.set(key, instant.to_string());
        }
    }

    /// As JSON where it is some.
    fn raw(&mut self, raw: &str) {
        if !raw.is_empty() {
            self.set("raw", serde_json::from_str(raw).unwrap_or_else(|_| Value::from(raw)));
        }
    }

    fn part(&mut self, key: &str, part: Self) {
        if !part.0.is_empty() {
            self.set(key, part.0);
        }
    }

    fn author(&mut self, key: &str, author: Option<&Author>) {
        let Some(author) = author else { return };
        let mut part = Self::default();
        if !author.id.is_empty() {
            let id_type = author::IdType::try_from(author.id_type);
            part.word("id_type", id_type.map_or("unknown", |id_type| id_type.as_str_name()), "ID_TYPE_");
        }
        part.text("id", &author.id);
        part.text("name", &author.name);
        part.text("username", &author.username);
        part.text("business_scoped_id", &author.business_scoped_id);
        self.part(key, part);
    }

    fn thread(&mut self, thread: Option<&FacebookThread>) {
        let Some(thread) = thread else { return };
        let mut part = Self::default();
        part.text("post", &thread.post_id);
        part.text("root_comment", &thread.root_comment_id);
        self.part("thread", part);
    }

    fn address(&mut self, key: &str, address: Option<&Address>) {
        let Some(to) = address.and_then(|address| address.to.as_ref()) else {
            return;
        };
        let mut part = Self::default();
        match to {
            address::To::WhatsappPhone(id) => part.text("whatsapp_phone", id),
            address::To::WhatsappUserId(id) => part.text("whatsapp_user_id", id),
            address::To::MessengerPsid(id) => part.text("messenger_psid", id),
            address::To::FacebookObjectId(id) => part.text("facebook_object_id", id),
        }
        self.part(key, part);
    }

    fn attachments(&mut self, attachments: &[Attachment]) {
        if !attachments.is_empty() {
            self.set("attachments", attachments.iter().map(attached).collect::<Vec<_>>());
        }
    }
}

fn attached(attachment: &Attachment) -> Value {
    let mut part = Line::default();
    let kind = attachment::Type::try_from(attachment.r#type);
    part.word("type", kind.map_or("unknown", |kind| kind.as_str_name()), "TYPE_");
    part.text("media_id", &attachment.media_id);
    part.text("url", &attachment.url);
    part.text("mime_type", &attachment.mime_type);
    part.text("sha256", &attachment.sha256);
    part.text("filename", &attachment.filename);
    for (key, degrees) in [("latitude", attachment.latitude), ("longitude", attachment.longitude)] {
        if let Some(degrees) = degrees {
            part.set(key, degrees);
        }
    }
    part.text("title", &attachment.title);
    part.text("detail", &attachment.detail);
    Value::Object(part.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_is_shown_with_the_words_of_the_contract_and_without_what_is_empty() {
        let message = CitizenMessage {
            provider_id: "wamid.X".to_owned(),
            author: Some(Author {
                id_type: author::IdType::Phone.into(),
                id: "393331234567".to_owned(),
                ..Author::default()
            }),
            content_type: citizen_message::ContentType::Unsupported.into(),
            answer_to: Some(Address { to: Some(address::To::WhatsappPhone("393331234567".to_owned())) }),
            raw: r#"{"type":"poll"}"#.to_owned(),
            ..CitizenMessage::default()
        };
        let shown = inbound(&Inbound {
            channel: Channel::Whatsapp.into(),
            dedupe_key: "k".to_owned(),
            observation: Some(Observation::Message(message)),
            ..Inbound::default()
        });
        assert_eq!(
            shown,
            json!({
                "channel": "whatsapp", "kind": "message", "id": "wamid.X", "content": "unsupported", "hashtag": false,
                "author": {"id_type": "phone", "id": "393331234567"},
                "answer_to": {"whatsapp_phone": "393331234567"},
                "raw": {"type": "poll"}, "dedupe_key": "k",
            })
        );
    }
}
