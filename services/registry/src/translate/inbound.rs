//! INBOUND: elements of webhooks.

use super::{Error, Translated, detail::masked};
use crate::identity::Identity;
use prost::Message as _;
use segnalalo_domain::{
    desk::{
        ChangeIdentity, Command, DeliveryReport, EditMessage, OwnMessage, ReactToMessage, ReceiveMessage, RemoveMessage,
    },
    event::conversation::{DeliveryStatus, RemovalVerb},
    id::{ConversationId, ReplyId},
    words::{Channel, ContentType},
};
use segnalalo_proto::{
    common::v1::{Address, Author, PersonalContent, address::To, author::IdType},
    convert::{channel_from_wire, delivery_status_from_wire, inbound_content_type_from_wire, removal_verb_from_wire},
    observation::v1::{self as wire, citizen_message, inbound::Observation},
    sealed, time,
};
use sha2::{Digest, Sha256};

/// # Errors
/// What makes the payload unusable; it is then parked.
pub fn inbound(payload: &[u8], identity: &Identity) -> Result<Translated, Error> {
    let inbound = wire::Inbound::decode(payload).map_err(Error::NotProtobuf)?;
    let channel = channel_from_wire(inbound.channel).ok_or(Error::Field("channel"))?;
    let at = |stamp: Option<&prost_types::Timestamp>| stamp.and_then(time::from_wire);
    let occurred_at = at(inbound.occurred_at.as_ref())
        .or_else(|| at(inbound.received_at.as_ref()))
        .ok_or(Error::Field("received_at"))?;
    if inbound.dedupe_key.is_empty() {
        return Err(Error::Field("dedupe_key"));
    }
    let translate = Translate { channel, identity };
    let command = translate.command(inbound.observation.ok_or(Error::UnknownKind)?)?;
    let cause = identity.cause("inbound", &inbound.dedupe_key);
    Ok(Translated { cause, occurred_at, command })
}

struct Translate<'a> {
    channel: Channel,
    identity: &'a Identity,
}

