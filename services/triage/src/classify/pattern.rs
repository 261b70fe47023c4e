//! The lexicon's phrases, compiled into one table that is searched word by word. A phrase is a row of words; `a|b`
//! takes either (`b_c` for one of several words), `a*` takes whatever begins so, `#` any number; small words (articles, prepositions) may stand
//! between, `..` lets up to seven others stand between, and `&` joins parts that may stand anywhere in the message.
//! What a match means is not its business.

use super::text::{Text, fold};
use std::collections::{HashMap, HashSet};

/// Longest way over `..`.
const FAR: usize = 7;
/// Small words that may stand between two words of a phrase.
const SMALL: usize = 4;
/// Words at least this long are also recognised with wrong double letters.
const FORGIVEN: usize = 6;

type AtomId = u32;
pub type PhraseId = u32;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    atom: AtomId,
    far: bool,
}

#[derive(Debug)]
struct Row {
    steps: Vec<Step>,
    phrase: PhraseId,
    /// Which part of the phrase, and how many there are.
    part: u8,
    parts: u8,
}

/// One phrase found: from which word to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub phrase: PhraseId,
    pub first: usize,
    pub last: usize,
}

#[derive(Debug, Default)]
struct Words {
    exact: HashMap<String, Vec<AtomId>>,
    prefix: HashMap<String, Vec<AtomId>>,
    longest: usize,
}

/// All phrases of the lexicon.
#[derive(Debug, Default)]
pub struct Table {
    words: Words,
    forgiven: Words,
    number: Option<AtomId>,
    atoms: HashMap<String, AtomId>,
    rows: Vec<Row>,
    by_atom: Vec<Vec<u32>>,
    small: HashSet<String>,
    phrases: u32,
}

/// A phrase that means nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a phrase of words, with `|`, `*`, `#`, `..` and `&` between them at most; this is {0:?}")]
pub struct Malformed(pub String);

impl Table {
    pub fn new(small: impl IntoIterator<Item = String>) -> Self {
        Self { small: small.into_iter().map(|word| fold(&word)).collect(), ..Self::default() }
    }

    pub fn add(&mut self, phrase: &str) -> Result<PhraseId, Malformed> {
        let malformed = || Malformed(phrase.to_owned());
        let parts: Vec<&str> = phrase.split('&').collect();
        let id = self.phrases;
        let count = u8::try_from(parts.len()).map_err(|_| malformed())?;
        for (part, words) in (0..count).zip(parts) {
            for steps in self.variants(words).ok_or_else(malformed)? {
                let row = u32::try_from(self.rows.len()).map_err(|_| malformed())?;
                let first = steps.first().ok_or_else(malformed)?;
                self.by_atom[first.atom as usize].push(row);
                self.rows.push(Row { steps, phrase: id, part, parts: count });
            }
        }
        self.phrases += 1;
        Ok(id)
    }

    /// Rows that a part stands for: one, or one for each alternative of several words.
    fn variants(&mut self, words: &str) -> Option<Vec<Vec<Step>>> {
        let mut rows: Vec<Vec<Step>> = vec![Vec::new()];
        let mut far = false;
        for piece in words.split_whitespace() {
            if piece == ".." {
                far = !rows[0].is_empty();
                continue;
            }
            let (long, short): (Vec<&str>, Vec<&str>) =
                piece.split('|').partition(|form| form.contains(['_', '\'', '’']));
            let mut forms = Vec::new();
            if !short.is_empty() {
                forms.push(self.steps(&short.join("|"), far)?);
            }
            for form in long {
                forms.push(self.steps(form, far)?);
            }
            let longer = |row: &Vec<Step>| forms.iter().map(|form| [row.as_slice(), form].concat()).collect::<Vec<_>>();
            rows = rows.iter().flat_map(longer).collect();
            far = false;
        }
        (!far).then_some(rows)
    }

    /// One alternative: its words one after the other.
    fn steps(&mut self, form: &str, far: bool) -> Option<Vec<Step>> {
        let words = form.split(['_', '\'', '’']).filter(|word| !word.is_empty()).enumerate();
        let steps: Option<Vec<Step>> =
            words.map(|(index, word)| self.atom(word).map(|atom| Step { atom, far: far && index == 0 })).collect();
        steps.filter(|steps| !steps.is_empty())
    }

    fn atom(&mut self, word: &str) -> Option<AtomId> {
        if let Some(atom) = self.atoms.get(word) {
            return Some(*atom);
        }
        let atom = AtomId::try_from(self.by_atom.len()).ok()?;
        for form in word.split('|') {
            if form == "#" {
                self.number = Some(atom);
                continue;
            }
            let stem = fold(form.trim_end_matches('*'));
            if stem.is_empty() || stem.contains('*') {
                return None;
            }
            let open = form.ends_with('*');
            if stem.chars().count() >= FORGIVEN {
                self.forgiven.add(skeleton(&stem), open, atom);
            }
            self.words.add(stem, open, atom);
        }
        self.by_atom.push(Vec::new());
        self.atoms.insert(word.to_owned(), atom);
        Some(atom)
    }

