//! What the services asked Meta to send: every request that was accepted, also when they never learnt so, and every one
//! that was refused. The tests count here whether a citizen was answered once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Public: posts and comments.
    FacebookComment,
    Messenger,
    Whatsapp,
}

/// What a request to send says, whatever becomes of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    pub channel: Channel,
    /// Post, comment, page-scoped id, phone number, business-scoped id; `comment:…` and `post:…` for private replies.
    pub to: String,
    /// The post, or the root comment under the page's own post; else the person.
    pub in_thread: String,
    /// As the citizen reads it; of a template its name and parameters as well.
    pub text: String,
    /// `<reply>.<attempt>`, where the channel has a place for it.
    pub callback: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Accepted {
    pub n: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub call: Call,
    pub provider_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refused {
    pub n: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub call: Call,
    /// Zero when nothing was answered.
    pub http: u16,
    pub code: i64,
    pub subcode: Option<i64>,
    pub message: String,
}

#[derive(Debug, Default, Serialize)]
pub struct Ledger {
    pub accepted: Vec<Accepted>,
    pub refused: Vec<Refused>,
}

impl Ledger {
    /// Numbers run through both lists.
    pub fn next(&self) -> u64 {
        (self.accepted.len() + self.refused.len()) as u64 + 1
    }
}
