//! The city's lexicon: which words point to which office, kind and signal, and how strongly. Read from
//! `<city>/triage/` at start and compiled into one table; a fault names file, key and what was expected. It finds
//! cues; what follows from them is decided elsewhere.

mod file;
mod names;

pub use names::{Languages, Names, Places, Rows};

use super::{
    pattern::{PhraseId, Table},
    text::{Spellings, Text, fold},
};
use file::{CueFile, Header, RulesFile};
use segnalalo_domain::words::Kind;
use segnalalo_kit::city::{self, Offices};
use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    #[error("{}: the file or folder can't be read", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: this isn't the TOML that was expected", file.display())]
    Malformed {
        file: PathBuf,
        #[source]
        source: Box<toml::de::Error>,
    },
    #[error("{}: {key}: expected {expected}", file.display())]
    Invalid { file: PathBuf, key: String, expected: String },
    #[error("the offices can't be read")]
    Offices(#[source] city::Error),
}

/// An office's place in `Lexicon::offices`.
pub type OfficeIndex = usize;

/// What a cue speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Office(OfficeIndex),
    Kind(Kind),
    Signal(Signal),
}

/// What words can tell besides office and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Something is broken, missing or wrong.
    Fault,
    /// Somebody demands that something is done, or complains: also in the form of a question.
    Demand,
    /// Offends without saying anything else.
    Insult,
    /// It happened before, is over, or only might happen.
    Past,
    /// The citizen is content with what was done.
    Satisfied,
    /// The citizen says that it isn't solved.
    Objects,
    /// Somebody may be hurt, or something essential is missing.
    High,
    /// Only a matter of looks.
    Low,
    /// Plainly about this city.
    Here,
    /// A word of a person's health.
    Health,
}

impl Signal {
    const ALL: [(&'static str, Self); 10] = [
        ("fault", Self::Fault),
        ("demand", Self::Demand),
        ("insult", Self::Insult),
        ("past", Self::Past),
        ("satisfied", Self::Satisfied),
        ("objects", Self::Objects),
        ("high", Self::High),
        ("low", Self::Low),
        ("here", Self::Here),
        ("health", Self::Health),
    ];
}

#[derive(Debug)]
pub struct Cue {
    pub topic: Topic,
    /// In Italian, for the operator: "buche e fondo stradale".
    pub about: String,
    pub weight: f32,
    /// The office that an emergency or kind cue brings along; the second choice for an office's cue.
    pub office: Option<OfficeIndex>,
    /// Counts only when one of the `with` phrases stands in the message, too.
    needs_with: bool,
    /// Counts only in a message that isn't in the city's own language: `fine` is no fine in Italian.
    foreign: bool,
    /// Counts only in a message with a question mark: "è aperto" alone asks nothing.
    question: bool,
    /// Names a place that is the office's own matter: it counts in full also behind "in" and "al".
    pub facility: bool,
}

#[derive(Debug, Clone, Copy)]
enum Role {
    Word,
    With,
    Unless,
}

/// A cue that speaks in a message.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    pub cue: usize,
    /// The first match, by words of the text.
    pub first: usize,
    pub last: usize,
    /// How many different phrases of the cue are there.
    pub phrases: u32,
    /// Something in the message speaks against the cue.
    pub doubted: bool,
}

/// Limits of the decision, from `rules.toml`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Below this confidence the URP decides.
    pub office_confidence: f64,
    /// From this score on, a message is an emergency.
    pub emergency_score: f32,
}

#[derive(Debug)]
pub struct Lexicon {
    pub version: String,
    pub limits: Limits,
    pub spellings: Spellings,
    /// Words before a place: what stands behind them is where something is, more than what it is.
    pub locatives: HashSet<String>,
    pub offices: Vec<String>,
    /// By office: as citizens read it.
    pub office_names: Vec<String>,
    /// By office: the likeliest other one, when nothing else speaks.
    pub neighbours: Vec<Option<OfficeIndex>>,
    pub urp: OfficeIndex,
    pub cues: Vec<Cue>,
    pub table: Table,
    pub places: Places,
    pub names: Names,
    pub languages: Languages,
    meanings: Vec<(usize, Role)>,
}

impl Lexicon {
    pub fn load(city: &Path) -> Result<Self, LexiconError> {
        let offices = Offices::load(city).map_err(LexiconError::Offices)?;
        let folder = city.join("triage");
        let rules: RulesFile = file::read(&folder.join("rules.toml"))?;
        let codes: Vec<String> = offices.codes().map(str::to_owned).collect();
        let mut lexicon = Self {
            version: rules.version,
            limits: rules.limits,
            spellings: rules.spellings,
            locatives: rules.locatives.iter().map(|word| fold(word)).collect(),
            office_names: codes.iter().map(|code| offices.name(code).to_owned()).collect(),
            neighbours: vec![None; codes.len()],
            urp: codes.iter().position(|code| code == "URP").expect("Offices has checked that the URP is there"),
            offices: codes,
            cues: Vec::new(),
            table: Table::new(rules.small_words),
            places: Places::load(&folder.join("places.toml"))?,
            names: Names::load(&folder.join("names.toml"))?,
            languages: Languages::load(&folder.join("languages.toml"))?,
            meanings: Vec::new(),
        };
        for name in ["offices", "kinds", "signals"] {
            for path in file::list(&folder.join(name))? {
                lexicon.add_file(&path, &rules.groups)?;
            }
        }
        Ok(lexicon)
    }

