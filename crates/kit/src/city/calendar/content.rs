//! `calendar.toml` as it is written, and its turning into a calendar's parts.

use super::super::{Error, Offices, file::File};
use jiff::{
    SignedDuration,
    civil::{Date, Time},
};
use segnalalo_domain::{
    calendar::{Closure, Every, FirstAnswer, Holiday, Opening, Parts, Special, Terms, Week},
    words::{Channel, Kind, Office},
};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{collections::BTreeMap, ops::Range};
use toml::Spanned;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
pub(super) const IN_ORDER: &str = "openings that end after they begin, in order, without overlap";
/// No term is longer than this many days: a slip of the hand is.
const LONGEST: u32 = 3650;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    #[serde(default)]
    bridges: Bridges,
    /// `08-16`; empty: the patron's day is no day of its own.
    #[serde(default)]
    patron: Option<Spanned<String>>,
    hours: Vec<Spanned<Hours>>,
    #[serde(default)]
    holiday: Vec<Spanned<Feast>>,
    #[serde(default)]
    closure: Vec<Spanned<Closed>>,
    #[serde(default)]
    special: Vec<Spanned<Other>>,
    #[serde(default)]
    terms: Durations,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Bridges {
    #[default]
    Open,
    Closed,
}

/// From a day on, until the next `hours` begin or to its own last day. Openings are written `08:30-12:00`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    #[serde(deserialize_with = "day")]
    from: Date,
    #[serde(default, deserialize_with = "last_day")]
    to: Option<Date>,
    channel: Option<String>,
    #[serde(default)]
    monday: Vec<Spanned<String>>,
    #[serde(default)]
    tuesday: Vec<Spanned<String>>,
    #[serde(default)]
    wednesday: Vec<Spanned<String>>,
    #[serde(default)]
    thursday: Vec<Spanned<String>>,
    #[serde(default)]
    friday: Vec<Spanned<String>>,
    #[serde(default)]
    saturday: Vec<Spanned<String>>,
    #[serde(default)]
    sunday: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feast {
    name: String,
    /// `12-26`
    date: Option<String>,
    /// Days after Easter Sunday.
    easter: Option<i32>,
    from: Option<i16>,
    to: Option<i16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    #[serde(deserialize_with = "day")]
    from: Date,
    #[serde(default, deserialize_with = "last_day")]
    to: Option<Date>,
    #[serde(default)]
    offices: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    reason: String,
    act: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    #[serde(deserialize_with = "day")]
    date: Date,
    hours: Vec<Spanned<String>>,
    reason: String,
    #[serde(default)]
    act: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Durations {
    take_in_charge: Option<Spanned<u32>>,
    first_answer: Option<Spanned<u32>>,
    news: Option<Spanned<u32>>,
    citizen_reply: Option<Spanned<u32>>,
    reminder: Option<Spanned<u32>>,
    auto_close: Option<Spanned<u32>>,
    head_after_hours: Option<Spanned<u32>>,
    #[serde(default)]
    first_answer_of: Vec<Spanned<Own>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    office: Option<String>,
    kind: Option<String>,
    days: u32,
}

/// The reader of dates tells which digit it stumbled over; who wrote "domani" must hear what a date looks like.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("expected a day like \"2026-12-07\", found {text:?}")))
}

fn last_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    day(deserializer).map(Some)
}

/// Says what is wrong, and on which line.
pub(super) struct Checker<'a> {
    pub file: &'a File,
    pub text: &'a str,
    pub offices: &'a Offices,
}

impl Checker<'_> {
    fn wrong(&self, span: Range<usize>, field: impl AsRef<str>, expected: impl Into<String>) -> Error {
        self.file.invalid_at(self.text, &span, field, expected)
    }

    fn openings(&self, written: Vec<Spanned<String>>, field: &str) -> Result<Vec<Opening>, Error> {
        let span = written.first().map(Spanned::span);
        let openings = written.into_iter().map(|text| {
            let expected = || format!("openings like \"08:30-12:00\", found {:?}", text.get_ref());
            opening(text.get_ref()).ok_or_else(|| self.wrong(text.span(), field, expected()))
        });
        let openings = openings.collect::<Result<Vec<_>, _>>()?;
        let in_order = openings.windows(2).all(|pair| pair[0].to <= pair[1].from);
        match span {
            Some(span) if !in_order || openings.iter().any(|opening| opening.to <= opening.from) => {
                Err(self.wrong(span, field, IN_ORDER))
            }
            _ => Ok(openings),
        }
    }

    fn offices(&self, codes: &[String], span: &Range<usize>, field: &str) -> Result<(), Error> {
        match codes.iter().find(|code| !self.offices.contains(code)) {
            Some(code) => Err(self.wrong(span.clone(), field, format!("codes of offices.toml, found {code:?}"))),
            None => Ok(()),
        }
    }
}

