//! Counting in working time: the days and the hours of one office, or of one channel.

use super::{Calendar, Day, Opening, instant, local_date, rome};
use crate::words::Channel;
use jiff::{SignedDuration, Timestamp, civil::Date};

/// Days that are looked through at most: a term must end, whatever a file closes.
const A_YEAR: usize = 366;
/// Promises further away than this are counted on the wall clock from there.
const TWENTY_YEARS: usize = 20 * 366;

#[derive(Debug, Clone, Copy)]
pub struct Hours<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) office: &'a str,
    pub(super) channel: Option<Channel>,
}

impl<'a> Hours<'a> {
    /// Openings of the day, and why they aren't those of its week.
    pub fn day(&self, date: Date) -> Day<'a> {
        self.calendar.day(self.office, self.channel, date)
    }

    /// The day's openings, in order; none on a day that isn't worked.
    pub fn openings(&self, date: Date) -> &'a [Opening] {
        self.day(date).openings
    }

    pub fn is_working_day(&self, date: Date) -> bool {
        !self.openings(date).is_empty()
    }

    /// When the day's last opening ends; `None` on a day that isn't worked.
    pub fn closing_time(&self, date: Date) -> Option<Timestamp> {
        self.openings(date).last().map(|opening| instant(date.to_datetime(opening.to)))
    }

    /// When the day's first opening begins; `None` on a day that isn't worked.
    pub fn opening_time(&self, date: Date) -> Option<Timestamp> {
        self.openings(date).first().map(|opening| instant(date.to_datetime(opening.from)))
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
        self.spans(local_date(at), A_YEAR).map(|(from, _)| from).find(|from| *from >= at)
    }

    /// The `count`-th working day strictly after `date`. Should closed days fill a whole year, days are counted as they
    /// come: a term must end.
    pub fn working_day_after(&self, date: Date, count: u32) -> Date {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let limit = A_YEAR.max(count.saturating_mul(3));
        let worked = days_from(date, limit).skip(1).filter(|date| self.is_working_day(*date));
        worked.clone().nth(count.saturating_sub(1)).or_else(|| days_from(date, limit).nth(count)).unwrap_or(date)
    }

    /// `date` if it is worked, else the next working day.
    pub fn working_day_from(&self, date: Date) -> Date {
        days_from(date, A_YEAR).find(|date| self.is_working_day(*date)).unwrap_or(date)
    }

    /// Working time from one instant to another; none when they are out of order.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        self.worked(from, to).map(|(begins, ends)| begins.duration_until(ends)).sum()
    }

    /// What is worked from one instant to another, in order; nothing when they are out of order.
    pub fn worked(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + use<'a> {
        let days = if to <= from { 0 } else { TWENTY_YEARS };
        let inside = self.spans(local_date(from), days).take_while(move |(opens, _)| *opens < to);
        inside.map(move |(opens, closes)| (opens.max(from), closes.min(to))).filter(|(begins, ends)| begins < ends)
    }

    /// The first instant by which `amount` of working time has gone since `from`; `from` itself for none.
    pub fn after(&self, from: Timestamp, amount: SignedDuration) -> Timestamp {
        if amount <= SignedDuration::ZERO {
            return from;
        }
        let mut left = amount;
        for (opens, closes) in self.spans(local_date(from), TWENTY_YEARS) {
            let begins = opens.max(from);
            let worked = begins.duration_until(closes);
            if worked >= left {
                return begins.saturating_add(left).unwrap_or(Timestamp::MAX);
            }
            left -= worked.max(SignedDuration::ZERO);
        }
        from.saturating_add(amount).unwrap_or(Timestamp::MAX)
    }

    /// The openings as instants, from a day on.
    fn spans(&self, date: Date, days: usize) -> impl Iterator<Item = (Timestamp, Timestamp)> + use<'a> {
        let hours = *self;
        days_from(date, days).flat_map(move |date| {
            let span = move |opening: &Opening| {
                (instant(date.to_datetime(opening.from)), instant(date.to_datetime(opening.to)))
            };
            hours.openings(date).iter().map(span)
        })
    }
}

fn days_from(date: Date, days: usize) -> impl Iterator<Item = Date> + Clone {
    std::iter::successors(Some(date), |date| date.tomorrow().ok()).take(days.saturating_add(1))
}
