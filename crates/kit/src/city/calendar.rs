//! The city's hours, holidays, closures and terms: `calendar.toml`, and from `offices.toml` whom the last rung goes to.
//! What they mean for a term is the domain's matter. Every fault names its line, its field and what was expected.

mod content;

use super::{Error, Offices, file::File};
use content::Content;
use segnalalo_domain::calendar::{Calendar, Invalid, Parts, Source};
use sha2::{Digest as _, Sha256};
use std::path::Path;

const FILE: &str = "calendar.toml";

/// Reads `calendar.toml` and `offices.toml` in the city's folder.
///
/// # Errors
/// Names the file, the line, the field and what was expected.
pub fn load(city: &Path) -> Result<Calendar, Error> {
    let (file, text) = File::text(city, FILE)?;
    build(&file, text, &Offices::load(city)?)
}

/// From the files' texts: for those who carry a copy.
///
/// # Errors
/// Names the line, the field and what was expected.
pub fn parse(calendar: &str, offices: &str) -> Result<Calendar, Error> {
    build(&File::named(FILE), calendar.to_owned(), &Offices::from_text(offices)?)
}

fn build(file: &File, text: String, offices: &Offices) -> Result<Calendar, Error> {
    let content: Content = file.parse(&text)?;
    let sha256 = Sha256::digest(text.as_bytes()).into();
    let parts = content.parts(&content::Checker { file, text: &text, offices })?;
    let heads = offices.heads().map(|(code, head)| (code.to_owned(), head.to_owned())).collect();
    let parts = Parts { heads, source: Some(Source { sha256, text: text.clone() }), ..parts };
    Calendar::new(parts).map_err(|fault| explain(file, &fault))
}

/// Faults of the whole; those of a single line were found before.
fn explain(file: &File, fault: &Invalid) -> Error {
    match fault {
        Invalid::NoWeek => file.invalid("hours", "at least one [[hours]] without a channel"),
        Invalid::AllEnd => file.invalid("hours", "one [[hours]] without `to`: the last hours must have no end"),
        Invalid::NoWorkingDay(from) => file.invalid(format!("hours from {from}"), "a day with an opening"),
        Invalid::EndsBeforeItBegins(from) => file.invalid(format!("hours from {from}"), "a `to` not before `from`"),
        Invalid::Opening { valid_from, weekday, .. } => {
            file.invalid(format!("hours from {valid_from}, {}", weekday.to_lowercase()), content::IN_ORDER)
        }
        Invalid::Special { date, .. } => file.invalid(format!("special of {date}"), content::IN_ORDER),
    }
}

#[cfg(test)]
mod tests;
