//! Meta, as far as it concerns us: it takes POSTs or not and says so or not, shows comments, and tells of everything by
//! webhooks until they are answered with 200, now and then once more. Its ledger is the truth on what citizens read.

use super::{citizens::Person, dice::Dice};
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use segnalalo_domain::id::ReplyId;
use segnalalo_notifier::graph::{Class, Form, ReadBack, Sent, WhatsappTo, classify};
use segnalalo_proto::{
    common::v1::{Address, Channel, address::To},
    observation::v1::{DeliveryStatus, FacebookThread, Inbound, OwnMessage, delivery_status, inbound::Observation},
    time,
};
use std::collections::BTreeMap;

/// A message that a citizen can read.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub reply: ReplyId,
    pub at: Timestamp,
    /// Comment's object or person.
    pub to: String,
    pub text: String,
    pub provider_id: String,
}

/// An element of a webhook that hasn't been answered yet, or is sent once more.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub inbound: Inbound,
    /// Not before.
    pub at: Timestamp,
}

#[derive(Default)]
pub struct Meta {
    pub accepted: Vec<Accepted>,
    pub webhooks: Vec<Webhook>,
    /// Elements that were answered with 200.
    pub answered: BTreeMap<String, Inbound>,
    /// POSTs that are on their way though nobody waits for them any more.
    pub late: Vec<(Timestamp, Form, String, String)>,
    sent: u64,
    /// Requests, whatever came of them.
    pub posts: u64,
}

/// Errors that Meta gives, of each class that is no `Unknown`.
const REFUSALS: [i64; 7] = [131_056, 131_049, 1, 100, 190, 2, 131_026];
const LONGEST_WAY: i64 = 30;

impl Meta {
    pub fn tell(&mut self, inbound: Inbound, at: Timestamp) {
        self.webhooks.push(Webhook { inbound, at });
    }

    /// One POST, in trouble or not.
    pub fn post(
        &mut self,
        call: (&Form, &str, &str),
        people: &[Person],
        dice: &mut Dice,
        now: Timestamp,
        trouble: bool,
    ) -> Sent {
        self.posts += 1;
        let (form, text, callback) = call;
        let unknown = || Sent::Unknown { detail: "time-out".to_owned() };
        let throw = if trouble { dice.below(100) } else { 99 };
        match throw {
            0..6 => unknown(),
            6..14 => {
                let at = now + SignedDuration::from_secs(dice.between(0, LONGEST_WAY));
                self.late.push((at, form.clone(), text.to_owned(), callback.to_owned()));
                unknown()
            }
            14..24 => {
                self.accept(form, text, callback, people, dice, now);
                unknown()
            }
            24..29 => Sent::Refused {
                code: "connect".to_owned(),
                detail: "no connection".to_owned(),
                class: Class::Offline,
                wait: None,
            },
            29..38 => {
                let code = *dice.pick(&REFUSALS);
                Sent::Refused { code: code.to_string(), detail: String::new(), class: classify(code, 0), wait: None }
            }
            _ => Sent::Accepted { provider_id: self.accept(form, text, callback, people, dice, now) },
        }
    }

    /// Those that arrive now.
    pub fn land(&mut self, people: &[Person], dice: &mut Dice, now: Timestamp) -> usize {
        let (landing, flying): (Vec<_>, Vec<_>) = self.late.drain(..).partition(|(at, ..)| *at <= now);
        self.late = flying;
        for (_, form, text, callback) in &landing {
            self.accept(form, text, callback, people, dice, now);
        }
        landing.len()
    }

    fn accept(
        &mut self,
        form: &Form,
        text: &str,
        callback: &str,
        people: &[Person],
        dice: &mut Dice,
        now: Timestamp,
    ) -> String {
        self.sent += 1;
        let provider_id = format!("ours.{}", self.sent);
        let reply = callback.split('.').next().and_then(|id| id.parse().ok()).unwrap_or(ReplyId([0; 16]));
        let to = address(form);
        self.accepted.push(Accepted {
            reply,
            at: now,
            to: to.clone(),
            text: text.to_owned(),
            provider_id: provider_id.clone(),
        });
        match form {
            Form::Comment { object } => self.echo_comment(object, text, &provider_id, people, now),
            Form::Messenger { psid, .. } => {
                let recipient = Address { to: Some(To::MessengerPsid(psid.clone())) };
                self.echo(Some(recipient), text, &provider_id, callback, now);
            }
            Form::WhatsappText { .. } | Form::WhatsappTemplate { .. } => {
                self.statuses(&provider_id, callback, dice, now);
            }
        }
        provider_id
    }

