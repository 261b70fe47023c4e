//! The offices among which reports are shared out: `offices.toml`.

use super::Error;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const FILE: &str = "offices.toml";

/// What has no other office is its: it must be there.
const URP: &str = "URP";

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Stable code, upper case: `STRADE`.
    pub code: String,
    /// As citizens and operators read it.
    pub name: String,
    pub competences: Vec<String>,
    /// Who does the work when it isn't the city itself: SEAB, Cordar, ATAP.
    #[serde(default)]
    pub forwards_to: Vec<String>,
    /// An address or a number that may be given to citizens; empty when the URP answers for the office.
    #[serde(default)]
    pub contact: String,
    /// Function of its head, who hears last of a term that is over; empty: the URP's head does.
    #[serde(default)]
    pub head: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    office: Vec<Office>,
}

/// All offices, by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offices {
    by_code: BTreeMap<String, Office>,
}

impl Offices {
    /// Reads `offices.toml` in the city's folder.
    pub fn load(city: &Path) -> Result<Self, Error> {
        let file = city.join(FILE);
        let text = fs::read_to_string(&file).map_err(|source| Error::Unreadable { file: file.clone(), source })?;
        Self::parse(&text, file)
    }

    /// From the file's text: for those who carry a copy.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        Self::parse(text, PathBuf::from(FILE))
    }

    fn parse(text: &str, file: PathBuf) -> Result<Self, Error> {
        let parsed: File =
            toml::from_str(text).map_err(|source| Error::Malformed { file: file.clone(), source: Box::new(source) })?;
        let invalid =
            |key: String, expected: &str| Error::Invalid { file: file.clone(), key, expected: expected.to_owned() };
        let mut by_code = BTreeMap::new();
        for (index, office) in parsed.office.into_iter().enumerate() {
            let key = format!("office[{index}]");
            if !is_code(&office.code) {
                return Err(invalid(format!("{key}.code"), "capital letters and underscores"));
            }
            if office.name.trim().is_empty() {
                return Err(invalid(format!("{key}.name"), "a name, not empty"));
            }
            if let Some(twice) = by_code.insert(office.code.clone(), office) {
                return Err(invalid(format!("{key}.code"), &format!("each code once: {} is there twice", twice.code)));
            }
        }
        if !by_code.contains_key(URP) {
            return Err(invalid("office".to_owned(), "an office with the code URP"));
        }
        Ok(Self { by_code })
    }

    pub fn get(&self, code: &str) -> Option<&Office> {
        self.by_code.get(code)
    }

    /// The office's name; the code itself for one that isn't there any more.
    pub fn name<'a>(&'a self, code: &'a str) -> &'a str {
        self.get(code).map_or(code, |office| &office.name)
    }

    /// Functions of heads, by the code of their office.
    pub fn heads(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_code
            .values()
            .filter(|office| !office.head.is_empty())
            .map(|office| (office.code.as_str(), office.head.as_str()))
    }

    /// In alphabetical order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.by_code.keys().map(String::as_str)
    }

    pub fn contains(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }
}

fn is_code(code: &str) -> bool {
    !code.is_empty() && code.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Offices, Error> {
        Offices::parse(text, PathBuf::from("offices.toml"))
    }

    fn office(code: &str) -> String {
        format!("[[office]]\ncode = \"{code}\"\nname = \"N\"\ncompetences = []\n")
    }

    #[test]
    fn the_city_of_biella_has_its_sixteen_offices() {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        let offices = Offices::load(&city).unwrap();
        assert_eq!(offices.codes().count(), 16);
        assert!(offices.contains("STRADE") && !offices.contains("strade"));
        assert_eq!(offices.get("RIFIUTI").unwrap().forwards_to, ["SEAB"]);
        assert_eq!(offices.name("NOBODY"), "NOBODY");
    }

    #[test]
    fn a_code_in_small_letters_is_refused_by_its_key() {
        let error = parse(&(office("URP") + &office("strade"))).unwrap_err();
        assert_eq!(error.to_string(), "offices.toml: office[1].code: expected capital letters and underscores");
    }

    #[test]
    fn a_code_that_is_there_twice_is_refused() {
        let error = parse(&(office("URP") + &office("URP"))).unwrap_err();
        assert!(error.to_string().contains("URP is there twice"), "{error}");
    }

    #[test]
    fn a_city_without_the_urp_is_refused() {
        assert!(parse(&office("STRADE")).unwrap_err().to_string().contains("code URP"));
    }
}
