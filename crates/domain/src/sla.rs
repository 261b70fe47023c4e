//! Terms that the city holds itself to, and how they are counted.

use crate::words::vocabulary;
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
    }
}

vocabulary! {
    /// Steps up to and over a deadline, in rising order.
    Rung { Half = "half", Near = "near", Past = "past" }
}

/// One term of one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    pub name: DeadlineName,
    /// Each recomputation counts one up, from 1: a rung of an old version says nothing about the new one.
    pub version: u32,
    pub from: Timestamp,
    pub due: Timestamp,
    /// The rule and its version: "C1/1".
    pub rule: String,
}
