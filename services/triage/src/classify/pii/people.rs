//! Names of people and where they live.

use super::Datum;
use crate::classify::{
    lexicon::{Names, Places},
    place,
    text::Text,
};

/// How many words before an address may say that somebody lives there.
const BEFORE: usize = 6;

const INTRODUCTIONS: &[&[&str]] = &[
    &["mi", "chiamo"],
    &["il", "mio", "nome", "e"],
    &["my", "name", "is"],
    &["je", "m", "appelle"],
    &["me", "llamo"],
    &["ma", "numesc"],
    &["ma", "cheam"],
    &["mi", "ciamo"],
];

const HOME: &[&str] = &[
    "abito",
    "abita",
    "abitiamo",
    "abitano",
    "abitante",
    "residente",
    "residenti",
    "risiedo",
    "risiede",
    "vivo",
    "vive",
    "viviamo",
    "domiciliato",
    "domiciliata",
    "domicilio",
    "casa",
    "residenza",
    "indirizzo",
    "live",
    "habite",
    "vivo",
    "locuiesc",
    "stago",
];

pub fn names(text: &Text<'_>, names: &Names, places: &Places, found: &mut Vec<Datum>) {
    let mut index = 0;
    while index < text.len() {
        match name_at(text, index, names, places) {
            Some((first, last)) => {
                found.push(("name", text.span(first, last).to_owned()));
                index = last + 1;
            }
            None => index += 1,
        }
    }
}

/// A person's name that begins at a word, or just after it when the word is a title.
fn name_at(text: &Text<'_>, at: usize, names: &Names, places: &Places) -> Option<(usize, usize)> {
    if introduced(text, at) && !text.tokens[at].number {
        let two = plain_break(text, at) && (is_family(text, at + 1, names) || is_small_family(text, at + 1, names));
        return Some((at, if two { at + 1 } else { at }));
    }
    if names.titles.contains(text.norm(at)) && is_family(text, at + 1, names) {
        let last = if is_family(text, at + 2, names) && plain_break(text, at + 1) { at + 2 } else { at + 1 };
        return Some((at + 1, last));
    }
    let given = text.tokens[at].capital && names.given.contains(text.norm(at));
    if given && !in_street(text, at, places) && is_family(text, at + 1, names) && plain_break(text, at) {
        let last = if is_family(text, at + 2, names) && plain_break(text, at + 1) { at + 2 } else { at + 1 };
        return Some((at, last));
    }
    // Family name first: "Rossi Mario" closes many letters.
    let next_given =
        text.tokens.get(at + 1).is_some_and(|next| next.capital) && names.given.contains(text.norm(at + 1));
    (next_given
        && is_family(text, at, names)
        && !given
        && plain_break(text, at)
        && !in_street(text, at, places)
        && at + 2 >= text.len())
    .then_some((at, at + 1))
}

fn introduced(text: &Text<'_>, at: usize) -> bool {
    INTRODUCTIONS.iter().any(|words| {
        at >= words.len()
            && words.iter().enumerate().all(|(offset, word)| text.norm(at - words.len() + offset) == *word)
    })
}

fn is_family(text: &Text<'_>, at: usize, names: &Names) -> bool {
    text.tokens.get(at).is_some_and(|token| token.capital && !token.number)
        && text.norm(at).chars().count() > 2
        && !names.not_family.contains(text.norm(at))
}

/// In a chat "mi chiamo anna bianchi" has no capitals.
fn is_small_family(text: &Text<'_>, at: usize, names: &Names) -> bool {
    let word = text.norm(at);
    word.len() > 2 && names.given.contains(text.norm(at - 1)) && !is_common(word) && !text.tokens[at].number
}

fn is_common(word: &str) -> bool {
    matches!(
        word,
        "vorrei" | "abito" | "segnalo" | "sono" | "volevo" | "chiedo" | "scrivo" | "vivo" | "che" | "per" | "non"
    )
}

/// Nothing but a space stands between a word and the next.
fn plain_break(text: &Text<'_>, at: usize) -> bool {
    text.between(at).trim().is_empty() && !text.between(at).contains('\n')
}

/// The word belongs to a street or a public place: "via Pietro Micca", "scuola Edmondo De Amicis".
fn in_street(text: &Text<'_>, at: usize, places: &Places) -> bool {
    (at.saturating_sub(3)..at).any(|index| {
        let word = text.norm(index);
        let street =
            places.street.contains(word) || places.perhaps_street.contains(word) || places.heads.contains(word);
        street
            && (index + 1..at).all(|between| places.joints.contains(text.norm(between)) || text.tokens[between].capital)
    })
}

/// Street and number of somebody's home.
pub fn home(text: &Text<'_>, places: &Places, found: &mut Vec<Datum>) {
    for street in place::streets(text, places) {
        let personal = (street.first.saturating_sub(BEFORE)..street.first)
            .any(|index| HOME.contains(&text.norm(index)) && !is_house_of_all(text, index));
        if street.number && personal {
            found.push(("address", street.written.to_owned()));
        }
    }
}

/// "casa di riposo" and "casa popolare" are nobody's home.
fn is_house_of_all(text: &Text<'_>, at: usize) -> bool {
    text.norm(at) == "casa"
        && matches!(text.norm(at + 1), "di" | "comunale" | "popolare" | "disabitata" | "abbandonata")
}
