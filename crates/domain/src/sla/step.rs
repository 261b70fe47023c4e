//! How a deadline was counted, day by day, for a person to follow. The words are the city's.

use crate::{
    calendar::{Hours, Note},
    words::vocabulary,
};
use jiff::{Span, ToSpan as _, civil::Date};
use std::fmt;

vocabulary! {
    StepKind {
        /// The day of arrival, which doesn't count.
        Arrived = "arrived",
        /// No hours that day: Saturday, Sunday.
        NotWorked = "not_worked",
        Holiday = "holiday",
        Bridge = "bridge",
        /// Closed by an ordinance.
        Closure = "closure",
        /// A working day; `count` says which.
        Counted = "counted",
        /// The day that the office promised.
        Promised = "promised",
        /// So many days later, as they come.
        Days = "days",
        /// The wait ended; `count` minutes of working time were left.
        Resumed = "resumed",
        /// It would be earlier now, but the citizen was told: it stays.
        Kept = "kept",
        /// The last working day: it ends when that day closes.
        Due = "due",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub kind: StepKind,
    pub date: Date,
    pub count: u32,
    /// Name of the holiday, reason and act of the closure or of other hours.
    pub note: String,
}

impl Step {
    pub fn new(kind: StepKind, date: Date) -> Self {
        Self { kind, date, count: 0, note: String::new() }
    }

    pub fn counting(self, count: u32) -> Self {
        Self { count, ..self }
    }

    /// The day as it is in these hours: counted, or why not.
    pub(super) fn of_day(hours: Hours<'_>, date: Date, count: u32) -> Self {
        let day = hours.day(date);
        let worked = !day.openings.is_empty();
        let kind = match day.note {
            _ if worked => StepKind::Counted,
            None => StepKind::NotWorked,
            Some(Note::Holiday(_)) => StepKind::Holiday,
            Some(Note::Bridge) => StepKind::Bridge,
            Some(Note::Closure { .. } | Note::Special { .. }) => StepKind::Closure,
        };
        let note = match day.note {
            None | Some(Note::Bridge) => String::new(),
            Some(Note::Holiday(name)) => name.to_owned(),
            Some(Note::Closure { reason, act } | Note::Special { reason, act }) => {
                [reason, act].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
            }
        };
        Self { kind, date, count: if worked { count } else { 0 }, note }
    }
}

/// Steps listed at most: a term of months is told by its ends.
const LISTED: usize = 60;

/// From the day after `from` to `to`, each as it counts.
pub(super) fn days(hours: Hours<'_>, from: Date, to: Date) -> Vec<Step> {
    let mut count = 0;
    let one: Span = 1.days();
    from.series(one)
        .skip(1)
        .take_while(|date| *date <= to)
        .take(LISTED)
        .map(|date| {
            count += u32::from(hours.is_working_day(date));
            Step::of_day(hours, date, count)
        })
        .collect()
}

/// From the wished day on to the one that is worked: what was passed over.
pub(super) fn moved(hours: Hours<'_>, from: Date, to: Date) -> Vec<Step> {
    let one: Span = 1.days();
    from.series(one).take_while(|date| *date < to).take(LISTED).map(|date| Step::of_day(hours, date, 0)).collect()
}
