//! The city's protocol register as it declares it: `register.toml`.

use super::Error;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const FILE: &str = "register.toml";
/// AgID's segnatura: `CodiceRegistro` is `[A-Za-z0-9_\.\-]{1,16}`.
const LONGEST_CODE: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// `CodiceRegistro`.
    pub code: String,
    pub name: String,
    /// IPA code of the administration, and what it is called.
    pub administration: String,
    pub administration_name: String,
    /// IPA code of the homogeneous organisational area (AOO).
    pub area: String,
    /// Operators who may export the register with its senders.
    pub may_read_senders: Vec<String>,
    /// What the columns of the register kept by hand are called.
    pub emergency: HandColumns,
    /// What a subject begins with, by the message's kind; "other" for the rest.
    subject: BTreeMap<String, String>,
    /// Title and class, by the office's code.
    classification: BTreeMap<String, String>,
}

/// Headings of the CSV in which operators register while the system is down (docs/register.md says what is in each).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandColumns {
    pub number: String,
    pub date: String,
    pub time: String,
    pub sender: String,
    pub contact: String,
    pub channel: String,
    pub text: String,
    pub place: String,
    pub office: String,
    pub ticket: String,
}

impl Register {
    /// Reads `register.toml` in the city's folder.
    ///
    /// # Errors
    /// Names the file and the key.
    pub fn load(city: &Path) -> Result<Self, Error> {
        let file = city.join(FILE);
        let text = fs::read_to_string(&file).map_err(|source| Error::Unreadable { file: file.clone(), source })?;
        Self::parse(&text, file)
    }

    fn parse(text: &str, file: PathBuf) -> Result<Self, Error> {
        let parsed: Self =
            toml::from_str(text).map_err(|source| Error::Malformed { file: file.clone(), source: Box::new(source) })?;
        let invalid = |key: &str, expected: &str| {
            Err(Error::Invalid { file: file.clone(), key: key.to_owned(), expected: expected.to_owned() })
        };
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        if parsed.code.is_empty() || parsed.code.len() > LONGEST_CODE || !parsed.code.chars().all(allowed) {
            return invalid("code", "1 to 16 letters, digits, points, hyphens or underscores");
        }
        if !parsed.subject.contains_key("other") {
            return invalid("subject.other", "what a subject begins with when its kind has no words of its own");
        }
        Ok(parsed)
    }

    /// What a subject begins with.
    pub fn opening(&self, kind: &str) -> &str {
        self.subject.get(kind).or_else(|| self.subject.get("other")).map_or("", String::as_str)
    }

    /// Empty when the city gave none.
    pub fn classification(&self, office: &str) -> &str {
        self.classification.get(office).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::Offices;

    #[test]
    fn the_city_of_biella_has_a_register_that_classifies_every_office() {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        let register = Register::load(&city).unwrap();
        for code in Offices::load(&city).unwrap().codes() {
            assert!(!register.classification(code).is_empty(), "{code}");
        }
        assert_eq!(register.opening("report"), "Segnalazione");
        assert_eq!(register.opening("thanks"), register.opening("other"));
    }

    #[test]
    fn a_code_that_agid_does_not_take_is_refused_by_its_key() {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        let text = fs::read_to_string(city.join(FILE)).unwrap();
        let error = Register::parse(&text.replace("SEGNALAZIONI", "REGISTRO SEGNALAZIONI"), FILE.into()).unwrap_err();
        assert!(error.to_string().starts_with("register.toml: code:"), "{error}");
    }
}
