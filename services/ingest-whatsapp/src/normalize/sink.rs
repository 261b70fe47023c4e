//! Where the readers of elements put what they found.

use super::Settings;
use jiff::Timestamp;
use segnalalo_kit::webhook::Accepted;
use segnalalo_proto::{
    common::v1::Channel,
    json::reading,
    observation::v1::{ChannelNotice, Inbound, inbound::Observation},
    time,
};
use serde_json::Value;

pub(super) struct Sink<'a> {
    pub settings: &'a Settings,
    pub received_at: Timestamp,
    pub accepted: Accepted,
}

impl<'a> Sink<'a> {
    pub fn new(settings: &'a Settings, received_at: Timestamp) -> Self {
        Self { settings, received_at, accepted: Accepted::default() }
    }

    /// `said`: when the platform says it happened.
    pub fn publish(&mut self, dedupe_key: String, said: Option<Timestamp>, observation: Observation) {
        let occurred_at = reading::occurred([said], self.received_at);
        self.accepted.inbound.push(Inbound {
            received_at: Some(time::to_wire(self.received_at)),
            occurred_at: Some(time::to_wire(occurred_at)),
            channel: Channel::Whatsapp.into(),
            dedupe_key,
            observation: Some(observation),
        });
    }

    /// Known, and no concern of ours.
    pub fn ignore(&mut self, elements: usize) {
        self.accepted.ignored += elements as u64;
    }

    /// Kept for the operator to see.
    pub fn notice(&mut self, subject: &str, raw: &Value, said: Option<Timestamp>, known: bool) {
        let raw = raw.to_string();
        // Without a time of the platform's, the same words on another day are told again.
        let day = || self.received_at.strftime("%F").to_string();
        let when = said.map_or_else(day, |at| at.to_string());
        let key = format!("whatsapp:notice:{}", reading::fingerprint(&[subject, &raw, &when]));
        let notice = ChannelNotice { subject: subject.to_owned(), raw, known };
        self.publish(key, said, Observation::Notice(notice));
    }
}
