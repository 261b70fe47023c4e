//! Mistakes of the kind that this design exists to avoid, put back one by one to see that the simulation finds them.
//! Each is made at the border of the real code: in what it is handed, in what it is told, or in what is done with what
//! it said.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// A conclusion is acted on as it comes, not in its message's turn.
    ConclusionOutOfOrder,
    /// A protocol number is written before, not with, what takes the ticket in charge.
    NumberOutsideAppend,
    /// The relay trusts a mark of its own, not EVENTS.
    CursorApart,
    /// The notifier keeps a cursor on the broker and forgets what it had read.
    StateForgotten,
    /// A delivery is acknowledged before its events are on disk.
    AckBeforeSync,
    /// No answer counts as a refusal, and the POST is repeated.
    RetriedOnTimeOut,
}

impl Mistake {
    pub const ALL: [Self; 6] = [
        Self::ConclusionOutOfOrder,
        Self::NumberOutsideAppend,
        Self::CursorApart,
        Self::StateForgotten,
        Self::AckBeforeSync,
        Self::RetriedOnTimeOut,
    ];

    /// How what is found begins, when it is found for what it is.
    pub fn proof(self) -> &'static str {
        match self {
            Self::ConclusionOutOfOrder => "rule 11: ",
            Self::NumberOutsideAppend => "I4: ",
            Self::CursorApart => "I5: EVENTS",
            Self::StateForgotten => "I3: ",
            Self::AckBeforeSync => "I1: ",
            Self::RetriedOnTimeOut => "I2: ",
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