impl Translate<'_> {
    fn command(&self, observation: Observation) -> Result<Command, Error> {
        Ok(match observation {
            Observation::Message(message) => Command::ReceiveMessage(self.message(message)?),
            Observation::Edit(edit) => Command::EditMessage(self.edit(edit)?),
            Observation::Removal(removal) => Command::RemoveMessage(RemoveMessage {
                message: self.message_id(&removal.provider_id)?,
                verb: removal_verb_from_wire(removal.verb).unwrap_or(RemovalVerb::Removed),
            }),
            Observation::Reaction(reaction) => Command::ReactToMessage(ReactToMessage {
                message: self.message_id(&reaction.provider_id)?,
                person: reaction.author.as_ref().and_then(|author| self.identity.person(author)),
                reaction: reaction.reaction,
            }),
            Observation::Status(status) => Command::ReportDelivery(self.status(status)?),
            Observation::OwnMessage(own) => Command::RecordOwnMessage(self.own(own)?),
            Observation::Notice(notice) => Command::RecordNotice {
                channel: self.channel,
                subject: notice.subject,
                known: notice.known,
                sealed: sealed::seal(None, &PersonalContent { raw: notice.raw, ..PersonalContent::default() }),
            },
            Observation::IdentityChange(change) => Command::ChangeIdentity(self.identity_change(change)?),
        })
    }

    fn message_id(&self, provider_id: &str) -> Result<segnalalo_domain::id::MessageId, Error> {
        self.identity.message(self.channel, provider_id).ok_or(Error::Field("provider_id"))
    }

    fn message(&self, message: wire::CitizenMessage) -> Result<ReceiveMessage, Error> {
        let author = message.author.clone().unwrap_or_default();
        let person = self.identity.person(&author);
        let content_type = inbound_content_type_from_wire(message.content_type).unwrap_or(ContentType::Unsupported);
        let raw = if message.platform_error.is_empty() {
            message.raw
        } else {
            format!("{}\n{}", message.platform_error, message.raw)
        };
        Ok(ReceiveMessage {
            conversations: self.conversations(message.thread.as_ref(), &author, &message.provider_id),
            message: self.message_id(&message.provider_id)?,
            channel: self.channel,
            person,
            addressed: message.has_hashtag || !self.channel.is_public(),
            content_type,
            attachments: u32::try_from(message.attachments.len()).unwrap_or(u32::MAX),
            has_text: !message.text.trim().is_empty(),
            quoted: self.identity.message(self.channel, &message.quoted_provider_id),
            sealed: sealed::seal(
                person,
                &PersonalContent {
                    author: message.author,
                    text: message.text,
                    attachments: message.attachments,
                    address: message.answer_to,
                    provider_id: message.provider_id,
                    raw,
                    ..PersonalContent::default()
                },
            ),
        })
    }

    fn conversations(
        &self,
        thread: Option<&wire::FacebookThread>,
        author: &Author,
        provider_id: &str,
    ) -> Vec<ConversationId> {
        if let Some(thread) = thread.filter(|_| self.channel.is_public()) {
            return [&thread.post_id, &thread.root_comment_id]
                .into_iter()
                .filter(|id| !id.is_empty())
                .map(|id| self.identity.thread(id))
                .collect();
        }
        let mut conversations = self.identity.private(self.channel, author);
        if conversations.is_empty() {
            conversations.push(self.identity.nobody(self.channel, provider_id));
        }
        conversations
    }

    fn edit(&self, edit: wire::MessageEdit) -> Result<EditMessage, Error> {
        let content_type = if edit.text.trim().is_empty() {
            citizen_message::ContentType::Media
        } else {
            citizen_message::ContentType::Text
        };
        let as_new = self.message(wire::CitizenMessage {
            provider_id: edit.provider_id,
            author: edit.author,
            content_type: content_type as i32,
            text: edit.text,
            attachments: edit.attachments,
            thread: edit.thread,
            has_hashtag: edit.has_hashtag,
            answer_to: edit.answer_to,
            ..wire::CitizenMessage::default()
        })?;
        Ok(EditMessage { message: as_new.message, sealed: as_new.sealed.clone(), as_new })
    }

    fn status(&self, status: wire::DeliveryStatus) -> Result<DeliveryReport, Error> {
        let watermark = match (&status.recipient, &status.watermark) {
            (Some(recipient), Some(until)) if status.provider_id.is_empty() => {
                let conversation = self.recipient(recipient).ok_or(Error::Field("recipient"))?;
                Some((conversation, time::from_wire(until).ok_or(Error::Field("watermark"))?))
            }
            _ => None,
        };
        Ok(DeliveryReport {
            message: self.identity.message(self.channel, &status.provider_id),
            callback: callback(&status.callback_data),
            watermark,
            status: delivery_status_from_wire(status.status).unwrap_or(DeliveryStatus::Sent),
            error_code: status.error_code,
            error_detail: masked(&status.error_detail),
            sealed: provider_box(status.provider_id),
        })
    }

    fn own(&self, own: wire::OwnMessage) -> Result<OwnMessage, Error> {
        let conversations = match &own.recipient {
            Some(recipient) => self.recipient(recipient).into_iter().collect(),
            None => self.conversations(own.thread.as_ref(), &Author::default(), &own.provider_id),
        };
        Ok(OwnMessage {
            conversations,
            message: self.message_id(&own.provider_id)?,
            text_sha256: text_sha256(&own.text),
            callback: callback(&own.metadata),
            sealed: sealed::seal(
                None,
                &PersonalContent { text: own.text, provider_id: own.provider_id, ..PersonalContent::default() },
            ),
        })
    }

    /// The private conversation behind an address.
    fn recipient(&self, recipient: &Address) -> Option<ConversationId> {
        let (id, id_type) = match recipient.to.as_ref()? {
            To::WhatsappPhone(id) => (id, IdType::Phone),
            To::WhatsappUserId(id) => (id, IdType::BusinessScoped),
            To::MessengerPsid(id) => (id, IdType::PageScoped),
            To::FacebookObjectId(id) => return Some(self.identity.thread(id)),
        };
        let author = Author { id: id.clone(), id_type: id_type as i32, ..Author::default() };
        self.identity.private(self.channel, &author).pop()
    }

    fn identity_change(&self, change: wire::IdentityChange) -> Result<ChangeIdentity, Error> {
        let previous = change.previous.clone().unwrap_or_default();
        let conversations = self.identity.private(self.channel, &previous);
        if conversations.is_empty() {
            return Err(Error::Field("previous"));
        }
        let previous = self.identity.person(&previous);
        let address = change.current.as_ref().and_then(answer_to);
        Ok(ChangeIdentity {
            conversations,
            previous,
            current: change.current.as_ref().and_then(|author| self.identity.person(author)),
            sealed: sealed::seal(
                previous,
                &PersonalContent { author: change.current, address, raw: change.raw, ..PersonalContent::default() },
            ),
        })
    }
}

/// Where a person is answered in private from now on. Messenger's ids never change.
fn answer_to(author: &Author) -> Option<Address> {
    let to = match author.id_type() {
        IdType::Phone => To::WhatsappPhone(author.id.clone()),
        IdType::BusinessScoped => To::WhatsappUserId(author.id.clone()),
        IdType::PageScoped | IdType::Unspecified => return None,
    };
    Some(Address { to: Some(to) })
}

/// By this our own comment is known when it comes back: platforms trim what they store.
pub fn text_sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.trim().as_bytes()).into()
}

pub(super) fn provider_box(provider_id: String) -> segnalalo_domain::sealed::Sealed {
    sealed::seal(None, &PersonalContent { provider_id, ..PersonalContent::default() })
}

/// `<reply>.<attempt>`: what we send along, given back.
fn callback(data: &str) -> Option<(ReplyId, u32)> {
    let (reply, attempt) = data.split_once('.')?;
    Some((reply.parse().ok()?, attempt.parse().ok()?))
}
