//! Dates and times as the city's people read them: `dates.toml` holds the names and the patterns. It formats; the time
//! zone and what a date means are the domain's matter.

use super::{Error, file::File};
use jiff::{Timestamp, civil::Date, civil::Time};
use segnalalo_domain::calendar::rome;
use serde::Deserialize;
use std::path::Path;

const FILE: &str = "dates.toml";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// Monday first.
    weekdays: [String; 7],
    months: [String; 12],
    /// How the first day of a month is written.
    first_day: String,
    /// `{weekday} {day} {month} {year}`: a promised day.
    date: String,
    /// `{weekday} {day} {month} {time}`: an instant by which something is done.
    by_when: String,
    /// The same in another year than this one: with `{year}`.
    by_when_year: String,
    time: Times,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Times {
    /// `{hour}`: a full hour.
    hour: String,
    /// `{hour} {minute}`
    minute: String,
    /// One o'clock: it has an article of its own.
    one: String,
    /// `{minute}`: between one and two.
    one_minute: String,
    midnight: String,
}

impl Dates {
    /// Reads `dates.toml` in the city's folder.
    ///
    /// # Errors
    /// Names the file, the key and what was expected.
    pub fn load(city: &Path) -> Result<Self, Error> {
        let (file, dates): (File, Self) = File::read(city, FILE)?;
        dates.check(&file)?;
        Ok(dates)
    }

    /// From the file's text: for those who carry a copy.
    ///
    /// # Errors
    /// Names the key and what was expected.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file = File::named(FILE);
        let dates: Self = file.parse(text)?;
        dates.check(&file)?;
        Ok(dates)
    }

    fn check(&self, file: &File) -> Result<(), Error> {
        let patterns = [
            ("date", &self.date, &["weekday", "day", "month", "year"][..], &["day", "month"][..]),
            ("by_when", &self.by_when, &["weekday", "day", "month", "year", "time"], &["day", "month", "time"]),
            (
                "by_when_year",
                &self.by_when_year,
                &["weekday", "day", "month", "year", "time"],
                &["day", "month", "year", "time"],
            ),
            ("time.hour", &self.time.hour, &["hour"], &["hour"]),
            ("time.minute", &self.time.minute, &["hour", "minute"], &["hour", "minute"]),
            ("time.one", &self.time.one, &[], &[]),
            ("time.one_minute", &self.time.one_minute, &["minute"], &["minute"]),
            ("time.midnight", &self.time.midnight, &[], &[]),
            ("first_day", &self.first_day, &[], &[]),
        ];
        for (key, pattern, known, needed) in patterns {
            let rest = known.iter().fold(pattern.clone(), |rest, name| rest.replace(&format!("{{{name}}}"), ""));
            if rest.contains(['{', '}']) {
                return Err(file.invalid(key, format!("only these variables: {known:?}")));
            }
            if let Some(name) = needed.iter().find(|name| !pattern.contains(&format!("{{{name}}}"))) {
                return Err(file.invalid(key, format!("a pattern with {{{name}}}")));
            }
        }
        Ok(())
    }

    /// «martedì 24 novembre alle 16»; with the year when it isn't the one of `now`.
    pub fn by_when(&self, at: Timestamp, now: Timestamp) -> String {
        let local = at.to_zoned(rome());
        let this_year = local.year() == now.to_zoned(rome()).year();
        self.day(if this_year { &self.by_when } else { &self.by_when_year }, local.date())
            .replace("{time}", &self.time(local.time()))
    }

    /// «lunedì 30 novembre 2026»
    pub fn date(&self, date: Date) -> String {
        self.day(&self.date, date)
    }

    /// «dicembre 2026»
    pub fn month(&self, date: Date) -> String {
        format!("{} {}", self.months[usize::from(date.month().unsigned_abs()) - 1], date.year())
    }

    /// «martedì 1»
    pub fn day_of_month(&self, date: Date) -> String {
        self.day("{weekday}", date) + &format!(" {}", date.day())
    }

    fn day(&self, pattern: &str, date: Date) -> String {
        let day = match date.day() {
            1 => self.first_day.clone(),
            day => day.to_string(),
        };
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
        let month = usize::from(date.month().unsigned_abs()) - 1;
        pattern
            .replace("{weekday}", &self.weekdays[weekday])
            .replace("{day}", &day)
            .replace("{month}", &self.months[month])
            .replace("{year}", &date.year().to_string())
    }

    fn time(&self, time: Time) -> String {
        let pattern = match (time.hour(), time.minute()) {
            (0, 0) => &self.time.midnight,
            (1, 0) => &self.time.one,
            (1, _) => &self.time.one_minute,
            (_, 0) => &self.time.hour,
            _ => &self.time.minute,
        };
        pattern.replace("{hour}", &time.hour().to_string()).replace("{minute}", &format!("{:02}", time.minute()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn biella() -> Dates {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        Dates::load(&city).unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-23T09:00:00+01:00".parse().unwrap()
    }

    #[test]
    fn an_instant_reads_as_one_says_it_in_italian() {
        for (at, said) in [
            ("2026-11-24T16:00:00+01:00", "martedì 24 novembre alle 16"),
            ("2026-11-30T16:00:00+01:00", "lunedì 30 novembre alle 16"),
            ("2027-01-04T16:00:00+01:00", "lunedì 4 gennaio 2027 alle 16"),
            ("2027-03-01T12:15:00+01:00", "lunedì 1º marzo 2027 alle 12:15"),
            ("2026-12-31T23:30:00Z", "venerdì 1º gennaio 2027 alle 0:30"),
            ("2026-11-25T08:30:00+01:00", "mercoledì 25 novembre alle 8:30"),
            ("2026-11-24T15:30:00+01:00", "martedì 24 novembre alle 15:30"),
            ("2026-12-01T08:05:00+01:00", "martedì 1º dicembre alle 8:05"),
            ("2026-06-02T22:30:00Z", "mercoledì 3 giugno alle 0:30"),
            ("2026-11-24T01:00:00+01:00", "martedì 24 novembre all'una"),
            ("2026-11-24T01:15:00+01:00", "martedì 24 novembre all'1:15"),
            ("2026-11-24T00:00:00+01:00", "martedì 24 novembre a mezzanotte"),
        ] {
            assert_eq!(biella().by_when(at.parse().unwrap(), now()), said);
        }
    }

    #[test]
    fn a_promised_day_has_its_year() {
        assert_eq!(biella().date(date(2026, 11, 30)), "lunedì 30 novembre 2026");
        assert_eq!(biella().date(date(2027, 1, 1)), "venerdì 1º gennaio 2027");
    }

    #[test]
    fn a_pattern_with_a_variable_that_is_not_there_is_refused_by_its_key() {
        let mut dates = biella();
        dates.by_when = "{day} {month} {time} {second}".to_owned();
        let error = dates.check(&File::named(FILE)).unwrap_err().to_string();
        assert!(error.starts_with("dates.toml: by_when: expected only these"), "{error}");
        dates.by_when = "{day} {month}".to_owned();
        let error = dates.check(&File::named(FILE)).unwrap_err().to_string();
        assert!(error.contains("a pattern with {time}"), "{error}");
    }
}
