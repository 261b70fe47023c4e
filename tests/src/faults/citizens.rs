//! Citizens who write by every channel, as Meta posts it: signed, and again until it is answered 200. Their ledger says
//! what was sent and what came back. A message carries a word of its own, by which it is known in the log.

use crate::harness::Service;
use jiff::{SignedDuration, Timestamp};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use segnalalo_kit::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

const PAGE: &str = "104587321965874";
const NUMBER: &str = "106540352242922";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    WhatsappText,
    WhatsappImage,
    WhatsappPlace,
    WhatsappTomorrow,
    Messenger,
    Post,
    /// A kind of webhook that nobody knows, and that names no citizen.
    UnknownField,
    /// A comment of a stranger on another post of the page: counted, not kept.
    Stranger,
}

/// In turn. A stranger's comment waits a quarter of a minute for its thread: rows that are about it write it themselves.
const KINDS: [Kind; 7] = [
    Kind::WhatsappText,
    Kind::Post,
    Kind::Messenger,
    Kind::WhatsappImage,
    Kind::WhatsappPlace,
    Kind::WhatsappTomorrow,
    Kind::UnknownField,
];

impl Kind {
    /// Whether a message of it must be in the log as a message.
    pub fn is_message(self) -> bool {
        !matches!(self, Self::UnknownField | Self::Stranger)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not answered yet, or with an error that Meta repeats: it posts again.
    Open,
    Answered,
    /// With this status, for good.
    Refused(u16),
    /// Answered; and then the citizen was erased.
    Erased,
}

#[derive(Debug, Clone)]
pub struct Written {
    pub kind: Kind,
    /// In the text, the caption or what isn't understood.
    pub marker: String,
    /// As Meta calls the person.
    pub citizen: String,
    pub service: Service,
    /// When it was written, as Meta says.
    pub at: Timestamp,
    pub body: Vec<u8>,
    pub fate: Fate,
    /// Posts that were answered with something else than 200, or not at all.
    pub failures: usize,
}

pub struct Citizens {
    random: StdRng,
    seed: u64,
    count: usize,
    pub written: Vec<Written>,
    /// By how much Meta's clock is ahead of the machine's.
    pub ahead: SignedDuration,
    /// Requests that had to be refused and were.
    pub refusals: usize,
}

impl Citizens {
    pub fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            seed,
            count: 0,
            written: Vec::new(),
            ahead: SignedDuration::ZERO,
            refusals: 0,
        }
    }

    /// The next message, of a kind in turn; every fifth is by who wrote before.
    pub fn write(&mut self) -> usize {
        let kind = KINDS[self.count % KINDS.len()];
        self.write_as(kind)
    }

    /// The index of a message that isn't posted yet.
    pub fn write_as(&mut self, kind: Kind) -> usize {
        let n = self.count;
        self.count += 1;
        let marker = format!("caso{}", letters(self.seed.wrapping_mul(7919).wrapping_add(n as u64)));
        let citizen = match self.written.last() {
            Some(last) if last.kind == kind && self.random.random_bool(0.2) => last.citizen.clone(),
            _ => format!("39347{:03}{n:04}", self.seed % 1000),
        };
        let at = SystemClock.now() + self.ahead;
        let salt = self.random.random();
        let (service, value) = body(kind, &citizen, &marker, n, salt, at.as_second());
        let body = value.to_string().into_bytes();
        self.written.push(Written { kind, marker, citizen, service, at, body, fate: Fate::Open, failures: 0 });
        n
    }

    pub fn answered(&self) -> usize {
        self.written.iter().filter(|written| written.fate == Fate::Answered).count()
    }

    pub fn refused(&self) -> usize {
        self.refusals + self.written.iter().map(|written| written.failures).sum::<usize>()
    }

    pub fn draw(&mut self, below: usize) -> usize {
        self.random.random_range(0..below)
    }
}

