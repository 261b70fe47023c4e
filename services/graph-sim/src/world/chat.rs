//! WhatsApp: one chat a phone, with the ticks of each message.

use super::Side;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contact {
    /// Digits, with the country code.
    pub phone: String,
    /// Chosen by the user.
    pub name: String,
    /// Business-scoped.
    pub user_id: String,
    /// Adopted a username, so that the city doesn't see the number.
    pub hides_number: bool,
}

/// In the order in which a message gets them; it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
}

impl Status {
    /// As statuses' webhooks say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// `wamid.…`
    pub id: String,
    /// The citizen's phone.
    pub with: String,
    pub from: Side,
    /// `text`, `image`, `location`, …
    pub kind: String,
    /// The body or the caption, or what else can be read of it.
    pub text: String,
    pub media: Option<String>,
    /// Latitude and longitude.
    pub place: Option<(f64, f64)>,
    pub at: Timestamp,
    pub status: Status,
    /// `biz_opaque_callback_data`
    pub callback: Option<String>,
}

#[derive(Debug, Default)]
pub struct Chats {
    contacts: BTreeMap<String, Contact>,
    by_phone: BTreeMap<String, Vec<Message>>,
    /// Phone and place in its chat.
    by_id: BTreeMap<String, (String, usize)>,
}

impl Chats {
    pub(super) fn meet(&mut self, contact: Contact) {
        self.contacts.insert(contact.phone.clone(), contact);
    }

    pub(super) fn add(&mut self, message: Message) {
        let chat = self.by_phone.entry(message.with.clone()).or_default();
        self.by_id.insert(message.id.clone(), (message.with.clone(), chat.len()));
        chat.push(message);
    }

    pub(super) fn set_status(&mut self, id: &str, status: Status) {
        let Some((phone, index)) = self.by_id.get(id) else { return };
        if let Some(message) = self.by_phone.get_mut(phone).and_then(|chat| chat.get_mut(*index)) {
            message.status = message.status.max(status);
        }
    }

    pub fn contact(&self, phone: &str) -> Option<&Contact> {
        self.contacts.get(phone)
    }

    pub fn contact_by_user_id(&self, user_id: &str) -> Option<&Contact> {
        self.contacts.values().find(|contact| contact.user_id == user_id)
    }

    pub fn message(&self, id: &str) -> Option<&Message> {
        let (phone, index) = self.by_id.get(id)?;
        self.by_phone.get(phone)?.get(*index)
    }

    pub fn messages(&self, phone: &str) -> &[Message] {
        self.by_phone.get(phone).map_or(&[], Vec::as_slice)
    }

    /// From here the 24 hours are counted.
    pub fn last_from_citizen(&self, phone: &str) -> Option<Timestamp> {
        let chat = self.messages(phone);
        chat.iter().rev().find(|message| message.from == Side::Citizen).map(|message| message.at)
    }

    /// Phone and messages, oldest first.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[Message])> {
        self.by_phone.iter().map(|(phone, messages)| (phone.as_str(), messages.as_slice()))
    }
}
