//! The life of a ticket.

use crate::{
    id::{ConversationId, MessageId, TicketId},
    protocol::ProtocolNumber,
    sealed::Sealed,
    sla::{Deadline, DeadlineName, Rung},
    words::{Channel, Kind, Office, Urgency, vocabulary},
};
use jiff::{Timestamp, civil::Date};
use std::fmt;

/// What triage, or nobody yet, says a ticket is.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// `None`: not classified, the URP does it.
    pub kind: Option<Kind>,
    /// Proposed office.
    pub office: Option<Office>,
    pub second_office: Option<Office>,
    pub confidence: f64,
    pub urgency: Urgency,
    /// Keyed hash of the place: tells two places apart, says neither.
    pub place_key: Option<[u8; 16]>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Opened {
        conversation: ConversationId,
        message: MessageId,
        code: String,
        channel: Channel,
        public: bool,
        classification: Classification,
        received_at: Timestamp,
        deadlines: Vec<Deadline>,
        /// The place in the citizen's words.
        sealed: Option<Sealed>,
    },
    Reclassified {
        classification: Classification,
        sealed: Option<Sealed>,
    },
    MessageJoined {
        message: MessageId,
    },
    TakenInCharge {
        protocol: ProtocolNumber,
        office: Office,
    },
    Reassigned {
        office: Office,
        /// The operator's, as logs of before have it: open.
        reason: String,
        /// The operator's reason.
        words: Option<Sealed>,
    },
    /// `office` isn't competent.
    SentBack {
        office: Office,
        reason: String,
        words: Option<Sealed>,
    },
    /// An automatic question never pauses the clock.
    CitizenAsked {
        automatic: bool,
        words: Option<Sealed>,
    },
    CitizenAnswered {
        message: MessageId,
    },
    Answered {
        words: Sealed,
    },
    Feasible {
        expected_by: Date,
        words: Option<Sealed>,
    },
    NotFeasible {
        words: Sealed,
    },
    ProgressReported {
        expected_by: Option<Date>,
        words: Sealed,
    },
    Resolved {
        words: Option<Sealed>,
    },
    NotPertinent {
        words: Sealed,
    },
    Closed {
        reason: CloseReason,
        /// The operator's reason, as logs of before have it: open.
        note: String,
        words: Option<Sealed>,
    },
    Reopened {
        /// `citizen_objects` or `operator`; in logs of before, what the operator wrote.
        reason: String,
        message: Option<MessageId>,
        words: Option<Sealed>,
    },
    Merged {
        into: TicketId,
    },
    Absorbed {
        from: TicketId,
    },
    MarkedSpam,
    SpamLifted,
    NoteAdded {
        words: Sealed,
    },
    DeadlineSet {
        deadline: Deadline,
    },
    DeadlineReached {
        deadline: DeadlineName,
        version: u32,
        rung: Rung,
        due_at: Timestamp,
        /// Who is told: an office's code, the function of a head of office, or nobody in the city.
        to: String,
    },
    /// It stands still while the citizen is asked; `left_seconds` of working time are left.
    DeadlinePaused {
        deadline: DeadlineName,
        version: u32,
        left_seconds: u64,
    },
    /// The citizen didn't answer in time: it goes on without him.
    WaitEnded,
    EmergencyFlagged {
        message: MessageId,
    },
}

vocabulary! {
    CloseReason {
        /// 14 days without a word of the citizen.
        Quiet = "quiet",
        Satisfied = "satisfied",
        Operator = "operator",
    }
}
