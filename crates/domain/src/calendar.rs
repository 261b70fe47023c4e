//! Working time in the city: which days are worked, by whom, and from when to when. Hours are data with validity dates,
//! never constants (they changed in 2016, 2019 and 2022); so are holidays, with the year from which they hold, and
//! closures, with the act that ordered them. Instants are counted in Europe/Rome, with its daylight saving.
//!
//! | module | holds |
//! |---|---|
//! | `holiday` | days that come every year, Easter among them |
//! | `hours` | counting in the hours of one office or channel |
//! | `terms` | how long each term is |

mod holiday;
mod hours;
mod terms;

pub use holiday::{Every, Holiday, easter};
pub use hours::Hours;
pub use terms::{FirstAnswer, Terms};

use crate::words::Channel;
use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};
use std::{collections::BTreeMap, sync::LazyLock};

/// The office whose hours count where none is named.
pub const URP: &str = "URP";

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

/// A week's hours: from a day on, until the next week that begins later, or until its own last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    pub valid_from: Date,
    /// The last day; what held before holds again after it.
    pub valid_to: Option<Date>,
    /// Of this channel only; `None`: of the offices.
    pub channel: Option<Channel>,
    /// Monday first; a day without openings isn't worked.
    pub days: [Vec<Opening>; 7],
}

/// Days that an ordinance closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Codes of the offices that close; empty: all of them, but `except`.
    pub offices: Vec<String>,
    pub except: Vec<String>,
    pub reason: String,
    /// Reference of the act.
    pub act: String,
}

/// One day with other hours than its week says: shorter, longer, or open on a holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Special {
    pub openings: Vec<Opening>,
    pub reason: String,
    pub act: String,
}

/// The file that a calendar was read from: what the log keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub sha256: [u8; 32],
    pub text: String,
}

/// What a calendar is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    pub weeks: Vec<Week>,
    pub holidays: Vec<Holiday>,
    pub closures: Vec<Closure>,
    pub specials: BTreeMap<Date, Special>,
    /// Single working days between two days without work are closed too; they are worked unless a city says so.
    pub bridges_closed: bool,
    pub terms: Terms,
    /// Function of the head of each office, by its code: who hears last of a term that is over.
    pub heads: BTreeMap<String, String>,
    /// `None`: made in a program, and never adopted by the log.
    pub source: Option<Source>,
}

/// Hours, closed days and terms of the city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    parts: Parts,
}

/// A calendar that no deadline could be counted in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("there are no opening hours at all")]
    NoWeek,
    #[error("the hours valid from {0} have no working day")]
    NoWorkingDay(Date),
    #[error("the hours valid from {0} end before they begin")]
    EndsBeforeItBegins(Date),
    #[error("all hours end one day: the last must have no end")]
    AllEnd,
    #[error("the hours valid from {valid_from}, {weekday}: {problem}")]
    Opening { valid_from: Date, weekday: String, problem: &'static str },
    #[error("the hours of {date}: {problem}")]
    Special { date: Date, problem: &'static str },
}

/// Why a day isn't as its week says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note<'a> {
    Holiday(&'a str),
    Bridge,
    Closure { reason: &'a str, act: &'a str },
    Special { reason: &'a str, act: &'a str },
}

/// One day of one office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day<'a> {
    /// In order; none: not worked.
    pub openings: &'a [Opening],
    pub note: Option<Note<'a>>,
}

impl Calendar {
    /// # Errors
    /// Hours that overlap, end before they begin, or leave no working day for ever.
    pub fn new(mut parts: Parts) -> Result<Self, Invalid> {
        if !parts.weeks.iter().any(|week| week.channel.is_none()) {
            return Err(Invalid::NoWeek);
        }
        parts.weeks.sort_by_key(|week| week.valid_from);
        parts.weeks.iter().try_for_each(check)?;
        if !parts.weeks.iter().any(|week| week.channel.is_none() && week.valid_to.is_none()) {
            return Err(Invalid::AllEnd);
        }
        for (date, special) in &parts.specials {
            check_day(&special.openings).map_err(|problem| Invalid::Special { date: *date, problem })?;
        }
        Ok(Self { parts })
    }

    pub fn terms(&self) -> &Terms {
        &self.parts.terms
    }

    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    pub fn source(&self) -> Option<&Source> {
        self.parts.source.as_ref()
    }

    /// Who hears last of a term that is over: the head of the office, or of the URP for an office without one.
    pub fn head_of(&self, office: &str) -> Option<&str> {
        self.parts.heads.get(office).or_else(|| self.parts.heads.get(URP)).map(String::as_str)
    }

    /// The hours of an office. One that no closure names keeps the hours of all.
    pub fn hours<'a>(&'a self, office: &'a str) -> Hours<'a> {
        Hours { calendar: self, office, channel: None }
    }

