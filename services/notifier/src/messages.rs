//! The texts that citizens get: read from the city's folder, checked at start, filled in here. Dates, offices and states
//! come as codes and leave as words. Nothing is shortened: what is too long is for a person to look at.

mod check;
mod file;
mod whatsapp;

use file::File;
use jiff::{Timestamp, civil::Date};
use minijinja::{Environment, UndefinedBehavior};
use segnalalo_domain::{template::Template, ticket::Phase, words::Channel};
use segnalalo_kit::city::{Dates, Offices};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
pub use whatsapp::{LONGEST as LONGEST_TEMPLATE, WhatsappTemplate};

/// Characters that the platforms take (Meta: WhatsApp text 4096, Messenger below 2000, comments 8000).
fn limit(channel: Channel) -> usize {
    match channel {
        Channel::Whatsapp => 4096,
        Channel::Messenger => 1999,
        Channel::FacebookPost | Channel::FacebookComment => 8000,
    }
}

/// Names the file, the key and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{}: the file can't be read", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    #[error("{}: this isn't the TOML that was expected", .0.display())]
    Malformed(PathBuf, #[source] Box<toml::de::Error>),
    #[error("{}: {key}: {problem}", file.display())]
    Text { file: PathBuf, key: String, problem: String },
    #[error(transparent)]
    City(#[from] segnalalo_kit::city::Error),
}

/// A text can't be made of these variables: a person must look.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RenderError {
    #[error("the text has {length} characters; {channel} takes {limit}")]
    TooLong { channel: Channel, length: usize, limit: usize },
    #[error("the text can't be filled in: {0}")]
    Variables(String),
}

impl RenderError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "text_too_long",
            Self::Variables(_) => "text_variables",
        }
    }
}

pub struct Messages {
    texts: Environment<'static>,
    file: File,
    dates: Dates,
    offices: Offices,
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Messages(..)")
    }
}

const PRIVATE: &str = "private";
const PUBLIC: &str = "public";

impl Messages {
    /// Reads `messages/messages.toml` of the city, and what its variables are worded with.
    ///
    /// # Errors
    /// A text is missing, uses a variable that it doesn't have, or isn't a template.
    pub fn load(city: &Path) -> Result<Self, LoadError> {
        let path = city.join("messages/messages.toml");
        let file = File::read(&path)?;
        let mut texts = Environment::new();
        texts.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        if !file.privacy.starts_with("https://") {
            let problem = "expected a link that begins with https://".to_owned();
            return Err(LoadError::Text { file: path, key: "privacy".to_owned(), problem });
        }
        texts.add_global(check::PRIVACY, file.privacy.clone());
        for template in Template::ALL {
            let text = file.text(&path, *template)?;
            for (form, source) in [(PRIVATE, &text.private), (PUBLIC, &text.public)] {
                let wrong = |problem: String| LoadError::Text {
                    file: path.clone(),
                    key: format!("{template}.{form}"),
                    problem,
                };
                texts
                    .add_template_owned(key(*template, form), source.trim().to_owned())
                    .map_err(|error| wrong(format!("{error}")))?;
                if let Some(problem) = check::problem(&texts, *template, form) {
                    return Err(wrong(problem));
                }
            }
        }
        file.check(&path)?;
        Ok(Self { texts, file, dates: Dates::load(city)?, offices: Offices::load(city)? })
    }

    /// The text for a channel. `words` are the operator's, empty without any; `now` says which year needs no saying.
    ///
    /// # Errors
    /// `RenderError`: the reply is held for a person.
    pub fn text(
        &self,
        template: Template,
        channel: Channel,
        variables: &BTreeMap<String, String>,
        words: &str,
        now: Timestamp,
    ) -> Result<String, RenderError> {
        let form = if channel.is_public() { PUBLIC } else { PRIVATE };
        let wrong = |error: minijinja::Error| RenderError::Variables(format!("{}", error.kind()));
        let mut text = self
            .texts
            .get_template(&key(template, form))
            .map_err(wrong)?
            .render(self.worded(template, variables, words, now))
            .map_err(wrong)?;
        if channel == Channel::Messenger
            && let Some(extra) = self.file.known(template).and_then(|text| text.messenger_extra.as_deref())
        {
            text = format!("{text}\n{extra}");
        }
        let (length, limit) = (text.chars().count(), limit(channel));
        if length > limit {
            return Err(RenderError::TooLong { channel, length, limit });
        }
        Ok(text)
    }

    /// Name and language of every template that Meta must have approved.
    pub fn whatsapp_templates(&self) -> Vec<(String, String)> {
        self.file.whatsapp_templates()
    }

    /// The approved template that says the same; `None` when there is none.
    pub fn whatsapp(
        &self,
        template: Template,
        variables: &BTreeMap<String, String>,
        words: &str,
        now: Timestamp,
    ) -> Option<WhatsappTemplate> {
        let known = self.file.known(template)?.whatsapp.as_ref()?;
        Some(WhatsappTemplate::fill(known, &self.worded(template, variables, words, now)))
    }

    /// Codes as words. What the reply lacks is not there: a text that needs it can't be filled in.
    fn worded(
        &self,
        template: Template,
        variables: &BTreeMap<String, String>,
        words: &str,
        now: Timestamp,
    ) -> BTreeMap<&'static str, String> {
        let value = |name: &&'static str| {
            let value = match *name {
                "words" => words.trim().to_owned(),
                name => self.word(name, variables.get(name)?.clone(), now),
            };
            (!value.is_empty()).then_some((*name, value))
        };
        template.variables().iter().filter_map(value).collect()
    }

    fn word(&self, name: &str, value: String, now: Timestamp) -> String {
        let worded = match name {
            "take_in_charge_by" | "reopens" | "answer_by" => {
                value.parse::<Timestamp>().ok().map(|at| self.dates.by_when(at, now))
            }
            "expected_by" => value.parse::<Date>().ok().map(|date| self.dates.date(date)),
            "office" => self.offices.get(&value).map(|office| office.name.clone()),
            "state" => Phase::from_code(&value).and_then(|phase| self.file.states.get(phase.code()).cloned()),
            _ => None,
        };
        worded.unwrap_or(value)
    }
}

fn key(template: Template, form: &str) -> String {
    format!("{template}.{form}")
}

#[cfg(test)]
mod tests;
