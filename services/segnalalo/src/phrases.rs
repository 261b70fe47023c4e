//! The operators' words: `cli.toml`, `dates.toml` and `offices.toml` of the city's folder (`SEGNALALO_CITY`). Where the
//! folder isn't there, as on an operator's own machine, the copies that were compiled in serve. Codes are never shown
//! where there is a word for them; a word that is missing shows the code.

mod pattern;

use crate::failure::Failure;
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp, civil::Date};
use segnalalo_domain::calendar::rome;
use segnalalo_kit::{
    city::Dates,
    clock::{Clock as _, SystemClock},
    config::Vars,
};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::PathBuf};

const FILE: &str = "cli.toml";
const CLI: &str = include_str!("../../../deploy/biella/cli.toml");
const DATES: &str = include_str!("../../../deploy/biella/dates.toml");
const OFFICES: &str = include_str!("../../../deploy/biella/offices.toml");

type Table = BTreeMap<String, String>;

/// Values for a phrase's variables.
pub type Values<'a> = &'a [(&'a str, &'a str)];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: BTreeMap<String, Table>,
    columns: Table,
    left: Table,
    text: Table,
    reasons: Table,
    next: Table,
    story: Story,
    events: Table,
    steps: Table,
    calendar: Table,
    person: Table,
    retention: Table,
    replay: Table,
    demo: Table,
    health: Table,
    doctor: Table,
    prepare: Table,
    help: Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    hidden: Vec<String>,
}

/// Of `offices.toml`, only the names: the rest is for others, who check it too.
#[derive(Deserialize)]
struct Offices {
    office: Vec<Office>,
}

#[derive(Deserialize)]
struct Office {
    code: String,
    name: String,
}

pub struct Phrases {
    file: File,
    dates: Dates,
    /// Names by code.
    offices: Table,
}

/// Which table of `cli.toml` a phrase stands in.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    Text,
    Columns,
    Left,
    Reasons,
    Next,
    Events,
    Steps,
    Calendar,
    Person,
    Retention,
    Replay,
    Demo,
    Health,
    Doctor,
    Prepare,
    Help,
}

impl Phrases {
    /// # Errors
    /// A file of the city is there and can't be read, or isn't what it must be.
    pub fn load(vars: &Vars) -> Result<Self, Failure> {
        let city = vars.parsed("SEGNALALO_CITY", PathBuf::from("deploy/biella")).map_err(Failure::config)?;
        if !city.join(FILE).exists() {
            return Self::of([CLI, DATES, OFFICES]);
        }
        let read = |name: &str| {
            let file = city.join(name);
            fs::read_to_string(&file).with_context(|| file.display().to_string()).map_err(Failure::config)
        };
        Self::of([&read(FILE)?, &read("dates.toml")?, &read("offices.toml")?])
    }

    fn of([cli, dates, offices]: [&str; 3]) -> Result<Self, Failure> {
        let offices: Offices = toml::from_str(offices).context("offices.toml").map_err(Failure::config)?;
        Ok(Self {
            file: toml::from_str(cli).context(FILE).map_err(Failure::config)?,
            dates: Dates::parse(dates).map_err(Failure::config)?,
            offices: offices.office.into_iter().map(|office| (office.code, office.name)).collect(),
        })
    }

    /// A phrase with its values; the key itself when the city has no such phrase.
    pub fn say(&self, part: Part, key: &str, values: Values<'_>) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        pattern::render(self.raw(part, key).unwrap_or(key), &value)
    }

    pub fn text(&self, key: &str, values: Values<'_>) -> String {
        self.say(Part::Text, key, values)
    }

    /// The phrase as it stands in the file.
    pub fn raw(&self, part: Part, key: &str) -> Option<&str> {
        let table = match part {
            Part::Text => &self.file.text,
            Part::Columns => &self.file.columns,
            Part::Left => &self.file.left,
            Part::Reasons => &self.file.reasons,
            Part::Next => &self.file.next,
            Part::Events => &self.file.events,
            Part::Steps => &self.file.steps,
            Part::Calendar => &self.file.calendar,
            Part::Person => &self.file.person,
            Part::Retention => &self.file.retention,
            Part::Replay => &self.file.replay,
            Part::Demo => &self.file.demo,
            Part::Health => &self.file.health,
            Part::Doctor => &self.file.doctor,
            Part::Prepare => &self.file.prepare,
            Part::Help => &self.file.help,
        };
        table.get(key).map(String::as_str)
    }

    /// What a code of a vocabulary is called: "state", "channel", "kind", ... The code itself when it has no name.
    pub fn word<'a>(&'a self, vocabulary: &str, code: &'a str) -> &'a str {
        self.file.words.get(vocabulary).and_then(|words| words.get(code)).map_or(code, String::as_str)
    }

    pub fn has_vocabulary(&self, vocabulary: &str) -> bool {
        self.file.words.contains_key(vocabulary)
    }

    /// The codes of a vocabulary.
    pub fn codes(&self, vocabulary: &str) -> Vec<&str> {
        self.file.words.get(vocabulary).into_iter().flat_map(|words| words.keys().map(String::as_str)).collect()
    }

    pub fn office<'a>(&'a self, code: &'a str) -> &'a str {
        self.offices.get(code).map_or(code, String::as_str)
    }

    pub fn is_office(&self, code: &str) -> bool {
        self.offices.contains_key(code)
    }

    pub fn office_codes(&self) -> String {
        self.offices.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Whether the story leaves the event out unless all is asked for.
    pub fn is_hidden(&self, event: &str) -> bool {
        self.file.story.hidden.iter().any(|hidden| hidden == event)
    }

    /// «martedì 24 novembre alle 16»
    pub fn by_when(&self, at: Timestamp) -> String {
        self.dates.by_when(at, SystemClock.now())
    }

    /// «martedì 24 novembre 2026 alle 16», whatever the year is.
    pub fn instant(&self, at: Timestamp) -> String {
        self.dates.by_when(at, Timestamp::MIN)
    }

    /// «dicembre 2026»
    pub fn month(&self, date: Date) -> String {
        self.dates.month(date)
    }

    /// «martedì 1»
    pub fn day_of_month(&self, date: Date) -> String {
        self.dates.day_of_month(date)
    }

    /// «lunedì 30 novembre 2026»
    pub fn date(&self, date: Date) -> String {
        self.dates.date(date)
    }

    /// «1g 4h», «scaduto da 3h»
    pub fn left(&self, left: SignedDuration) -> String {
        if left.is_negative() {
            let ago = self.duration(left.unsigned_abs().as_secs());
            return self.say(Part::Left, "overdue", &[("left", &ago)]);
        }
        self.duration(left.unsigned_abs().as_secs())
    }

    /// «1g 4h»
    pub fn duration(&self, seconds: u64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        let unit = match (days, hours) {
            (0, 0) => "minutes",
            (0, _) => "hours",
            _ => "days",
        };
        let shown = |count: u64| if count == 0 { String::new() } else { count.to_string() };
        let minutes = if unit == "minutes" { minutes.to_string() } else { shown(minutes) };
        self.say(Part::Left, unit, &[("days", &shown(days)), ("hours", &shown(hours)), ("minutes", &minutes)])
    }
}

/// «23/11/2026 09:10», in Biella.
pub fn stamp(at: Timestamp) -> String {
    at.to_zoned(rome()).strftime("%d/%m/%Y %H:%M").to_string()
}

/// The first letter large.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
