//! How long content is kept, as the city decides (GDPR art. 5 c. 1 e): rules with a period and the act they rest on. Which
//! content that is, and whether its time is over, says `desk::retention`.

use crate::{calendar::rome, desk::TicketRef, words::vocabulary};
use jiff::{
    Span, Timestamp,
    civil::{Date, Time},
};
use std::{collections::BTreeMap, fmt, str::FromStr};

vocabulary! {
    /// A rule of retention.toml.
    RuleName {
        /// Everything of a closed ticket that is still there.
        Content = "content",
        /// What the city told the citizen, as it was sent.
        Chat = "chat",
        /// What he attached.
        Attachments = "attachments",
        /// All of a ticket that didn't concern the city.
        NotPertinent = "not_pertinent",
        /// All of a ticket that was marked as spam.
        Spam = "spam",
        /// Messages of no ticket.
        NoTicket = "no_ticket",
        /// What platforms told us that belongs to no conversation.
        Notices = "notices",
    }
}

/// How long something is kept: in the calendar of Europe/Rome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    Forever,
    /// None of them above `Period::LONGEST`.
    For {
        count: u32,
        unit: Unit,
    },
}

vocabulary! { Unit { Days = "days", Months = "months", Years = "years" } }

impl Period {
    /// A larger number is a slip of the hand.
    pub const LONGEST: u32 = 3650;

    /// When what ended at this moment is kept no longer.
    pub fn end(self, from: Timestamp) -> Timestamp {
        let Self::For { count, unit } = self else {
            return Timestamp::MAX;
        };
        let count = i64::from(count);
        let span = match unit {
            Unit::Days => Span::new().try_days(count),
            Unit::Months => Span::new().try_months(count),
            Unit::Years => Span::new().try_years(count),
        };
        let end = span.and_then(|span| from.to_zoned(rome()).checked_add(span));
        end.map_or(Timestamp::MAX, |end| end.timestamp())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::For { count: 1, unit } => write!(f, "1 {}", unit.code().trim_end_matches('s')),
            Self::For { count, unit } => write!(f, "{count} {unit}"),
        }
    }
}

/// The text is no period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a period looks like \"90 days\", \"6 months\", \"5 years\" or \"forever\"")]
pub struct MalformedPeriod;

impl FromStr for Period {
    type Err = MalformedPeriod;

    fn from_str(text: &str) -> Result<Self, MalformedPeriod> {
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let (count, unit) = text.split_once(' ').ok_or(MalformedPeriod)?;
        let unit = Unit::ALL.iter().find(|known| known.code() == unit || known.code().trim_end_matches('s') == unit);
        let count = count.parse().ok().filter(|count| (1..=Self::LONGEST).contains(count)).ok_or(MalformedPeriod)?;
        Ok(Self::For { count, unit: *unit.ok_or(MalformedPeriod)? })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub period: Period,
    /// The law, plan or act that it rests on: stands in the log beside what it took.
    pub source: String,
}

/// A ticket whose content is kept although its time is over: for a court, an inspection, a request to see the acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub ticket: TicketRef,
    /// As it is written in the file.
    pub named: String,
    pub act: String,
}

/// The city's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub rules: BTreeMap<RuleName, Rule>,
    pub holds: Vec<Hold>,
    /// In Europe/Rome: the nightly run begins then.
    pub run_at: Time,
    /// SHA-256 of the file: its version.
    pub sha256: [u8; 32],
}

impl Rules {
    /// The day of the run that is due at this moment: today, or yesterday while today's hour hasn't come.
    pub fn due_day(&self, now: Timestamp) -> Date {
        let local = now.to_zoned(rome());
        let today = local.date();
        if local.time() >= self.run_at { today } else { today.yesterday().unwrap_or(today) }
    }

    /// When the next run begins, if the one of this day was the last.
    pub fn next_run(&self, last: Option<Date>, now: Timestamp) -> Timestamp {
        let due = self.due_day(now);
        if last.is_none_or(|last| last < due) {
            return now;
        }
        let next = last.unwrap_or(due).tomorrow().unwrap_or(due);
        let local = next.to_datetime(self.run_at);
        rome().to_ambiguous_timestamp(local).compatible().unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_written_as_it_is_read_and_counted_in_the_city_s_calendar() {
        for text in ["90 days", "1 day", "6 months", "1 year", "5 years", "forever"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in ["", "0 days", "90", "90  days", "-1 days", "3651 days", "2 weeks", "five years"] {
            assert_eq!(text.parse::<Period>(), Err(MalformedPeriod), "{text}");
        }
        let end = |text: &str, from: &str| text.parse::<Period>().unwrap().end(from.parse().unwrap()).to_string();
        assert_eq!(end("5 years", "2026-11-27T10:00:00+01:00"), "2031-11-27T09:00:00Z");
        // Summer time in between: the same hour on the wall.
        assert_eq!(end("90 days", "2026-08-01T10:00:00+02:00"), "2026-10-30T09:00:00Z");
        assert_eq!(end("1 year", "2028-02-29T10:00:00+01:00"), "2029-02-28T09:00:00Z");
    }

    #[test]
    fn the_run_of_a_day_is_due_from_its_hour_on_and_not_twice() {
        let rules = Rules {
            rules: BTreeMap::new(),
            holds: Vec::new(),
            run_at: Time::new(2, 30, 0, 0).unwrap(),
            sha256: [0; 32],
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (early, late) = (at("2026-11-27T02:29:59+01:00"), at("2026-11-27T02:30:00+01:00"));
        assert_eq!(rules.due_day(early).to_string(), "2026-11-26");
        assert_eq!(rules.due_day(late).to_string(), "2026-11-27");
        assert_eq!(rules.next_run(Some(rules.due_day(early)), early), late);
        assert_eq!(rules.next_run(Some(rules.due_day(early)), late), late);
        assert_eq!(rules.next_run(Some(rules.due_day(late)), late), at("2026-11-28T02:30:00+01:00"));
    }
}
