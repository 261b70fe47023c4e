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
}

impl Mistake {
    pub const ALL: [Self; 5] = [
        Self::ConclusionOutOfOrder,
        Self::NumberOutsideAppend,
        Self::CursorApart,
        Self::StateForgotten,
        Self::AckBeforeSync,
    ];
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