    /// The hours of the URP: the city's own, where no office is named.
    pub fn urp(&self) -> Hours<'_> {
        self.hours(URP)
    }

    /// When a channel is answered by people: its own hours, or else the URP's.
    pub fn channel(&self, channel: Channel) -> Hours<'_> {
        let own = self.parts.weeks.iter().any(|week| week.channel == Some(channel));
        Hours { calendar: self, office: URP, channel: own.then_some(channel) }
    }

    fn day(&self, office: &str, channel: Option<Channel>, date: Date) -> Day<'_> {
        if let Some(closure) = self.parts.closures.iter().find(|closure| closure.holds(office, date)) {
            let note = Note::Closure { reason: &closure.reason, act: &closure.act };
            return Day { openings: &[], note: Some(note) };
        }
        if let Some(Special { openings, reason, act }) = self.parts.specials.get(&date) {
            return Day { openings, note: Some(Note::Special { reason, act }) };
        }
        if let Some(name) = self.holiday(date) {
            return Day { openings: &[], note: Some(Note::Holiday(name)) };
        }
        if self.is_bridge(date) {
            return Day { openings: &[], note: Some(Note::Bridge) };
        }
        Day { openings: self.week(channel, date), note: None }
    }

    fn week(&self, channel: Option<Channel>, date: Date) -> &[Opening] {
        let weeks = || self.parts.weeks.iter().filter(|week| week.channel == channel);
        let holds = |week: &&Week| week.valid_from <= date && week.valid_to.is_none_or(|last| date <= last);
        // Before the first week's validity its hours are the best that is known.
        let week = weeks().rev().find(holds).or_else(|| weeks().next().filter(|first| date < first.valid_from));
        week.map_or(&[], |week| &week.days[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())])
    }

    fn holiday(&self, date: Date) -> Option<&str> {
        self.parts.holidays.iter().find(|holiday| holiday.is_on(date)).map(|holiday| holiday.name.as_str())
    }

    /// A working day alone between two days without work. Only weeks and holidays make a bridge, no ordinance does.
    fn is_bridge(&self, date: Date) -> bool {
        let worked = |date: Date| !self.week(None, date).is_empty() && self.holiday(date).is_none();
        let rests = |date: Result<Date, jiff::Error>| date.is_ok_and(|date| !worked(date));
        self.parts.bridges_closed && worked(date) && rests(date.yesterday()) && rests(date.tomorrow())
    }
}

impl Closure {
    fn holds(&self, office: &str, date: Date) -> bool {
        let named = |codes: &[String]| codes.iter().any(|code| code == office);
        (self.from..=self.to).contains(&date)
            && (self.offices.is_empty() || named(&self.offices))
            && !named(&self.except)
    }
}

/// The day in Biella.
pub fn local_date(at: Timestamp) -> Date {
    at.to_zoned(rome()).date()
}

/// A local time as an instant. Working time never falls into the hour that daylight saving skips or repeats; a file
/// that says so is counted with the first of two, and the skipped hour's end.
pub(crate) fn instant(local: DateTime) -> Timestamp {
    rome().to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX)
}

fn check(week: &Week) -> Result<(), Invalid> {
    if week.days.iter().all(Vec::is_empty) {
        return Err(Invalid::NoWorkingDay(week.valid_from));
    }
    if week.valid_to.is_some_and(|last| last < week.valid_from) {
        return Err(Invalid::EndsBeforeItBegins(week.valid_from));
    }
    for (index, day) in (0_i8..).zip(&week.days) {
        let weekday = Weekday::from_monday_zero_offset(index).map(|weekday| format!("{weekday:?}")).unwrap_or_default();
        check_day(day).map_err(|problem| Invalid::Opening { valid_from: week.valid_from, weekday, problem })?;
    }
    Ok(())
}

fn check_day(day: &[Opening]) -> Result<(), &'static str> {
    if day.iter().any(|opening| opening.to <= opening.from) {
        return Err("an opening ends before it begins");
    }
    if day.windows(2).any(|pair| pair[1].from < pair[0].to) {
        return Err("openings overlap or are out of order");
    }
    Ok(())
}

/// The article's hours, for tests here and elsewhere: Mon, Tue, Wed, Fri 8:30-12:00 and 14:15-16:00, Thu 8:30-16:00.
#[doc(hidden)]
pub fn article() -> Calendar {
    Calendar::new(Parts { weeks: vec![article_week()], ..Parts::default() })
        .expect("the article's hours are well formed")
}

/// As [`article`], to change and build from.
#[doc(hidden)]
pub fn article_week() -> Week {
    let opening = |from: (i8, i8), to: (i8, i8)| Opening {
        from: Time::constant(from.0, from.1, 0, 0),
        to: Time::constant(to.0, to.1, 0, 0),
    };
    let split = vec![opening((8, 30), (12, 0)), opening((14, 15), (16, 0))];
    let thursday = vec![opening((8, 30), (16, 0))];
    let days = [split.clone(), split.clone(), split.clone(), thursday, split, Vec::new(), Vec::new()];
    Week { valid_from: Date::constant(2015, 1, 1), valid_to: None, channel: None, days }
}

/// Italy's holidays (L. 260/1949 as changed, L. 151/2025), for tests: a city's own stand in its file.
#[doc(hidden)]
pub fn national_holidays() -> Vec<Holiday> {
    let fixed = |month, day, from_year| Holiday {
        name: format!("{day}/{month}"),
        on: Every::Year { month, day },
        from_year,
        to_year: None,
    };
    let mut all = [(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)]
        .map(|(month, day)| fixed(month, day, None))
        .to_vec();
    all.push(fixed(10, 4, Some(2026)));
    all.push(Holiday {
        name: "Lunedì dell'Angelo".into(),
        on: Every::Easter { days: 1 },
        from_year: None,
        to_year: None,
    });
    all
}

#[cfg(test)]
pub(crate) mod tests;
