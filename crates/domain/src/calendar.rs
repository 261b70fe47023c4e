//! Working time in Biella: which days are worked, and from when to when. Hours are data with validity dates, never
//! constants (they changed in 2016, 2019 and 2022); instants are counted in Europe/Rome, with its daylight saving.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};
use std::{collections::BTreeSet, sync::LazyLock};

/// The time zone that all working time is counted in, from the bundled database: no machine's own data decides.
pub fn rome() -> TimeZone {
    static ROME: LazyLock<TimeZone> = LazyLock::new(|| {
        TimeZoneDatabase::bundled().get("Europe/Rome").expect("the bundled time-zone database has Europe/Rome")
    });
    ROME.clone()
}

/// Open from the first instant on, closed at the last: at 12:00:00 sharp it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    pub from: Time,
    pub to: Time,
}

/// A week's hours, valid from a day on until the next week that begins later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    pub valid_from: Date,
    /// Monday first; a day without openings isn't worked.
    pub days: [Vec<Opening>; 7],
}

/// Opening hours and closed days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    weeks: Vec<Week>,
    closed: BTreeSet<Date>,
}

/// A calendar that no deadline could be counted in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("there are no opening hours at all")]
    NoWeek,
    #[error("the hours valid from {0} have no working day")]
    NoWorkingDay(Date),
    #[error("the hours valid from {valid_from}, {weekday}: {problem}")]
    Opening { valid_from: Date, weekday: String, problem: &'static str },
}

impl Calendar {
    /// # Errors
    /// Hours that overlap, end before they begin, or leave no working day.
    pub fn new(mut weeks: Vec<Week>, closed: BTreeSet<Date>) -> Result<Self, Invalid> {
        if weeks.is_empty() {
            return Err(Invalid::NoWeek);
        }
        weeks.sort_by_key(|week| week.valid_from);
        for week in &weeks {
            check(week)?;
        }
        Ok(Self { weeks, closed })
    }

    /// The day's openings, in order; none on a day that isn't worked.
    pub fn openings(&self, date: Date) -> &[Opening] {
        if self.closed.contains(&date) {
            return &[];
        }
        // Before the first week's validity its hours are the best that is known.
        let week = self.weeks.iter().rev().find(|week| week.valid_from <= date).unwrap_or(&self.weeks[0]);
        &week.days[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())]
    }

    pub fn is_working_day(&self, date: Date) -> bool {
        !self.openings(date).is_empty()
    }

    /// When the day's last opening ends; `None` on a day that isn't worked.
    pub fn closing_time(&self, date: Date) -> Option<Timestamp> {
        self.openings(date).last().map(|opening| instant(date.to_datetime(opening.to)))
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(rome()).datetime();
        self.openings(local.date()).iter().any(|opening| opening.from <= local.time() && local.time() < opening.to)
    }

    /// The first instant from `at` on at which it is open; `None` when closed days go on for more than a year.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return Some(at);
        }
        days_from(at.to_zoned(rome()).date())
            .flat_map(|date| self.openings(date).iter().map(move |opening| instant(date.to_datetime(opening.from))))
            .find(|opening| *opening >= at)
    }

    /// The `count`-th working day strictly after `date`. Should closed days fill a whole year, days are counted as they
    /// come: a term must end.
    pub fn working_day_after(&self, date: Date, count: u32) -> Date {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let worked = days_from(date).skip(1).filter(|date| self.is_working_day(*date)).nth(count.saturating_sub(1));
        worked.or_else(|| days_from(date).nth(count)).unwrap_or(date)
    }

    /// `date` if it is worked, else the next working day.
    pub fn working_day_from(&self, date: Date) -> Date {
        days_from(date).find(|date| self.is_working_day(*date)).unwrap_or(date)
    }
}

/// The day in Biella.
pub fn local_date(at: Timestamp) -> Date {
    at.to_zoned(rome()).date()
}

fn days_from(date: Date) -> impl Iterator<Item = Date> {
    const A_YEAR: usize = 366;
    std::iter::successors(Some(date), |date| date.tomorrow().ok()).take(A_YEAR)
}

/// A local time as an instant. Working time never falls into the hour that daylight saving skips or repeats; a file
/// that says so is counted with the first of two, and the skipped hour's end.
pub(crate) fn instant(local: DateTime) -> Timestamp {
    rome().to_ambiguous_timestamp(local).compatible().expect("dates of working time are within the range of timestamps")
}

