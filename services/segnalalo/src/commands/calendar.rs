//! `segnalalo calendar MONTH`: the month's days with their hours, and why a day isn't as its week says.

use crate::{
    failure::Failure,
    output,
    phrases::{Part, Phrases},
    render::{table, wrap},
};
use jiff::{ToSpan as _, civil::Date};
use segnalalo_domain::calendar::{Calendar, Day, Note, Opening, URP, local_date};
use segnalalo_kit::{
    city::calendar as file,
    clock::{Clock as _, SystemClock},
    config::Vars,
};
use serde_json::json;
use std::path::{Path, PathBuf};

const CALENDAR: &str = include_str!("../../../../deploy/biella/calendar.toml");
const OFFICES: &str = include_str!("../../../../deploy/biella/offices.toml");

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "MESE")]
    month: Option<String>,
    #[arg(long, value_name = "MESE")]
    to: Option<String>,
    #[arg(long, default_value = URP, hide_default_value = true)]
    office: String,
    #[arg(long, value_name = "CARTELLA")]
    city: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args, vars: &Vars, phrases: &Phrases) -> Result<(), Failure> {
    let calendar = city_calendar(args.city.as_deref(), vars)?;
    let office = args.office.trim().to_ascii_uppercase();
    if !phrases.is_office(&office) {
        return Err(Failure::usage(phrases.say(
            Part::Reasons,
            "UNKNOWN_OFFICE",
            &[("offices", &phrases.office_codes())],
        )));
    }
    let first = match &args.month {
        Some(text) => month(text, phrases)?,
        None => local_date(SystemClock.now()).first_of_month(),
    };
    let last = args.to.as_ref().map_or(Ok(first), |text| month(text, phrases))?;
    let months = first.series(1.month()).take_while(|month| *month <= last);
    for (index, month) in months.enumerate() {
        if args.json {
            days(month).for_each(|date| output::line(in_json(&calendar, &office, date)));
            continue;
        }
        if index > 0 {
            output::line("");
        }
        output::line(in_words(&calendar, &office, month, phrases, wrap::width(vars)));
    }
    Ok(())
}

/// The city's calendar; where its folder isn't there, the copy that was compiled in.
pub fn city_calendar(city: Option<&Path>, vars: &Vars) -> Result<Calendar, Failure> {
    let folder = vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella")).map_err(Failure::config)?;
    let folder = city.unwrap_or(&folder);
    if city.is_none() && !folder.join("calendar.toml").exists() {
        return file::parse(CALENDAR, OFFICES).map_err(Failure::config);
    }
    file::load(folder).map_err(Failure::config)
}

/// «2026-12»
fn month(text: &str, phrases: &Phrases) -> Result<Date, Failure> {
    let read = || {
        let (year, month) = text.trim().split_once('-')?;
        Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()
    };
    read().ok_or_else(|| Failure::usage(phrases.text("bad_month", &[("text", text)])))
}

fn days(month: Date) -> impl Iterator<Item = Date> {
    month.series(1.day()).take_while(move |date| date.month() == month.month())
}

fn in_words(calendar: &Calendar, office: &str, month: Date, phrases: &Phrases, width: usize) -> String {
    let hours = calendar.hours(office);
    let heads = ["day", "hours", "why"].map(|column| phrases.say(Part::Calendar, column, &[]));
    let rows = days(month).map(|date| {
        let day = hours.day(date);
        let opens = match day.openings {
            [] => phrases.say(Part::Calendar, "closed", &[]),
            openings => openings.iter().map(spoken).collect::<Vec<_>>().join(", "),
        };
        vec![phrases.day_of_month(date), opens, why(day, phrases)]
    });
    let rows = rows.collect::<Vec<_>>();
    let worked = days(month).filter(|date| hours.is_working_day(*date)).count().to_string();
    let values = [("month", phrases.month(month)), ("office", phrases.office(office).to_owned()), ("worked", worked)];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let title = phrases.say(Part::Calendar, "title", &values);
    format!("{title}\n\n{}", table::table(&heads, &rows, width))
}

fn why(day: Day<'_>, phrases: &Phrases) -> String {
    let say =
        |key: &str, reason: &str, act: &str| phrases.say(Part::Calendar, key, &[("reason", reason), ("act", act)]);
    match day.note {
        None => String::new(),
        Some(Note::Holiday(name)) => say("holiday", name, ""),
        Some(Note::Bridge) => say("bridge", "", ""),
        Some(Note::Closure { reason, act }) => say("closure", reason, act),
        Some(Note::Special { reason, act }) => say("special", reason, act),
    }
}

fn in_json(calendar: &Calendar, office: &str, date: Date) -> String {
    let day = calendar.hours(office).day(date);
    let (kind, reason, act) = match day.note {
        None => ("", "", ""),
        Some(Note::Holiday(name)) => ("holiday", name, ""),
        Some(Note::Bridge) => ("bridge", "", ""),
        Some(Note::Closure { reason, act }) => ("closure", reason, act),
        Some(Note::Special { reason, act }) => ("special", reason, act),
    };
    let hours = day.openings.iter().map(written).collect::<Vec<_>>();
    json!({ "date": date.to_string(), "hours": hours, "kind": kind, "reason": reason, "act": act }).to_string()
}

/// As in the file: «08:30-12:00».
fn written(opening: &Opening) -> String {
    format!("{}-{}", opening.from.strftime("%H:%M"), opening.to.strftime("%H:%M"))
}

fn spoken(opening: &Opening) -> String {
    format!("{}-{}", opening.from.strftime("%-H:%M"), opening.to.strftime("%-H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases() -> Phrases {
        Phrases::load(&Vars::from_pairs([("SEGNALALO_CITY", "nowhere")])).unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[test]
    fn december_shows_its_hours_and_its_feasts() {
        let closure =
            "\n[[closure]]\nfrom = \"2026-12-07\"\nexcept = [\"URP\"]\nreason = \"Ponte\"\nact = \"ord. 9/2026\"\n";
        let text = CALENDAR.replace("\n[terms]", &format!("{closure}\n[terms]"));
        let calendar = file::parse(&text, OFFICES).unwrap();
        let month = Date::constant(2026, 12, 1);
        let urp = in_words(&calendar, URP, month, &phrases(), 100);
        let strade = in_words(&calendar, "STRADE", month, &phrases(), 100);
        for line in [
            "martedì 1",
            "giovedì 24    8:30-16:00",
            "venerdì 25    chiuso                   festa: Natale",
            "lunedì 7      8:30-12:00, 14:15-16:00",
        ] {
            assert!(urp.contains(line), "{line}\n{urp}");
        }
        assert!(strade.contains("lunedì 7      chiuso                   chiusura: Ponte (ord. 9/2026)"), "{strade}");
    }

    #[test]
    fn a_month_that_is_none_is_refused() {
        for text in ["dicembre", "2026-13", "2026", ""] {
            let failure = month(text, &phrases()).unwrap_err().to_string();
            assert!(failure.contains("2026-12"), "{failure}");
        }
    }
}
