//! Terms that the city holds itself to, and how they are counted. Each rule has a name and a version, which stay with
//! the deadline it produced, together with the steps it was counted in and the instants of its rungs: who reads an old
//! deadline needs neither the calendar nor this code. It measures nothing and knows no ticket.

mod ladder;
mod rule;
mod step;

pub use ladder::rung_at;
pub use rule::{auto_close, citizen_reply, first_answer, news, resolution, resumed, take_in_charge};
pub use step::{Step, StepKind};

use crate::{
    id::{CauseId, TicketId},
    words::vocabulary,
};
use jiff::Timestamp;
use std::fmt;

vocabulary! {
    DeadlineName {
        /// A protocol number and an office: one working day.
        TakeInCharge = "take_in_charge",
        /// Feasible or not: the fifth working day.
        FirstAnswer = "first_answer",
        /// The date that the office promised.
        Resolution = "resolution",
        /// 14 days of silence after the last answer.
        AutoClose = "auto_close",
        /// A word to the citizen in a long case.
        News = "news",
        /// The citizen's answer to a question: while it runs, the city's own terms stand still.
        CitizenReply = "citizen_reply",
    }
}

vocabulary! {
    /// Steps up to and over a deadline, in rising order: the office is warned twice, then the URP hears, then the head
    /// of the office.
    Rung { Half = "half", Near = "near", Past = "past", Head = "head" }
}

vocabulary! {
    /// What set a term, or set it anew.
    Why {
        /// The ticket was opened.
        Opened = "opened",
        /// It was opened again.
        Reopened = "reopened",
        /// An office named a day.
        Promised = "promised",
        /// The citizen was told something.
        Told = "told",
        /// The citizen was asked something.
        Asked = "asked",
        /// The wait for the citizen is over.
        Resumed = "resumed",
        /// The ticket was answered for good.
        Concluded = "concluded",
        /// Another calendar is in force.
        Calendar = "calendar",
        /// Another office has it.
        Office = "office",
        /// It isn't spam after all.
        SpamLifted = "spam_lifted",
    }
}

/// One term of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    pub name: DeadlineName,
    /// Each recomputation counts one up, from 1: a rung of an old version says nothing about the new one.
    pub version: u32,
    pub from: Timestamp,
    pub due: Timestamp,
    /// The rule and its version: "C1/2".
    pub rule: String,
    /// Version of the calendar it was counted in; 0: from before calendars had one.
    pub calendar: u32,
    /// `None`: from before it was noted.
    pub why: Option<Why>,
    /// Working time from beginning to end.
    pub working_seconds: u64,
    /// When each rung stands; empty: see [`rung_at`].
    pub rungs: Vec<(Rung, Timestamp)>,
    /// How it was counted.
    pub steps: Vec<Step>,
}

impl Deadline {
    /// A term on the wall clock, with no calendar behind it.
    pub fn plain(name: DeadlineName, version: u32, from: Timestamp, due: Timestamp, rule: &str) -> Self {
        Self {
            name,
            version,
            from,
            due,
            rule: rule.to_owned(),
            calendar: 0,
            why: None,
            working_seconds: 0,
            rungs: Vec::new(),
            steps: Vec::new(),
        }
    }
}

impl DeadlineName {
    /// The rungs that somebody wants to hear of.
    pub fn rungs(self) -> &'static [Rung] {
        match self {
            Self::TakeInCharge | Self::FirstAnswer | Self::Resolution => Rung::ALL,
            // Half of a month without news is no reason to disturb anybody; near its end the citizen is reminded.
            Self::News | Self::CitizenReply => &[Rung::Near, Rung::Past],
            // Nobody is late here: silence just runs out.
            Self::AutoClose => &[Rung::Past],
        }
    }

    /// Whether the citizen was told by when: such a term never moves earlier.
    pub fn is_told(self) -> bool {
        match self {
            Self::TakeInCharge | Self::Resolution | Self::CitizenReply => true,
            Self::FirstAnswer | Self::AutoClose | Self::News => false,
        }
    }

    /// Whether it stands still while a person waits for the citizen's answer.
    pub fn is_paused_by_question(self) -> bool {
        match self {
            Self::TakeInCharge | Self::FirstAnswer | Self::Resolution | Self::News => true,
            Self::AutoClose | Self::CitizenReply => false,
        }
    }
}

/// The id under which a rung is handled, once for good. A recomputed term counts a version up, and has rungs of its own.
pub fn rung_cause(ticket: TicketId, name: DeadlineName, version: u32, rung: Rung) -> CauseId {
    CauseId::derived(&[b"deadline", &ticket.0, name.code().as_bytes(), &version.to_be_bytes(), rung.code().as_bytes()])
}

#[cfg(test)]
mod tests;
