//! Word lists that aren't cues: streets and places of the city, given names, the small words of each language.

use super::{LexiconError, file};
use crate::classify::text::fold;
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

/// Rows of words, longest first, by their first word.
pub type Rows = HashMap<String, Vec<Vec<String>>>;

fn rows(names: Vec<String>) -> Rows {
    let mut rows = Rows::new();
    for name in names {
        let words: Vec<String> = name.split([' ', '\'', '’']).filter(|word| !word.is_empty()).map(fold).collect();
        if let Some(first) = words.first() {
            rows.entry(first.clone()).or_default().push(words);
        }
    }
    for list in rows.values_mut() {
        list.sort_by_key(|words| std::cmp::Reverse(words.len()));
    }
    rows
}

fn set(words: Vec<String>) -> HashSet<String> {
    words.iter().map(|word| fold(word)).collect()
}

#[derive(Debug)]
pub struct Places {
    /// Words that begin a street's name, whatever follows: via, piazza.
    pub street: HashSet<String>,
    /// Words that begin a street's name only before a name that is known or has a capital: strada, costa.
    pub perhaps_street: HashSet<String>,
    /// Names of the city's streets, without via and piazza.
    pub streets: Rows,
    /// Quarters and hamlets.
    pub localities: Rows,
    /// Places that everybody knows by name: "stazione San Paolo".
    pub landmarks: Rows,
    /// What a place may begin with: cimitero, parco, rotonda.
    pub heads: HashSet<String>,
    /// Words that lead to a place in a looser way: davanti, dietro.
    pub near: HashSet<String>,
    /// Words inside a name: di, della, san.
    pub joints: HashSet<String>,
    /// First words of a name in two words: pietro, santa.
    pub two_part: HashSet<String>,
    /// After `via` these make no street: mail, libera.
    pub not_after: HashSet<String>,
    /// Before `via` these make no street: buttare, portare.
    pub not_before: HashSet<String>,
    pub months: HashSet<String>,
    /// After a number these say that it counts things and is no house number.
    pub counted: HashSet<String>,
    /// Words that can't be a street's name.
    pub never: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacesFile {
    street: Vec<String>,
    perhaps_street: Vec<String>,
    streets: Vec<String>,
    localities: Vec<String>,
    landmarks: Vec<String>,
    heads: Vec<String>,
    near: Vec<String>,
    joints: Vec<String>,
    two_part: Vec<String>,
    not_after: Vec<String>,
    not_before: Vec<String>,
    months: Vec<String>,
    counted: Vec<String>,
    never: Vec<String>,
}

impl Places {
    pub(super) fn load(path: &Path) -> Result<Self, LexiconError> {
        let parsed: PlacesFile = file::read(path)?;
        Ok(Self {
            street: set(parsed.street),
            perhaps_street: set(parsed.perhaps_street),
            streets: rows(parsed.streets),
            localities: rows(parsed.localities),
            landmarks: rows(parsed.landmarks),
            heads: set(parsed.heads),
            near: set(parsed.near),
            joints: set(parsed.joints),
            two_part: set(parsed.two_part),
            not_after: set(parsed.not_after),
            not_before: set(parsed.not_before),
            months: set(parsed.months),
            counted: set(parsed.counted),
            never: set(parsed.never),
        })
    }
}

#[derive(Debug)]
pub struct Names {
    pub given: HashSet<String>,
    /// Titles before a family name: signor, dottoressa.
    pub titles: HashSet<String>,
    /// Words with a capital that are no family name: Comune, Grazie.
    pub not_family: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesFile {
    given: Vec<String>,
    titles: Vec<String>,
    not_family: Vec<String>,
}

impl Names {
    pub(super) fn load(path: &Path) -> Result<Self, LexiconError> {
        let parsed: NamesFile = file::read(path)?;
        Ok(Self { given: set(parsed.given), titles: set(parsed.titles), not_family: set(parsed.not_family) })
    }
}

/// Small words by language, the first language being the one supposed without proof.
#[derive(Debug)]
pub struct Languages {
    pub codes: Vec<String>,
    pub words: HashMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguagesFile {
    language: Vec<LanguageEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageEntry {
    code: String,
    words: Vec<String>,
}

impl Languages {
    pub(super) fn load(path: &Path) -> Result<Self, LexiconError> {
        let parsed: LanguagesFile = file::read(path)?;
        if parsed.language.is_empty() {
            return Err(file::invalid(path, "language".to_owned(), "at least one language"));
        }
        let mut words: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, language) in parsed.language.iter().enumerate() {
            for word in &language.words {
                words.entry(fold(word)).or_default().push(index);
            }
        }
        Ok(Self { codes: parsed.language.into_iter().map(|language| language.code).collect(), words })
    }
}
