//! Webhooks: what they say, the bytes they are sent as, and sending them until they are taken. As Meta does, it promises
//! no order among things that have nothing to do with each other, and gives up after its schedule.

pub mod body;
pub mod book;
pub mod feed;
pub mod messenger;
pub mod sender;
pub mod whatsapp;

pub use book::Book;
pub use sender::Job;

use crate::tokens::Product;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// One request to a subscriber.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    pub to: Product,
    /// Webhooks of one lane are first tried in order: a thread, a chat.
    pub lane: String,
    /// For whom watches: `comment add`, `status delivered`.
    pub about: String,
    /// Of the body's `entry[]`: several when they were batched.
    pub entries: Vec<Value>,
    /// A citizen's WhatsApp message, which is delivered when this is.
    pub concerns: Option<String>,
    #[serde(default)]
    pub signature: Signature,
}

/// Right, or wrong on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    #[default]
    Right,
    Wrong,
    Missing,
    UppercaseHex,
}

/// A webhook, and when.
#[derive(Debug, Clone)]
pub struct Planned {
    pub webhook: Webhook,
    pub after: Duration,
}

impl Webhook {
    pub fn new(to: Product, lane: &str, about: String, entry: Value) -> Self {
        Self { to, lane: lane.to_owned(), about, entries: vec![entry], concerns: None, signature: Signature::Right }
    }

    pub fn now(self) -> Planned {
        self.after(Duration::ZERO)
    }

    pub fn after(self, after: Duration) -> Planned {
        Planned { webhook: self, after }
    }
}
