//! Faults on demand: what the next request to send, or the next webhooks, are to suffer. Each waits for something that
//! fits and serves so many times. The oldest that fits is taken.

pub mod gate;
pub mod notation;

use crate::{
    graph::error::{Error, ErrorSpec},
    ledger::{Call, Channel},
    outbox::{Planned, Signature},
    world::Side,
};
use serde::{Deserialize, Serialize};
use std::{iter, time::Duration};

/// Which requests and which citizens' doings it concerns. What isn't given fits everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    pub channel: Option<Channel>,
    pub text_contains: Option<String>,
    /// As in the ledger.
    pub to: Option<String>,
    /// `city`: requests to send. `citizen`: what citizens do, of which only the webhooks can suffer.
    pub from: Option<Side>,
}

/// Several may be given together; `delay_ms` comes first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Not accepted, and this is answered.
    pub error: Option<ErrorSpec>,
    pub delay_ms: Option<u64>,
    /// Never accepted; the connection is held until the caller has enough.
    pub timeout_before: bool,
    /// Accepted; then the same.
    pub timeout_after: bool,
    /// Accepted; the connection ends in the middle of the answer.
    pub reset_mid_answer: bool,
    /// Accepted; the connection ends without an answer.
    pub reset_after: bool,
    /// Not accepted; the connection ends without an answer.
    pub reset_before: bool,
    /// 200 with something that is no JSON. Accepted unless `accepted` says otherwise.
    pub garbage_200: bool,
    /// 500 without JSON. Not accepted unless `accepted` says otherwise.
    pub http_500: bool,
    pub accepted: Option<bool>,
    /// So many times more.
    pub duplicate_webhooks: u32,
    /// The last first.
    pub reorder_webhooks: bool,
    /// Later, by milliseconds.
    pub hold_webhooks: u64,
    pub lose_webhooks: bool,
    pub signature: Signature,
    /// WhatsApp: accepted, and `failed` follows in a status.
    pub later_failure: Option<ErrorSpec>,
    /// WhatsApp: no `delivered` between `sent` and `read`.
    pub skip_delivered: bool,
}

/// What a fault does to webhooks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rigging {
    duplicates: u32,
    reorder: bool,
    lose: bool,
    hold: Duration,
    signature: Signature,
}

#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    pub id: u64,
    pub r#match: Match,
    pub fault: Fault,
    /// `None`: until it is cleared.
    pub left: Option<u32>,
}

#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
    last: u64,
}

impl Faults {
    /// `times` zero: until it is cleared.
    pub fn add(&mut self, r#match: Match, fault: Fault, times: u32) -> u64 {
        self.last += 1;
        self.rules.push(Rule { id: self.last, r#match, fault, left: (times > 0).then_some(times) });
        self.last
    }

    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// All when no id is given. How many there were.
    pub fn clear(&mut self, id: Option<u64>) -> usize {
        let before = self.rules.len();
        self.rules.retain(|rule| id.is_some_and(|id| rule.id != id));
        before - self.rules.len()
    }

    pub fn take_for_call(&mut self, call: &Call) -> Fault {
        self.take(|rule| {
            let wanted = &rule.r#match;
            wanted.from != Some(Side::Citizen)
                && wanted.to.as_ref().is_none_or(|to| *to == call.to)
                && wanted.fits(call.channel, &call.text)
        })
    }

    pub fn take_for_citizen(&mut self, channel: Channel, text: &str) -> Rigging {
        let fault = self.take(|rule| {
            let wanted = &rule.r#match;
            let concerned = wanted.from == Some(Side::Citizen)
                || (wanted.from.is_none() && wanted.to.is_none() && rule.fault.is_for_webhooks());
            concerned && wanted.fits(channel, text)
        });
        fault.rigging()
    }

    fn take(&mut self, fits: impl Fn(&Rule) -> bool) -> Fault {
        let Some(index) = self.rules.iter().position(fits) else {
            return Fault::default();
        };
        let rule = &mut self.rules[index];
        let fault = rule.fault.clone();
        rule.left = rule.left.map(|left| left - 1);
        if rule.left == Some(0) {
            self.rules.remove(index);
        }
        fault
    }
}

impl Match {
    fn fits(&self, channel: Channel, text: &str) -> bool {
        self.channel.is_none_or(|wanted| wanted == channel)
            && self.text_contains.as_ref().is_none_or(|part| text.contains(part.as_str()))
    }
}

impl Fault {
    /// And for nothing else, so that it may be a citizen's message that it waits for.
    fn is_for_webhooks(&self) -> bool {
        let other = self.error.is_some()
            || self.delay_ms.is_some()
            || self.later_failure.is_some()
            || self.skip_delivered
            || self.garbage_200
            || self.http_500
            || self.timeout_before
            || self.timeout_after
            || self.reset_before
            || self.reset_after
            || self.reset_mid_answer;
        !other
    }

    pub fn rigging(&self) -> Rigging {
        Rigging {
            duplicates: self.duplicate_webhooks,
            reorder: self.reorder_webhooks,
            lose: self.lose_webhooks,
            hold: Duration::from_millis(self.hold_webhooks),
            signature: self.signature,
        }
    }

    /// What `later_failure` says in the status.
    pub fn failure(&self) -> Option<Error> {
        self.later_failure.clone().map(Error::from)
    }
}

impl Rigging {
    pub fn rig(&self, webhooks: Vec<Planned>) -> Vec<Planned> {
        if self.lose {
            return Vec::new();
        }
        let mut times: Vec<Duration> = webhooks.iter().map(|planned| planned.after).collect();
        if self.reorder {
            times.reverse();
        }
        let rigged = webhooks.into_iter().zip(times).map(|(mut planned, after)| {
            planned.webhook.signature = self.signature;
            planned.after = after + self.hold;
            planned
        });
        let copies = self.duplicates as usize + 1;
        rigged.flat_map(|planned| iter::repeat_n(planned, copies)).collect()
    }
}