    fn add_file(&mut self, path: &Path, groups: &BTreeMap<String, Vec<String>>) -> Result<(), LexiconError> {
        let parsed: CueFile = file::read(path)?;
        let topic = self.topic(path, &parsed.header)?;
        if let (Topic::Office(office), Some(code)) = (topic, &parsed.header.neighbour) {
            self.neighbours[office] = Some(self.office(path, "neighbour", code)?);
        }
        for (index, cue) in parsed.cue.iter().enumerate() {
            let key = format!("cue[{index}]");
            if cue.words.is_empty() {
                return Err(file::invalid(path, format!("{key}.words"), "at least one phrase"));
            }
            let office = cue.office.as_ref();
            let office = office.map(|code| self.office(path, &format!("{key}.office"), code)).transpose()?;
            let id = self.cues.len();
            self.cues.push(Cue {
                topic,
                about: cue.about.clone(),
                weight: cue.weight,
                office,
                needs_with: !cue.with.is_empty(),
                foreign: cue.foreign,
                question: cue.question,
                facility: cue.facility,
            });
            for (name, phrases, role) in [
                ("words", &cue.words, Role::Word),
                ("with", &cue.with, Role::With),
                ("unless", &cue.unless, Role::Unless),
            ] {
                for phrase in phrases {
                    let phrase = file::written_out(phrase, groups).map_err(|group| {
                        file::invalid(path, format!("{key}.{name}"), &format!("a group of rules.toml, not @{group}"))
                    })?;
                    self.table
                        .add(&phrase)
                        .map_err(|error| file::invalid(path, format!("{key}.{name}"), &error.to_string()))?;
                    self.meanings.push((id, role));
                }
            }
        }
        Ok(())
    }

    fn topic(&self, path: &Path, header: &Header) -> Result<Topic, LexiconError> {
        let wrong = |key: &str, expected: &str| file::invalid(path, key.to_owned(), expected);
        match (&header.office, &header.kind, &header.signal) {
            (Some(code), None, None) => Ok(Topic::Office(self.office(path, "office", code)?)),
            (None, Some(code), None) => {
                Kind::from_code(code).map(Topic::Kind).ok_or_else(|| wrong("kind", "a kind of the taxonomy"))
            }
            (None, None, Some(name)) => (Signal::ALL.iter())
                .find(|(code, _)| code == name)
                .map(|(_, signal)| Topic::Signal(*signal))
                .ok_or_else(|| wrong("signal", "a signal that the rules know: fault, demand, insult, past, ...")),
            _ => Err(wrong("office, kind, signal", "exactly one of them")),
        }
    }

    fn office(&self, path: &Path, key: &str, code: &str) -> Result<OfficeIndex, LexiconError> {
        let found = self.offices.iter().position(|office| office == code);
        found.ok_or_else(|| file::invalid(path, key.to_owned(), &format!("a code of offices.toml, not {code:?}")))
    }

    /// The cues that speak in a text; `foreign` when it isn't in the city's own language.
    pub fn hits(&self, text: &Text<'_>, foreign: bool) -> Vec<Hit> {
        let mut seen: Vec<(PhraseId, usize)> = Vec::new();
        let mut hits: Vec<Hit> = Vec::new();
        let (mut with, mut unless) = (Vec::new(), Vec::new());
        for found in self.table.search(text) {
            let (cue, role) = self.meanings[found.phrase as usize];
            let unheard = |cue: &Cue| (cue.foreign && !foreign) || (cue.question && text.questions == 0);
            if unheard(&self.cues[cue]) {
                continue;
            }
            match role {
                Role::With => with.push(cue),
                Role::Unless => unless.push(cue),
                Role::Word => {
                    let again = seen.contains(&(found.phrase, cue));
                    seen.push((found.phrase, cue));
                    match hits.iter_mut().find(|hit| hit.cue == cue) {
                        Some(hit) => hit.phrases += u32::from(!again),
                        None => {
                            hits.push(Hit { cue, first: found.first, last: found.last, phrases: 1, doubted: false })
                        }
                    }
                }
            }
        }
        for hit in &mut hits {
            hit.doubted = unless.contains(&hit.cue);
        }
        // A doubted cue for an office still says a little: better a poor guess beside the URP than none.
        hits.retain(|hit| {
            let cue = &self.cues[hit.cue];
            let refuted = hit.doubted && !matches!(cue.topic, Topic::Office(_));
            !refuted && (!cue.needs_with || with.contains(&hit.cue))
        });
        hits
    }
}
