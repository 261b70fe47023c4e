//! Messenger: one thread a person.

use super::Side;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    pub mid: String,
    /// The person's page-scoped id.
    pub with: String,
    pub from: Side,
    pub text: String,
    /// Of the media that came along.
    pub media: Option<String>,
    pub at: Timestamp,
}

#[derive(Debug, Default)]
pub struct Threads {
    by_person: BTreeMap<String, Vec<Message>>,
    /// Posts and comments whose authors were written to because of them: once each.
    private_replies: BTreeSet<String>,
}

impl Threads {
    pub(super) fn add(&mut self, message: Message) {
        self.by_person.entry(message.with.clone()).or_default().push(message);
    }

    pub(super) fn replied_privately(&mut self, object: String) {
        self.private_replies.insert(object);
    }

    pub fn was_replied_privately(&self, object: &str) -> bool {
        self.private_replies.contains(object)
    }

    /// From here the 24 hours are counted.
    pub fn last_from_citizen(&self, person: &str) -> Option<Timestamp> {
        let messages = self.by_person.get(person)?;
        messages.iter().rev().find(|message| message.from == Side::Citizen).map(|message| message.at)
    }

    pub fn last(&self, person: &str) -> Option<&Message> {
        self.by_person.get(person)?.last()
    }

    /// Person and messages, oldest first.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[Message])> {
        self.by_person.iter().map(|(person, messages)| (person.as_str(), messages.as_slice()))
    }
}
