//! What a run of retention took.

use crate::id::TicketId;
use jiff::civil::Date;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionApplied {
    /// Of the run, in Europe/Rome.
    pub day: Date,
    /// SHA-256 of the city's retention.toml.
    pub rules: [u8; 32],
    /// One for each rule that took something; none: nothing was over.
    pub removals: Vec<Removal>,
    /// The run came to its end. Without, more was over, or the registry was stopped; the next run goes on.
    pub complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removal {
    /// Its name in retention.toml.
    pub rule: String,
    /// As it was then: `5 years`.
    pub period: String,
    pub keys: u32,
    /// Of these, the ones of citizens' messages, and of what was attached to them.
    pub messages: u32,
    pub attachments: u32,
    /// Empty for what belongs to none.
    pub tickets: Vec<TicketId>,
}
