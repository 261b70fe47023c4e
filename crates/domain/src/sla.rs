//! Terms that the city holds itself to, and how they are counted. Each rule has a name and a version, which stay with
//! the deadline it produced. It measures nothing and knows no ticket.

use crate::{
    calendar::{Calendar, local_date, rome},
    id::{CauseId, TicketId},
    words::vocabulary,
};
use jiff::{Timestamp, ToSpan as _, civil::Date};
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

/// Receipt starts the term and its day doesn't count (c.c. art. 2963): the closing of the first working day strictly
/// after the local day of arrival, whatever the hour of arrival.
const TAKE_IN_CHARGE_RULE: &str = "C1/1";
/// Counted like C1, to the fifth working day.
const FIRST_ANSWER_RULE: &str = "C1x5/1";
/// The closing of the promised day, or of the first working day after it.
const RESOLUTION_RULE: &str = "promised/1";
/// As many days later, at the same time of the day.
const AUTO_CLOSE_RULE: &str = "quiet14/1";
const QUIET_DAYS: i64 = 14;

impl DeadlineName {
    /// The rungs that somebody wants to hear of.
    pub fn rungs(self) -> &'static [Rung] {
        match self {
            Self::TakeInCharge | Self::FirstAnswer | Self::Resolution => Rung::ALL,
            // Nobody is late here: silence just runs out.
            Self::AutoClose => &[Rung::Past],
        }
    }
}

/// One working day from arrival to protocol number and office.
pub fn take_in_charge(calendar: &Calendar, received_at: Timestamp) -> Deadline {
    Deadline {
        name: DeadlineName::TakeInCharge,
        version: 1,
        from: received_at,
        due: closing_after(calendar, received_at, 1),
        rule: TAKE_IN_CHARGE_RULE.to_owned(),
    }
}

/// Five working days from arrival to feasible or not.
pub fn first_answer(calendar: &Calendar, received_at: Timestamp) -> Deadline {
    Deadline {
        name: DeadlineName::FirstAnswer,
        version: 1,
        from: received_at,
        due: closing_after(calendar, received_at, 5),
        rule: FIRST_ANSWER_RULE.to_owned(),
    }
}

/// What was promised for `date`, at `from`.
pub fn resolution(calendar: &Calendar, from: Timestamp, date: Date, version: u32) -> Deadline {
    Deadline {
        name: DeadlineName::Resolution,
        version,
        from,
        due: closing(calendar, calendar.working_day_from(date)),
        rule: RESOLUTION_RULE.to_owned(),
    }
}

/// Silence from `from` on closes what is answered.
pub fn auto_close(from: Timestamp, version: u32) -> Deadline {
    let due = from.to_zoned(rome()).checked_add(QUIET_DAYS.days()).map_or(Timestamp::MAX, |due| due.timestamp());
    Deadline { name: DeadlineName::AutoClose, version, from, due, rule: AUTO_CLOSE_RULE.to_owned() }
}

/// When a rung stands: at 50 %, 80 % or 100 % of the time on the wall clock between beginning and end.
pub fn rung_at(deadline: &Deadline, rung: Rung) -> Timestamp {
    let span = deadline.from.duration_until(deadline.due);
    let gone = match rung {
        Rung::Half => span / 2,
        Rung::Near => span / 5 * 4,
        Rung::Past => span,
    };
    // A term that begins after its end is over at its end.
    if span.is_negative() {
        return deadline.due;
    }
    deadline.from.checked_add(gone).unwrap_or(deadline.due)
}

/// The id under which a rung is handled, once for good. A recomputed term counts a version up, and has rungs of its own.
pub fn rung_cause(ticket: TicketId, name: DeadlineName, version: u32, rung: Rung) -> CauseId {
    CauseId::derived(&[b"deadline", &ticket.0, name.code().as_bytes(), &version.to_be_bytes(), rung.code().as_bytes()])
}

fn closing_after(calendar: &Calendar, received_at: Timestamp, working_days: u32) -> Timestamp {
    let arrival = local_date(received_at);
    closing(calendar, calendar.working_day_after(arrival, working_days))
}