    fn echo_comment(&mut self, object: &str, text: &str, provider_id: &str, people: &[Person], now: Timestamp) {
        let thread = people.iter().find_map(|person| person.thread_of(object));
        let own = OwnMessage {
            provider_id: provider_id.to_owned(),
            text: text.to_owned(),
            thread: thread
                .or_else(|| Some(FacebookThread { post_id: object.to_owned(), root_comment_id: String::new() })),
            ..OwnMessage::default()
        };
        let key = format!("facebook:own:{provider_id}");
        self.tell(element(Channel::FacebookComment, key, now, Observation::OwnMessage(own)), now);
    }

    fn echo(&mut self, recipient: Option<Address>, text: &str, provider_id: &str, metadata: &str, now: Timestamp) {
        let own = OwnMessage {
            provider_id: provider_id.to_owned(),
            text: text.to_owned(),
            recipient,
            metadata: metadata.to_owned(),
            ..OwnMessage::default()
        };
        let key = format!("facebook:own:{provider_id}");
        self.tell(element(Channel::Messenger, key, now, Observation::OwnMessage(own)), now);
    }

    fn statuses(&mut self, provider_id: &str, callback: &str, dice: &mut Dice, now: Timestamp) {
        use delivery_status::Status;
        let most = dice.below(4);
        for (after, status) in [(0, Status::Sent), (1, Status::Delivered), (40, Status::Read)].into_iter().take(most) {
            let report = DeliveryStatus {
                provider_id: provider_id.to_owned(),
                status: status.into(),
                callback_data: callback.to_owned(),
                ..DeliveryStatus::default()
            };
            let at = now + SignedDuration::from_secs(after);
            let key = format!("whatsapp:status:{provider_id}:{}", status.as_str_name());
            self.tell(element(Channel::Whatsapp, key, at, Observation::Status(report)), at);
        }
    }

    /// A colleague writes by hand.
    pub fn colleague(&mut self, person: &Person, now: Timestamp) {
        let Some((thread, recipient)) = person.where_to_answer() else {
            return;
        };
        self.sent += 1;
        let provider_id = format!("colleague.{}", self.sent);
        let own = OwnMessage {
            provider_id: provider_id.clone(),
            text: "Buongiorno, ce ne occupiamo noi.".to_owned(),
            thread,
            recipient,
            ..OwnMessage::default()
        };
        let key = format!("facebook:own:{provider_id}");
        self.tell(element(person.channel, key, now, Observation::OwnMessage(own)), now);
    }

    pub fn find_comment(&self, object: &str, text: &str, attempted_at: Timestamp) -> ReadBack {
        let since = attempted_at - SignedDuration::from_mins(2);
        let found = self.accepted.iter().find(|one| one.to == object && one.text == text && one.at >= since);
        found.map_or(ReadBack::NotThere, |one| ReadBack::Found(one.provider_id.clone()))
    }

    /// How many of a reply's POSTs a citizen can read.
    pub fn count(&self, reply: ReplyId) -> usize {
        self.accepted.iter().filter(|one| one.reply == reply).count()
    }

    /// Whether a POST of the reply may still arrive.
    pub fn is_on_its_way(&self, reply: ReplyId) -> bool {
        self.late.iter().any(|(_, _, _, callback)| callback.starts_with(&reply.to_string()))
    }

    /// A 200: it need not come again.
    pub fn answered(&mut self, webhook: &Webhook) {
        self.answered.insert(webhook.inbound.dedupe_key.clone(), webhook.inbound.clone());
    }
}

pub fn element(channel: Channel, dedupe_key: String, at: Timestamp, observation: Observation) -> Inbound {
    Inbound {
        received_at: Some(time::to_wire(at)),
        occurred_at: Some(time::to_wire(at)),
        channel: channel.into(),
        dedupe_key,
        observation: Some(observation),
    }
}

pub fn payload(inbound: &Inbound) -> bytes::Bytes {
    inbound.encode_to_vec().into()
}

fn address(form: &Form) -> String {
    match form {
        Form::Comment { object } => object.clone(),
        Form::Messenger { psid, .. } => psid.clone(),
        Form::WhatsappText { to } | Form::WhatsappTemplate { to, .. } => match to {
            WhatsappTo::Phone(id) | WhatsappTo::User(id) => id.clone(),
        },
    }
}
