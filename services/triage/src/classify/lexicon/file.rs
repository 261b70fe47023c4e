//! The form of the lexicon's files.

use super::{LexiconError, Limits};
use crate::classify::text::Spellings;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// `rules.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesFile {
    pub version: String,
    pub limits: Limits,
    pub small_words: Vec<String>,
    pub locatives: Vec<String>,
    pub spellings: Spellings,
    /// `@persona` in a phrase stands for the group's words.
    pub groups: BTreeMap<String, Vec<String>>,
}

/// A file of cues: all of them for one office, one kind or one signal.
#[derive(Deserialize)]
pub(super) struct CueFile {
    #[serde(flatten)]
    pub header: Header,
    pub cue: Vec<CueEntry>,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub office: Option<String>,
    pub kind: Option<String>,
    pub signal: Option<String>,
    /// Of an office: the second choice when no other office speaks.
    pub neighbour: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CueEntry {
    pub about: String,
    pub weight: f32,
    pub words: Vec<String>,
    #[serde(default)]
    pub with: Vec<String>,
    #[serde(default)]
    pub unless: Vec<String>,
    pub office: Option<String>,
    /// Counts only in a message that isn't in the city's own language.
    #[serde(default)]
    pub foreign: bool,
    /// Counts only in a message with a question mark.
    #[serde(default)]
    pub question: bool,
    /// Names a place that is the office's own matter: "in biblioteca" says what, not only where.
    #[serde(default)]
    pub facility: bool,
}

pub(super) fn read<T: DeserializeOwned>(file: &Path) -> Result<T, LexiconError> {
    let text = fs::read_to_string(file).map_err(|source| LexiconError::Unreadable { file: file.to_owned(), source })?;
    toml::from_str(&text).map_err(|source| LexiconError::Malformed { file: file.to_owned(), source: Box::new(source) })
}

/// The TOML files of a folder, in order of their names.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, LexiconError> {
    let unreadable = |source| LexiconError::Unreadable { file: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The phrase with every `@group` written out; the group's name when there is none of it.
pub(super) fn written_out(phrase: &str, groups: &BTreeMap<String, Vec<String>>) -> Result<String, String> {
    let mut parts = phrase.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let words = groups.get(name).ok_or_else(|| name.to_owned())?;
        out.push_str(&words.join("|"));
        out.push_str(rest);
    }
    Ok(out)
}

pub(super) fn invalid(file: &Path, key: String, expected: &str) -> LexiconError {
    LexiconError::Invalid { file: file.to_owned(), key, expected: expected.to_owned() }
}