impl Content {
    pub fn parts(self, checker: &Checker<'_>) -> Result<Parts, Error> {
        let mut parts = Parts { bridges_closed: self.bridges == Bridges::Closed, ..Parts::default() };
        for (number, hours) in self.hours.into_iter().enumerate() {
            parts.weeks.push(week(number, hours, &parts.weeks, checker)?);
        }
        for (number, feast) in self.holiday.into_iter().enumerate() {
            parts.holidays.push(holiday(number, feast, checker)?);
        }
        if let Some(patron) = self.patron.filter(|patron| !patron.get_ref().is_empty()) {
            let on = month_and_day(patron.get_ref())
                .ok_or_else(|| checker.wrong(patron.span(), "patron", "month and day, like \"08-16\", or \"\""))?;
            parts.holidays.push(Holiday { name: "Santo patrono".to_owned(), on, from_year: None, to_year: None });
        }
        for (number, closed) in self.closure.into_iter().enumerate() {
            parts.closures.push(closure(number, closed, checker)?);
        }
        for (number, other) in self.special.into_iter().enumerate() {
            let (date, special) = special(number, other, &parts.specials, checker)?;
            parts.specials.insert(date, special);
        }
        parts.terms = terms(self.terms, checker)?;
        Ok(parts)
    }
}

fn week(number: usize, hours: Spanned<Hours>, before: &[Week], checker: &Checker<'_>) -> Result<Week, Error> {
    let span = hours.span();
    let hours = hours.into_inner();
    let channel = match &hours.channel {
        None => None,
        Some(code) => Some(Channel::from_code(code).ok_or_else(|| {
            let known = Channel::ALL.iter().map(|channel| channel.code()).collect::<Vec<_>>().join(", ");
            checker.wrong(span.clone(), format!("hours[{number}].channel"), format!("one of {known}, found {code:?}"))
        })?),
    };
    if hours.to.is_some_and(|last| last < hours.from) {
        return Err(checker.wrong(span, format!("hours[{number}].to"), format!("a day from {} on", hours.from)));
    }
    if before.iter().any(|week| week.channel == channel && week.valid_from >= hours.from) {
        let field = format!("hours[{number}].from");
        return Err(checker.wrong(span, field, "a day after the one of the [[hours]] before it"));
    }
    let written =
        [hours.monday, hours.tuesday, hours.wednesday, hours.thursday, hours.friday, hours.saturday, hours.sunday];
    let mut days: [Vec<Opening>; 7] = Default::default();
    for ((day, written), name) in days.iter_mut().zip(written).zip(DAYS) {
        *day = checker.openings(written, &format!("hours[{number}].{name}"))?;
    }
    if days.iter().all(Vec::is_empty) {
        return Err(checker.wrong(span, format!("hours[{number}]"), "a day with an opening"));
    }
    Ok(Week { valid_from: hours.from, valid_to: hours.to, channel, days })
}

fn holiday(number: usize, feast: Spanned<Feast>, checker: &Checker<'_>) -> Result<Holiday, Error> {
    let span = feast.span();
    let Feast { name, date, easter, from, to } = feast.into_inner();
    let field = |field: &str| format!("holiday[{number}].{field}");
    let on = match (date, easter) {
        (Some(date), None) => month_and_day(&date).ok_or_else(|| {
            checker.wrong(span, field("date"), format!("month and day, like \"12-26\", found {date:?}"))
        })?,
        (None, Some(days)) => Every::Easter { days },
        _ => return Err(checker.wrong(span, field("date"), "either `date` or `easter`")),
    };
    Ok(Holiday { name, on, from_year: from, to_year: to })
}

