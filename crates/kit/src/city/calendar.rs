//! The hours of the URP and its closed days: `calendar.toml`. What they mean for a term is the domain's matter.

use super::{Error, file::File};
use jiff::civil::{Date, Time};
use segnalalo_domain::calendar::{Calendar, Invalid, Opening, Week};
use serde::Deserialize;
use std::path::Path;

const FILE: &str = "calendar.toml";
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    /// Days without work, whatever the week says.
    #[serde(default)]
    closed: Vec<Date>,
    hours: Vec<Hours>,
}

/// From a day on, until the next `hours` begin. Openings are written `08:30-12:00`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: Date,
    #[serde(default)]
    monday: Vec<String>,
    #[serde(default)]
    tuesday: Vec<String>,
    #[serde(default)]
    wednesday: Vec<String>,
    #[serde(default)]
    thursday: Vec<String>,
    #[serde(default)]
    friday: Vec<String>,
    #[serde(default)]
    saturday: Vec<String>,
    #[serde(default)]
    sunday: Vec<String>,
}

/// Reads `calendar.toml` in the city's folder.
///
/// # Errors
/// Names the file, the key and what was expected.
pub fn load(city: &Path) -> Result<Calendar, Error> {
    let (file, content) = File::read(city, FILE)?;
    build(&file, content)
}

fn build(file: &File, content: Content) -> Result<Calendar, Error> {
    let mut weeks = Vec::new();
    for (number, hours) in content.hours.into_iter().enumerate() {
        let week = week(file, number, hours)?;
        if weeks.iter().any(|earlier: &Week| earlier.valid_from >= week.valid_from) {
            return Err(file.invalid(format!("hours[{number}].from"), "a day after the one of the [[hours]] before it"));
        }
        weeks.push(week);
    }
    Calendar::new(weeks, content.closed.into_iter().collect()).map_err(|fault| explain(file, &fault))
}

fn week(file: &File, number: usize, hours: Hours) -> Result<Week, Error> {
    let written =
        [hours.monday, hours.tuesday, hours.wednesday, hours.thursday, hours.friday, hours.saturday, hours.sunday];
    let mut openings: [Vec<Opening>; 7] = Default::default();
    for (day, written) in written.into_iter().enumerate() {
        for text in written {
            let opening = opening(&text).ok_or_else(|| {
                file.invalid(
                    format!("hours[{number}].{}", DAYS[day]),
                    format!("openings like \"08:30-12:00\", found {text:?}"),
                )
            })?;
            openings[day].push(opening);
        }
    }
    Ok(Week { valid_from: hours.from, days: openings })
}

fn opening(text: &str) -> Option<Opening> {
    let (opens, closes) = text.split_once('-')?;
    Some(Opening { from: time(opens)?, to: time(closes)? })
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn explain(file: &File, fault: &Invalid) -> Error {
    match fault {
        Invalid::NoWeek => file.invalid("hours", "at least one [[hours]]"),
        Invalid::NoWorkingDay(from) => file.invalid(format!("hours from {from}"), "a day with an opening"),
        Invalid::Opening { valid_from, weekday, .. } => file.invalid(
            format!("hours from {valid_from}, {}", weekday.to_lowercase()),
            "openings that end after they begin, in order, without overlap",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn parse(text: &str) -> Result<Calendar, Error> {
        let file = File::named(FILE);
        let content = file.parse(text)?;
        build(&file, content)
    }

    #[test]
    fn biella_has_the_hours_of_the_article() {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        let calendar = load(&city).unwrap();
        let monday = calendar.openings(date(2026, 11, 23));
        let thursday = calendar.openings(date(2026, 11, 26));
        assert_eq!(monday.len(), 2);
        assert_eq!((monday[0].from, monday[0].to), (time(8, 30, 0, 0), time(12, 0, 0, 0)));
        assert_eq!((monday[1].from, monday[1].to), (time(14, 15, 0, 0), time(16, 0, 0, 0)));
        assert_eq!((thursday[0].from, thursday[0].to), (time(8, 30, 0, 0), time(16, 0, 0, 0)));
        assert!(!calendar.is_working_day(date(2026, 11, 28)));
        assert!(!calendar.is_working_day(date(2026, 11, 29)));
    }

    #[test]
    fn closed_days_are_read() {
        let calendar =
            parse("closed = [\"2026-12-08\"]\n[[hours]]\nfrom = \"2015-01-01\"\ntuesday = [\"08:30-12:00\"]").unwrap();
        assert!(calendar.is_working_day(date(2026, 12, 1)));
        assert!(!calendar.is_working_day(date(2026, 12, 8)));
    }

    #[test]
    fn a_fault_is_named_by_its_key() {
        for (text, said) in [
            ("hours = []", "hours: expected at least one [[hours]]"),
            (
                "[[hours]]\nfrom = \"2015-01-01\"\nfriday = [\"8.30/12\"]",
                "hours[0].friday: expected openings like \"08:30-12:00\", found \"8.30/12\"",
            ),
            (
                "[[hours]]\nfrom = \"2015-01-01\"\nfriday = [\"12:00-08:30\"]",
                "hours from 2015-01-01, friday: expected openings that end after they begin",
            ),
            ("[[hours]]\nfrom = \"2015-01-01\"", "hours from 2015-01-01: expected a day with an opening"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
