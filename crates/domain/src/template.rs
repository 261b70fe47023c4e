//! The messages that citizens get, by name. Their words are the city's (`deploy/<city>/messages/`); which variables a
//! message may use is fixed here, and checked when the notifier starts.

use crate::words::vocabulary;
use std::fmt;

vocabulary! {
    Template {
        /// We have your report; by when it is taken in charge, and when the URP opens again (may be empty). `code`,
        /// `take_in_charge_by`, `reopens`.
        Receipt = "receipt",
        /// As the receipt, for something we couldn't read: please write where and what. `code`,
        /// `take_in_charge_by`, `reopens`.
        ReceiptAsk = "receipt_ask",
        /// Call 112. `code`.
        Emergency = "emergency",
        /// `protocol`, `code`, `office`.
        TakenInCharge = "taken_in_charge",
        /// `code`, `words`.
        Question = "question",
        /// The question again, for who hasn't answered. `code`, `answer_by`.
        Reminder = "reminder",
        /// `protocol`, `expected_by`, `words` (may be empty).
        Feasible = "feasible",
        /// `protocol`, `words`.
        NotFeasible = "not_feasible",
        /// `protocol`, `words`: the answer to an information request.
        Answer = "answer",
        /// `protocol`, `expected_by` (may be empty), `words`.
        Progress = "progress",
        /// `protocol`, `words` (may be empty).
        Resolved = "resolved",
        /// `code`, `words`.
        NotPertinent = "not_pertinent",
        /// `code`, `protocol`.
        Reopened = "reopened",
        /// `reference` (protocol or code), `state`, `office` (may be empty), `expected_by` (may be empty).
        Status = "status",
        /// No ticket has the number that was asked for. `reference`.
        StatusUnknown = "status_unknown",
        /// Asked for the state without a number, and we know of no report of his.
        StatusAskNumber = "status_ask_number",
        /// You are welcome.
        Thanks = "thanks",
    }
}

impl Template {
    /// The variables that its text may use; `words` are the operator's.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Receipt | Self::ReceiptAsk => &["code", "take_in_charge_by", "reopens"],
            Self::Emergency => &["code"],
            Self::TakenInCharge => &["protocol", "code", "office"],
            Self::Reminder => &["code", "answer_by"],
            Self::Question | Self::NotPertinent => &["code", "words"],
            Self::Feasible | Self::Progress => &["protocol", "expected_by", "words"],
            Self::NotFeasible | Self::Answer | Self::Resolved => &["protocol", "words"],
            Self::Reopened => &["code", "protocol"],
            Self::Status => &["reference", "state", "office", "expected_by"],
            Self::StatusUnknown => &["reference"],
            Self::StatusAskNumber | Self::Thanks => &[],
        }
    }
}