    /// Every phrase that stands in the text, once for each place where its first part begins.
    pub fn search(&self, text: &Text<'_>) -> Vec<Found> {
        let atoms: Vec<Vec<AtomId>> = (0..text.len()).map(|index| self.atoms_of(text, index)).collect();
        let mut found = Vec::with_capacity(32);
        let mut pieces: HashMap<PhraseId, (u8, Found)> = HashMap::new();
        for first in 0..text.len() {
            for atom in &atoms[first] {
                for row in &self.by_atom[*atom as usize] {
                    let row = &self.rows[*row as usize];
                    if let Some(last) = self.follow(&row.steps[1..], first, text, &atoms) {
                        let hit = Found { phrase: row.phrase, first, last };
                        if row.parts == 1 {
                            found.push(hit);
                        } else if let Some(whole) = assemble(&mut pieces, row, hit) {
                            found.push(whole);
                        }
                    }
                }
            }
        }
        found
    }

    /// Where the rest of a row ends, when it follows.
    fn follow(&self, steps: &[Step], from: usize, text: &Text<'_>, atoms: &[Vec<AtomId>]) -> Option<usize> {
        let Some((step, rest)) = steps.split_first() else {
            return Some(from);
        };
        let sentence = text.tokens[from].sentence;
        let reach = if step.far { FAR + 1 } else { SMALL + 1 };
        for next in from + 1..=(from + reach).min(text.len().saturating_sub(1)) {
            if text.tokens[next].sentence != sentence {
                return None;
            }
            if atoms[next].contains(&step.atom)
                && let Some(last) = self.follow(rest, next, text, atoms)
            {
                return Some(last);
            }
            if !step.far && !self.small.contains(text.norm(next)) {
                return None;
            }
        }
        None
    }

    fn atoms_of(&self, text: &Text<'_>, index: usize) -> Vec<AtomId> {
        let word = text.norm(index);
        let mut atoms = Vec::new();
        if text.tokens[index].number {
            atoms.extend(self.number);
        }
        self.words.find(word, &mut atoms);
        if atoms.is_empty() && word.len() >= FORGIVEN {
            self.forgiven.find(&skeleton(word), &mut atoms);
        }
        atoms
    }
}

/// Notes one part of a phrase; the whole phrase when it was the last that was missing.
fn assemble(pieces: &mut HashMap<PhraseId, (u8, Found)>, row: &Row, hit: Found) -> Option<Found> {
    let (seen, whole) = pieces.entry(row.phrase).or_insert((0, hit));
    let all = ((1u16 << row.parts) - 1) as u8;
    let before = *seen;
    *seen |= 1 << row.part;
    (before != all && *seen == all).then_some(*whole)
}

impl Words {
    fn add(&mut self, word: String, open: bool, atom: AtomId) {
        let map = if open {
            self.longest = self.longest.max(word.len());
            &mut self.prefix
        } else {
            &mut self.exact
        };
        let atoms = map.entry(word).or_default();
        if !atoms.contains(&atom) {
            atoms.push(atom);
        }
    }

    fn find(&self, word: &str, atoms: &mut Vec<AtomId>) {
        if let Some(found) = self.exact.get(word) {
            atoms.extend(found);
        }
        let ends = word.char_indices().map(|(at, letter)| at + letter.len_utf8());
        for end in ends.take_while(|end| *end <= self.longest).skip(1) {
            if let Some(found) = self.prefix.get(&word[..end]) {
                atoms.extend(found);
            }
        }
    }
}

/// A word with every double letter written once: the commonest slip of Italian spelling.
fn skeleton(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut last = '\0';
    for letter in word.chars() {
        if letter != last || letter.is_ascii_digit() {
            out.push(letter);
        }
        last = letter;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::text::Spellings;

    fn matches(phrase: &str, raw: &str) -> bool {
        let mut table = Table::new(["il", "la", "in", "di", "del"].map(str::to_owned));
        table.add(phrase).unwrap();
        !table.search(&Text::new(raw, &Spellings::new())).is_empty()
    }

    #[test]
    fn a_phrase_is_a_row_of_words_with_small_words_between() {
        assert!(matches("cestino pieno", "il cestino pieno"));
        assert!(matches("cestino parco", "il cestino del parco"));
        assert!(!matches("cestino parco", "il cestino vicino al parco"));
        assert!(!matches("cestino parco", "il cestino. Parco"));
    }

    #[test]
    fn stars_alternatives_numbers_and_distance() {
        assert!(matches("lampion* spent*", "lampioni spenti"));
        assert!(matches("bus|autobus # ", "l'autobus 2"));
        assert!(matches("auto ferma_da|rotta", "un'auto ferma da mesi"));
        assert!(matches("auto ferma_da|rotta", "auto rotta"));
        assert!(!matches("auto ferma_da|rotta", "auto da rotta"));
        assert!(matches("semafor* .. spent*", "il semaforo di via Roma è spento"));
        assert!(!matches("semafor* .. spent*", "il semaforo a b c d e f g h i spento"));
    }

    #[test]
    fn joined_parts_may_stand_anywhere_in_any_order() {
        assert!(matches("gas & odore", "che odore! è gas"));
        assert!(matches("gas & odore", "gas. odore"));
        assert!(!matches("gas & odore", "che odore"));
    }

    #[test]
    fn wrong_double_letters_are_forgiven_in_long_words() {
        assert!(matches("cassonett*", "il casonetto"));
        assert!(matches("semafor*", "semafforo"));
        assert!(!matches("casa", "la cassa"));
    }

    #[test]
    fn a_phrase_without_words_is_refused() {
        for phrase in ["", "a &", "*", "a ..", "b*c"] {
            assert!(Table::new([]).add(phrase).is_err(), "{phrase}");
        }
    }
}
