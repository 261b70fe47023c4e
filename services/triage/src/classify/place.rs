//! Where: the words of a message that name a place, as written. A street with its number first, then a place known by
//! name, a hamlet, and in the end whatever follows "davanti a". It finds words; where that is on a map is not its
//! business.

use super::{
    lexicon::{Places, Rows},
    text::Text,
};

/// A named place: words from `first` to `last`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'a> {
    pub written: &'a str,
    pub first: usize,
    pub last: usize,
    /// With a house number.
    pub number: bool,
}

pub fn find<'a>(text: &Text<'a>, places: &Places) -> Option<Place<'a>> {
    let span = |(first, last): (usize, usize)| Place { written: text.span(first, last), first, last, number: false };
    streets(text, places)
        .into_iter()
        .next()
        .or_else(|| known(text, &places.landmarks).map(|found| span(with_head(text, found, places))))
        .or_else(|| headed(text, places).map(span))
        .or_else(|| known(text, &places.localities).map(|found| span(with_head(text, found, places))))
        .or_else(|| near(text, places).map(span))
}

/// Every street that the text names, in its order.
pub fn streets<'a>(text: &Text<'a>, places: &Places) -> Vec<Place<'a>> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < text.len() {
        match street_at(text, index, places) {
            Some(street) => {
                index = street.last + 1;
                found.push(street);
            }
            None => index += 1,
        }
    }
    found
}

fn street_at<'a>(text: &Text<'a>, at: usize, places: &Places) -> Option<Place<'a>> {
    let (after, sure) = street_type(text, at, places)?;
    let last = street_name(text, after, sure, places)?;
    let proper = text.tokens[after].capital || row_at(text, after, &places.streets).is_some();
    if text.norm(at) == "via" && !proper && is_other_via(text, at, places) {
        return None;
    }
    let (last, number) = with_number(text, last, places);
    Some(Place { written: text.span(at, last), first: at, last, number })
}

/// The word after via, corso, v.le, p.zza; and whether any name may follow.
fn street_type(text: &Text<'_>, at: usize, places: &Places) -> Option<(usize, bool)> {
    let (word, next) = (text.norm(at), text.norm(at + 1));
    let tied = |at: usize| text.tokens.len() > at + 1 && matches!(text.between(at), "." | "/" | ". ");
    let short = matches!(
        (word, next),
        ("v", "le") | ("p", "zza" | "za" | "le" | "zle") | ("c", "so") | ("l", "go") | ("str", "da")
    );
    if short && tied(at) {
        return Some((at + 2, true));
    }
    if places.street.contains(word) {
        return Some((at + 1, true));
    }
    places.perhaps_street.contains(word).then_some((at + 1, false))
}

/// "buttare via", "via mail" and "così via" are no streets.
fn is_other_via(text: &Text<'_>, at: usize, places: &Places) -> bool {
    let before = at.checked_sub(1).map_or("", |before| text.norm(before));
    let thrown = places.not_before.iter().any(|stem| before.starts_with(stem.as_str()));
    thrown || places.not_after.contains(text.norm(at + 1))
}

/// The last word of the name that begins at a word.
fn street_name(text: &Text<'_>, at: usize, sure: bool, places: &Places) -> Option<usize> {
    let name = skip_joints(text, at, places);
    if name >= text.len() || !unbroken(text, at - 1) {
        return None;
    }
    for start in [at, name] {
        if let Some(last) = row_at(text, start, &places.streets).or_else(|| row_at(text, start, &places.localities)) {
            return Some(last);
        }
    }
    if let Some(last) = date_name(text, name, places) {
        return Some(last);
    }
    let capital = text.tokens[name].capital;
    let allowed = capital || (sure && name == at);
    if !allowed || text.tokens[name].number || places.never.contains(text.norm(name)) || text.norm(name).len() < 2 {
        return None;
    }
    Some(longer(text, name, capital, places))
}

/// Further words of a name: those with capitals, or the second half after a first name or a saint.
fn longer(text: &Text<'_>, name: usize, capital: bool, places: &Places) -> usize {
    let mut last = name;
    if places.two_part.contains(text.norm(name)) && unbroken(text, name) && !text.tokens[name + 1].number {
        last = name + 1;
    }
    if !capital {
        return last;
    }
    for _ in 0..3 {
        let mut next = last + 1;
        while next < text.len()
            && places.joints.contains(text.norm(next))
            && unbroken(text, next - 1)
            && unbroken(text, next)
        {
            next += 1;
        }
        let fits = next < text.len() && (last..next).all(|index| unbroken(text, index)) && text.tokens[next].capital;
        if !fits || places.never.contains(text.norm(next)) || places.street.contains(text.norm(next)) {
            break;
        }
        last = next;
    }
    last
}