fn closure(number: usize, closed: Spanned<Closed>, checker: &Checker<'_>) -> Result<Closure, Error> {
    let span = closed.span();
    let Closed { from, to, offices, except, reason, act } = closed.into_inner();
    let field = |field: &str| format!("closure[{number}].{field}");
    let to = to.unwrap_or(from);
    if to < from {
        return Err(checker.wrong(span, field("to"), format!("a day from {from} on")));
    }
    for (name, text) in [("reason", &reason), ("act", &act)] {
        if text.trim().is_empty() {
            return Err(checker.wrong(span, field(name), "words: a closure is explained, and refers to its act"));
        }
    }
    checker.offices(&offices, &span, &field("offices"))?;
    checker.offices(&except, &span, &field("except"))?;
    Ok(Closure { from, to, offices, except, reason, act })
}

fn special(
    number: usize,
    other: Spanned<Other>,
    known: &BTreeMap<Date, Special>,
    checker: &Checker<'_>,
) -> Result<(Date, Special), Error> {
    let span = other.span();
    let Other { date, hours, reason, act } = other.into_inner();
    if known.contains_key(&date) {
        return Err(checker.wrong(span, format!("special[{number}].date"), "each day once"));
    }
    if hours.is_empty() {
        let expected = "openings like \"08:30-12:00\"; a day without any is a [[closure]]";
        return Err(checker.wrong(span, format!("special[{number}].hours"), expected));
    }
    let openings = checker.openings(hours, &format!("special[{number}].hours"))?;
    Ok((date, Special { openings, reason, act }))
}

fn terms(written: Durations, checker: &Checker<'_>) -> Result<Terms, Error> {
    let default = Terms::default();
    let number = |value: Option<Spanned<u32>>, field: &str, default: u32| match value {
        None => Ok(default),
        Some(days) if (1..=LONGEST).contains(days.get_ref()) => Ok(days.into_inner()),
        Some(days) => {
            Err(checker.wrong(days.span(), format!("terms.{field}"), format!("a number from 1 to {LONGEST}")))
        }
    };
    let reminder_span = written.reminder.as_ref().map(Spanned::span);
    let mut terms = Terms {
        take_in_charge: number(written.take_in_charge, "take_in_charge", default.take_in_charge)?,
        first_answer: number(written.first_answer, "first_answer", default.first_answer)?,
        first_answer_of: Vec::new(),
        news: number(written.news, "news", default.news)?,
        citizen_reply: number(written.citizen_reply, "citizen_reply", default.citizen_reply)?,
        reminder: number(written.reminder, "reminder", default.reminder)?,
        auto_close: number(written.auto_close, "auto_close", default.auto_close)?,
        head_after: SignedDuration::from_hours(number(written.head_after_hours, "head_after_hours", 4)?.into()),
    };
    if terms.reminder > terms.citizen_reply {
        let expected = format!("no more than citizen_reply ({})", terms.citizen_reply);
        return Err(checker.wrong(reminder_span.unwrap_or_default(), "terms.reminder", expected));
    }
    for (index, own) in written.first_answer_of.into_iter().enumerate() {
        terms.first_answer_of.push(own_days(index, own, checker)?);
    }
    Ok(terms)
}

fn own_days(index: usize, own: Spanned<Own>, checker: &Checker<'_>) -> Result<FirstAnswer, Error> {
    let span = own.span();
    let Own { office, kind, days } = own.into_inner();
    let field = |field: &str| format!("terms.first_answer_of[{index}].{field}");
    checker.offices(office.as_slice(), &span, &field("office"))?;
    let kind = match &kind {
        None => None,
        Some(code) => Some(Kind::from_code(code).ok_or_else(|| {
            let known = Kind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", ");
            checker.wrong(span.clone(), field("kind"), format!("one of {known}, found {code:?}"))
        })?),
    };
    if !(1..=LONGEST).contains(&days) {
        return Err(checker.wrong(span, field("days"), format!("a number from 1 to {LONGEST}")));
    }
    Ok(FirstAnswer { office: office.map(Office), kind, working_days: days })
}

fn opening(text: &str) -> Option<Opening> {
    let (opens, closes) = text.split_once('-')?;
    Some(Opening { from: time(opens)?, to: time(closes)? })
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// 29 February comes in leap years only, but it is a day.
fn month_and_day(text: &str) -> Option<Every> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    Date::new(2024, month, day).ok().map(|_| Every::Year { month, day })
}