fn letters(mut n: u64) -> String {
    let mut word = String::new();
    for _ in 0..7 {
        // No vowels: it is no word of any language.
        word.push(char::from(b"bcdfghjklmnpqrstvwxz"[(n % 20) as usize]));
        n /= 20;
    }
    word
}

fn body(kind: Kind, citizen: &str, marker: &str, n: usize, salt: u32, now: i64) -> (Service, Value) {
    let text = format!("lampione spento in via Torino {}, {marker}", n % 90 + 1);
    let id = format!("wamid.{marker}{salt}");
    let whatsapp = |content: Value| {
        let mut message = json!({"from": citizen, "id": id, "timestamp": now.to_string()});
        for (name, value) in content.as_object().into_iter().flatten() {
            message[name] = value.clone();
        }
        let value = json!({
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "393601075737", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Prova Rossi"}, "wa_id": citizen}],
            "messages": [message],
        });
        (Service::IngestWhatsapp, account("messages", value, now))
    };
    match kind {
        Kind::WhatsappText => whatsapp(json!({"type": "text", "text": {"body": text}})),
        Kind::WhatsappImage => whatsapp(json!({"type": "image", "image":
            {"caption": format!("lampione spento in via Torino, {marker}"), "mime_type": "image/jpeg", "sha256": "aa==", "id": format!("9{n:014}")}})),
        Kind::WhatsappPlace => whatsapp(json!({"type": "location", "location":
            {"latitude": 45.56, "longitude": 8.05, "name": marker}})),
        Kind::WhatsappTomorrow => whatsapp(json!({"type": "hologram", "hologram": {"words": marker}})),
        Kind::UnknownField => (Service::IngestWhatsapp, account("field_of_tomorrow", json!({"news": marker}), now)),
        Kind::Messenger => {
            let entry = json!({"id": PAGE, "time": now * 1000, "messaging": [{
                "sender": {"id": citizen}, "recipient": {"id": PAGE}, "timestamp": now * 1000,
                "message": {"mid": format!("m_{marker}{salt}"), "text": text}}]});
            (Service::IngestFacebook, json!({"object": "page", "entry": [entry]}))
        }
        Kind::Post => page(
            json!({"from": {"id": citizen, "name": "Prova Rossi"}, "message": format!("{text} #segnalaloaBiella"),
            "post_id": format!("{PAGE}_{}", 7_000_000_000 + u64::from(salt) * 10_000 + n as u64),
            "created_time": now, "item": "post", "verb": "add"}),
            now,
        ),
        Kind::Stranger => page(
            json!({"from": {"id": citizen, "name": "Prova Rossi"}, "message": text,
            "post_id": format!("{PAGE}_1"), "comment_id": format!("1_{}{n}", 8_000_000_000 + u64::from(salt)),
            "parent_id": format!("{PAGE}_1"), "created_time": now, "item": "comment", "verb": "add"}),
            now,
        ),
    }
}

fn page(value: Value, now: i64) -> (Service, Value) {
    let entry = json!({"id": PAGE, "time": now, "changes": [{"field": "feed", "value": value}]});
    (Service::IngestFacebook, json!({"object": "page", "entry": [entry]}))
}

fn account(field: &str, mut value: Value, now: i64) -> Value {
    let mut entry = json!({"id": "102290129340398"});
    if value.get("metadata").is_none() {
        value["metadata"] = json!({"phone_number_id": NUMBER});
        // What is no message has its time here.
        entry["time"] = json!(now);
    }
    entry["changes"] = json!([{"field": field, "value": value}]);
    json!({"object": "whatsapp_business_account", "entry": [entry]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_and_every_word_is_its_own() {
        let markers = |seed| {
            let mut citizens = Citizens::new(seed);
            for _ in 0..500 {
                citizens.write();
            }
            citizens.written.into_iter().map(|written| written.marker).collect::<Vec<_>>()
        };
        assert_eq!(markers(3), markers(3));
        let mut own = markers(3);
        own.sort();
        own.dedup();
        assert_eq!(own.len(), 500);
    }
}