fn closing(calendar: &Calendar, working_day: Date) -> Timestamp {
    calendar.closing_time(working_day).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::tests::calendar;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The worked examples of the city's deadlines; those with holidays name the days as closed.
    #[test]
    fn taken_in_charge_by_the_closing_of_the_first_working_day_after_arrival() {
        let calendar =
            calendar(&[date(2026, 12, 8), date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2027, 3, 29)]);
        for (case, arrival, due) in [
            ("in hours", "2026-11-23T09:10:00+01:00", "2026-11-24T16:00:00+01:00"),
            ("lunch break", "2026-11-23T12:30:00+01:00", "2026-11-24T16:00:00+01:00"),
            ("closing instant", "2026-11-23T16:00:00+01:00", "2026-11-24T16:00:00+01:00"),
            ("before opening", "2026-11-24T06:15:00+01:00", "2026-11-25T16:00:00+01:00"),
            ("Thursday", "2026-11-26T13:05:00+01:00", "2026-11-27T16:00:00+01:00"),
            ("Friday evening", "2026-11-27T18:30:00+01:00", "2026-11-30T16:00:00+01:00"),
            ("Saturday", "2026-11-28T10:00:00+01:00", "2026-11-30T16:00:00+01:00"),
            ("bridge Monday", "2026-12-07T10:00:00+01:00", "2026-12-09T16:00:00+01:00"),
            ("Christmas Eve", "2026-12-24T09:00:00+01:00", "2026-12-28T16:00:00+01:00"),
            ("New Year's Eve", "2026-12-31T11:00:00+01:00", "2027-01-04T16:00:00+01:00"),
            ("Easter, DST gap", "2027-03-28T03:15:00+02:00", "2027-03-30T16:00:00+02:00"),
            ("DST ends", "2026-10-23T10:00:00+02:00", "2026-10-26T16:00:00+01:00"),
        ] {
            let deadline = take_in_charge(&calendar, at(arrival));
            assert_eq!(deadline.due, at(due), "{case}");
            assert_eq!((deadline.rule.as_str(), deadline.version), ("C1/1", 1));
        }
    }

    #[test]
    fn the_day_of_arrival_is_the_one_in_biella_not_the_one_in_utc() {
        let deadline = take_in_charge(&calendar(&[]), at("2026-06-01T22:30:00Z"));
        assert_eq!(deadline.due, at("2026-06-03T16:00:00+02:00"));
    }

    #[test]
    fn the_hour_that_comes_twice_gives_the_same_term_both_times() {
        for arrival in ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"] {
            let deadline = take_in_charge(&calendar(&[]), at(arrival));
            assert_eq!(deadline.due, at("2026-10-26T16:00:00+01:00"), "{arrival}");
        }
    }

    #[test]
    fn the_first_answer_is_due_on_the_fifth_working_day() {
        for (arrival, due) in [
            ("2026-11-23T09:10:00+01:00", "2026-11-30T16:00:00+01:00"),
            ("2026-11-27T18:30:00+01:00", "2026-12-04T16:00:00+01:00"),
            ("2026-11-28T10:00:00+01:00", "2026-12-04T16:00:00+01:00"),
        ] {
            assert_eq!(first_answer(&calendar(&[]), at(arrival)).due, at(due), "{arrival}");
        }
    }

    #[test]
    fn a_promise_for_a_day_without_work_runs_to_the_next_working_day() {
        let from = at("2026-11-23T09:10:00+01:00");
        let on_friday = resolution(&calendar(&[]), from, date(2026, 11, 27), 1);
        let on_saturday = resolution(&calendar(&[]), from, date(2026, 11, 28), 2);
        assert_eq!(on_friday.due, at("2026-11-27T16:00:00+01:00"));
        assert_eq!(on_saturday.due, at("2026-11-30T16:00:00+01:00"));
        assert_eq!(on_saturday.version, 2);
    }

    #[test]
    fn silence_runs_out_after_fourteen_days_at_the_same_time_of_the_day() {
        let deadline = auto_close(at("2026-10-20T10:00:00+02:00"), 3);
        assert_eq!(deadline.due, at("2026-11-03T10:00:00+01:00"));
        assert_eq!(deadline.name.rungs(), [Rung::Past]);
    }

    #[test]
    fn rungs_stand_at_half_at_four_fifths_and_at_the_end() {
        let deadline = Deadline {
            name: DeadlineName::TakeInCharge,
            version: 1,
            from: at("2026-11-23T00:00:00Z"),
            due: at("2026-11-23T10:00:00Z"),
            rule: String::new(),
        };
        assert_eq!(rung_at(&deadline, Rung::Half), at("2026-11-23T05:00:00Z"));
        assert_eq!(rung_at(&deadline, Rung::Near), at("2026-11-23T08:00:00Z"));
        assert_eq!(rung_at(&deadline, Rung::Past), deadline.due);
    }

    #[test]
    fn a_promise_for_today_after_closing_time_is_past_at_once() {
        let deadline = resolution(&calendar(&[]), at("2026-11-23T18:00:00+01:00"), date(2026, 11, 23), 1);
        for rung in Rung::ALL {
            assert_eq!(rung_at(&deadline, *rung), deadline.due);
        }
    }
}
