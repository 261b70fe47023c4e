//! Where the readers of elements put what they found.

use super::{Settings, hashtag};
use jiff::Timestamp;
use segnalalo_kit::webhook::Accepted;
use segnalalo_proto::{
    common::v1::{Address, Channel, address},
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

    /// `said`: when the platform says it happened, the likeliest first.
    pub fn publish<const N: usize>(
        &mut self,
        channel: Channel,
        dedupe_key: String,
        said: [Option<Timestamp>; N],
        observation: Observation,
    ) {
        let occurred_at = reading::occurred(said, self.received_at);
        self.accepted.inbound.push(Inbound {
            received_at: Some(time::to_wire(self.received_at)),
            occurred_at: Some(time::to_wire(occurred_at)),
            channel: channel.into(),
            dedupe_key,
            observation: Some(observation),
        });
    }

    /// Known, and no concern of ours.
    pub fn ignore(&mut self, elements: usize) {
        self.accepted.ignored += elements as u64;
    }

    /// Kept for the operator to see.
    pub fn notice(&mut self, channel: Channel, subject: &str, raw: &Value, said: Option<Timestamp>, known: bool) {
        let raw = raw.to_string();
        // Without a time of the platform's, the same words on another day are told again.
        let day = || self.received_at.strftime("%F").to_string();
        let when = said.map_or_else(day, |at| at.to_string());
        let key = format!("facebook:notice:{}", reading::fingerprint(&[subject, &raw, &when]));
        let notice = ChannelNotice { subject: subject.to_owned(), raw, known };
        self.publish(channel, key, [said], Observation::Notice(notice));
    }

    pub fn is_page(&self, id: &str) -> bool {
        id == self.settings.page_id
    }

    pub fn has_hashtag(&self, text: &str) -> bool {
        hashtag::is_in(text, &self.settings.hashtag)
    }
}

/// Where to comment: a post or a root comment. Nowhere when its id is unknown.
pub(super) fn facebook(object: &str) -> Option<Address> {
    to(object, address::To::FacebookObjectId)
}

pub(super) fn messenger(psid: &str) -> Option<Address> {
    to(psid, address::To::MessengerPsid)
}

fn to(id: &str, kind: fn(String) -> address::To) -> Option<Address> {
    (!id.is_empty()).then(|| Address { to: Some(kind(id.to_owned())) })
}
