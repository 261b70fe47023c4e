//! The city's own names of streets and places, from the lists that triage finds places by (`triage/places.toml`). They serve
//! where a citizen's words must not be kept: what comes out is a name of the city's list and nothing else.

use super::Error;
use serde::Deserialize;
use std::{collections::BTreeSet, fs, path::Path};

const FILE: &str = "triage/places.toml";
/// Words of a list's name at most: no name is longer.
const LONGEST: usize = 6;
/// Words that say of a place only where at it, beside the lists' own.
const AROUND: [&str; 14] =
    ["biella", "civico", "n", "nr", "num", "numero", "bis", "ter", "angolo", "zona", "lato", "nei", "pressi", "con"];

#[derive(Deserialize)]
struct File {
    street: Vec<String>,
    streets: Vec<String>,
    localities: Vec<String>,
    landmarks: Vec<String>,
    heads: Vec<String>,
    near: Vec<String>,
    joints: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streets {
    /// "via", "corso".
    kinds: BTreeSet<String>,
    streets: BTreeSet<Vec<String>>,
    places: BTreeSet<Vec<String>>,
    /// Words that may stand beside a name without meaning anybody.
    harmless: BTreeSet<String>,
}

impl Streets {
    /// # Errors
    /// Names the file.
    pub fn load(city: &Path) -> Result<Self, Error> {
        let file = city.join(FILE);
        let text = fs::read_to_string(&file).map_err(|source| Error::Unreadable { file: file.clone(), source })?;
        let lists: File =
            toml::from_str(&text).map_err(|source| Error::Malformed { file, source: Box::new(source) })?;
        let around = AROUND.iter().map(|word| (*word).to_owned());
        Ok(Self {
            kinds: lists.street.iter().filter(|kind| kind.is_ascii()).cloned().collect(),
            streets: lists.streets.iter().map(|name| words(name)).collect(),
            places: lists.localities.iter().chain(&lists.landmarks).map(|name| words(name)).collect(),
            harmless: lists.heads.into_iter().chain(lists.near).chain(lists.joints).chain(around).collect(),
        })
    }

    /// The street or place that the words name, as the city writes it and without a house number. `None` when it isn't on
    /// the list, or when anything else is said beside it: that might be a person's name.
    pub fn name_in(&self, place: &str) -> Option<String> {
        let words = words(place);
        let mut found = None;
        let mut at = 0;
        while at < words.len() {
            if let Some((name, length)) = self.name_at(&words[at..]) {
                found = found.or(Some(name));
                at += length;
            } else if self.is_harmless(&words[at]) {
                at += 1;
            } else {
                return None;
            }
        }
        found
    }

    fn name_at(&self, words: &[String]) -> Option<(String, usize)> {
        let longest = |names: &BTreeSet<Vec<String>>, words: &[String]| {
            (1..=words.len().min(LONGEST)).rev().find(|length| names.contains(&words[..*length]))
        };
        if self.kinds.contains(&words[0])
            && let Some(length) = longest(&self.streets, &words[1..])
        {
            return Some((titled(&words[..=length]), length + 1));
        }
        longest(&self.places, words).map(|length| (titled(&words[..length]), length))
    }

    /// House numbers are, and are left out.
    fn is_harmless(&self, word: &str) -> bool {
        self.harmless.contains(word) || word.starts_with(|first: char| first.is_ascii_digit()) || word.len() == 1
    }
}

/// Small letters, split at what is none: "d'aosta" is two words.
fn words(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// "via dei mille" is written "Via dei Mille", "via xx settembre" "Via XX Settembre".
fn titled(words: &[String]) -> String {
    const SMALL: [&str; 14] =
        ["a", "al", "alla", "da", "de", "dei", "del", "della", "delle", "di", "e", "la", "per", "valle"];
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        let roman = word.len() > 1 && word.chars().all(|letter| "xvi".contains(letter));
        let elided = word == "d" || word == "sant" || word == "dell";
        let word = match word.as_str() {
            _ if roman => word.to_uppercase(),
            small if at > 0 && (SMALL.contains(&small) || small == "d" || small == "dell") => word.clone(),
            _ => capital(word),
        };
        text += &word;
        if at + 1 < words.len() {
            text.push(if elided { '\'' } else { ' ' });
        }
    }
    text
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_in(place: &str) -> Option<String> {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        Streets::load(&city).unwrap().name_in(place)
    }

    #[test]
    fn a_street_of_the_list_is_written_as_the_city_writes_it_and_without_its_number() {
        for (place, name) in [
            ("via Italia 12", "Via Italia"),
            ("in VIA ITALIA, civico 12/b", "Via Italia"),
            ("davanti alla scuola di via dei mille", "Via dei Mille"),
            ("angolo via Torino con via Roma", "Via Torino"),
            ("corso duca d'aosta", "Corso Duca d'Aosta"),
            ("via xx settembre", "Via XX Settembre"),
            ("Chiavazza", "Chiavazza"),
            ("stazione san paolo", "Stazione San Paolo"),
        ] {
            assert_eq!(name_in(place).as_deref(), Some(name), "{place}");
        }
    }

    #[test]
    fn what_is_not_on_the_list_or_may_name_a_person_is_left_out() {
        for place in ["via Inventata 3", "da Mario Rossi in via Italia 12", "casa Bianchi, via Torino", "bar Ferri", ""]
        {
            assert_eq!(name_in(place), None, "{place}");
        }
    }
}