/// No comma, stop or line's end between a word and the next.
fn unbroken(text: &Text<'_>, index: usize) -> bool {
    index + 1 < text.len() && matches!(text.between(index), " " | "'" | "’" | "  " | ". " | "." | "-")
}

fn skip_joints(text: &Text<'_>, mut at: usize, places: &Places) -> usize {
    while at < text.len() && places.joints.contains(text.norm(at)) && unbroken(text, at) {
        at += 1;
    }
    at
}

/// "via XX Settembre", "via 25 Aprile".
fn date_name(text: &Text<'_>, at: usize, places: &Places) -> Option<usize> {
    let day = text.tokens[at].number
        || text.norm(at).chars().all(|letter| "xvi".contains(letter))
        || text.norm(at) == "primo";
    (day && places.months.contains(text.norm(at + 1))).then_some(at + 1)
}

/// The house number behind a street, when it doesn't count things.
fn with_number(text: &Text<'_>, name: usize, places: &Places) -> (usize, bool) {
    let mut at = name + 1;
    while matches!(text.norm(at), "n" | "nr" | "num" | "numero" | "civico" | "al" | "no") && at <= name + 3 {
        at += 1;
    }
    let Some(token) = text.tokens.get(at) else {
        return (name, false);
    };
    let written = text.norm(at);
    let digits = written.bytes().take_while(u8::is_ascii_digit).count();
    let house = (1..=3).contains(&digits) && written.len() <= digits + 1;
    let near = token.sentence == text.tokens[name].sentence || at > name + 1;
    if !house || !near || places.counted.contains(text.norm(at + 1)) || text.between(at).starts_with(':') {
        return (name, false);
    }
    let letter =
        text.norm(at + 1).len() == 1 && matches!(text.between(at), "/" | " /" | "") && !text.tokens[at + 1].number;
    let bis = matches!(text.norm(at + 1), "bis" | "ter");
    (if letter || bis { at + 1 } else { at }, true)
}

fn row_at(text: &Text<'_>, at: usize, rows: &Rows) -> Option<usize> {
    let list = rows.get(text.norm(at))?;
    let fits = |words: &&Vec<String>| words.iter().enumerate().all(|(offset, word)| text.norm(at + offset) == word);
    list.iter().find(fits).map(|words| at + words.len() - 1)
}

fn known(text: &Text<'_>, rows: &Rows) -> Option<(usize, usize)> {
    (0..text.len()).find_map(|at| row_at(text, at, rows).map(|last| (at, last)))
}

/// "cimitero di Oremo" rather than "Oremo".
fn with_head(text: &Text<'_>, (first, last): (usize, usize), places: &Places) -> (usize, usize) {
    let mut at = first;
    while at > 0 && places.joints.contains(text.norm(at - 1)) {
        at -= 1;
    }
    match at.checked_sub(1) {
        Some(head) if places.heads.contains(text.norm(head)) => (head, last),
        _ => (first, last),
    }
}

/// "chiesa di San Biagio", "parco della Rovere": a public place with a name in capitals.
fn headed(text: &Text<'_>, places: &Places) -> Option<(usize, usize)> {
    (0..text.len()).find_map(|at| {
        let name = skip_joints(text, at + 1, places);
        let named = places.heads.contains(text.norm(at))
            && name < text.len()
            && (at..name).all(|index| unbroken(text, index))
            && text.tokens[name].capital
            && !text.tokens[name].number
            && !places.never.contains(text.norm(name));
        named.then(|| (at, longer(text, name, true, places)))
    })
}

/// "davanti alla posta": the next word that isn't small.
fn near(text: &Text<'_>, places: &Places) -> Option<(usize, usize)> {
    (0..text.len()).find_map(|at| {
        if !places.near.contains(text.norm(at)) {
            return None;
        }
        let name = skip_joints(text, at + 1, places);
        let fits = name > at + 1 && name < text.len() && (at..name).all(|index| unbroken(text, index));
        (fits && !places.never.contains(text.norm(name)) && !text.tokens[name].number).then_some((at, name))
    })
}