fn check(week: &Week) -> Result<(), Invalid> {
    if week.days.iter().all(Vec::is_empty) {
        return Err(Invalid::NoWorkingDay(week.valid_from));
    }
    for (index, day) in (0_i8..).zip(&week.days) {
        let weekday = Weekday::from_monday_zero_offset(index).map(|weekday| format!("{weekday:?}")).unwrap_or_default();
        let wrong = |problem| Invalid::Opening { valid_from: week.valid_from, weekday: weekday.clone(), problem };
        if day.iter().any(|opening| opening.to <= opening.from) {
            return Err(wrong("an opening ends before it begins"));
        }
        if day.windows(2).any(|pair| pair[1].from < pair[0].to) {
            return Err(wrong("openings overlap or are out of order"));
        }
    }
    Ok(())
}

/// The article's hours, for tests here and elsewhere: Mon, Tue, Wed, Fri 8:30-12:00 and 14:15-16:00, Thu 8:30-16:00.
#[doc(hidden)]
pub fn article() -> Calendar {
    let opening = |from: (i8, i8), to: (i8, i8)| Opening {
        from: Time::constant(from.0, from.1, 0, 0),
        to: Time::constant(to.0, to.1, 0, 0),
    };
    let split = vec![opening((8, 30), (12, 0)), opening((14, 15), (16, 0))];
    let thursday = vec![opening((8, 30), (16, 0))];
    let days = [split.clone(), split.clone(), split.clone(), thursday, split, Vec::new(), Vec::new()];
    let week = Week { valid_from: Date::constant(2015, 1, 1), days };
    Calendar::new(vec![week], BTreeSet::new()).expect("the article's hours are well formed")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::date;

    /// The article's hours with these days closed.
    pub(crate) fn calendar(closed: &[Date]) -> Calendar {
        Calendar::new(article().weeks, closed.iter().copied().collect()).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_open_at_the_first_instant_and_closed_at_the_last() {
        let calendar = article();
        for (when, open) in [
            ("2026-11-23T08:29:59+01:00", false),
            ("2026-11-23T08:30:00+01:00", true),
            ("2026-11-23T11:59:59+01:00", true),
            ("2026-11-23T12:00:00+01:00", false),
            ("2026-11-23T14:15:00+01:00", true),
            ("2026-11-23T16:00:00+01:00", false),
            ("2026-11-26T13:00:00+01:00", true),
            ("2026-11-28T10:00:00+01:00", false),
        ] {
            assert_eq!(calendar.is_open(at(when)), open, "{when}");
        }
    }

    #[test]
    fn the_next_opening_skips_lunch_night_and_weekend() {
        let calendar = article();
        for (when, next) in [
            ("2026-11-23T12:30:00+01:00", "2026-11-23T14:15:00+01:00"),
            ("2026-11-23T16:00:00+01:00", "2026-11-24T08:30:00+01:00"),
            ("2026-11-27T18:00:00+01:00", "2026-11-30T08:30:00+01:00"),
            ("2026-11-24T09:00:00+01:00", "2026-11-24T09:00:00+01:00"),
        ] {
            assert_eq!(calendar.next_opening(at(when)), Some(at(next)), "{when}");
        }
    }

    #[test]
    fn closed_days_are_not_worked_and_newer_hours_hold_from_their_day() {
        let mut weeks = article().weeks;
        let mut short = weeks[0].clone();
        short.valid_from = date(2027, 7, 1);
        short.days[3] = short.days[0].clone();
        weeks.push(short);
        let calendar = Calendar::new(weeks, BTreeSet::from([date(2026, 12, 8)])).unwrap();
        assert!(!calendar.is_working_day(date(2026, 12, 8)));
        assert_eq!(calendar.working_day_after(date(2026, 12, 7), 1), date(2026, 12, 9));
        assert_eq!(calendar.openings(date(2027, 6, 24)).len(), 1);
        assert_eq!(calendar.openings(date(2027, 7, 1)).len(), 2);
    }

    #[test]
    fn hours_that_make_no_sense_are_refused() {
        assert_eq!(Calendar::new(Vec::new(), BTreeSet::new()), Err(Invalid::NoWeek));
        let mut week = article().weeks[0].clone();
        week.days[0].reverse();
        assert!(matches!(Calendar::new(vec![week.clone()], BTreeSet::new()), Err(Invalid::Opening { .. })));
        week.days = Default::default();
        assert!(matches!(Calendar::new(vec![week], BTreeSet::new()), Err(Invalid::NoWorkingDay(_))));
    }
}
