//! Protocol numbers in a citizen's words: `0004321/2026`, `2026/0004321`, `prot. 4321 del 3/11/2026`. Numbers of
//! fines, building files, appointments, payments, laws and telephones are none; `E-2026/0001` was given by hand, while the
//! system was down, and is never taken for the ordinary number that it ends like. Whether such a number was ever given
//! is the registry's knowledge.

use super::text::Text;

/// What is cited: the words as written, and `NNNNNNN/YYYY`, `NNNNNNN` or `E-YYYY/NNNN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocol<'a> {
    pub written: &'a str,
    pub norm: String,
}

/// How many words before a number may say what it is.
const BEFORE: usize = 5;

const CUES: &[&str] =
    &["prot", "protocollo", "protocollata", "protocollato", "protocolli", "protocol", "protocole", "protocolo"];

/// What a ticket may be called; needs a number that looks like one of ours.
const SOFT_CUES: &[&str] = &[
    "segnalazione",
    "richiesta",
    "ticket",
    "riferimento",
    "rif",
    "istanza",
    "reclamo",
    "domanda",
    "numero",
    "pratica",
];

const OTHERS: &[&str] = &[
    "verbale",
    "verbali",
    "multa",
    "multe",
    "sanzione",
    "sue",
    "suap",
    "cila",
    "scia",
    "cilas",
    "dia",
    "edilizia",
    "edilizio",
    "appuntamento",
    "prenotazione",
    "pagopa",
    "iuv",
    "avviso",
    "bollettino",
    "f24",
    "tel",
    "telefono",
    "cell",
    "cellulare",
    "chiamare",
    "chiamatemi",
    "verde",
    "whatsapp",
    "palo",
    "lampione",
    "contatore",
    "matricola",
    "fattura",
    "bolletta",
    "tessera",
    "utenza",
    "cliente",
    "targa",
    "targata",
    "delibera",
    "determina",
    "ordinanza",
    "sentenza",
    "legge",
    "decreto",
    "dpr",
    "dlgs",
    "lgs",
    "art",
    "articolo",
    "civico",
    "codice",
    "linea",
    "bus",
    "foglio",
    "mappale",
    "particella",
    "anno",
    "stagione",
    "scolastico",
    "accertamento",
    "cartella",
    "conto",
    "iban",
    "contratto",
    "polizza",
    "carta",
    "passaporto",
    "patente",
    "euro",
    "eta",
    "cup",
    "ricetta",
    "spedizione",
    "pacco",
];

struct Number {
    first: usize,
    last: usize,
    number: String,
    year: Option<u16>,
    /// Given by hand (DPR 445/2000 art. 63).
    by_hand: bool,
}

pub fn find<'a>(text: &Text<'a>) -> Option<Protocol<'a>> {
    let mut index = 0;
    while index < text.len() {
        let Some(number) = read(text, index) else {
            index += 1;
            continue;
        };
        if number.by_hand || accepted(text, &number) {
            let digits = number.number.trim_start_matches('0');
            let norm = match number.year {
                Some(year) if number.by_hand => format!("E-{year}/{digits:0>4}"),
                Some(year) => format!("{digits:0>7}/{year}"),
                None => format!("{digits:0>7}"),
            };
            return Some(Protocol { written: text.span(number.first, number.last), norm });
        }
        index = number.last + 1;
    }
    None
}

/// The number that begins at a word, with its year when it stands there.
fn read(text: &Text<'_>, at: usize) -> Option<Number> {
    if !text.tokens[at].number {
        return None;
    }
    let mut last = at;
    while is_joined(text, last) && last < at + 3 {
        last += 1;
    }
    let part = |index: usize| text.norm(index).to_owned();
    let (number, year) = match last - at {
        0 => (part(at), None),
        1 => pair(&part(at), &part(at + 1))?,
        // Three numbers are a date, or a telephone number.
        _ => return None,
    };
    let by_hand = last == at + 1 && as_year(text.norm(at)).is_some() && is_by_hand(text, at);
    let first = if by_hand { at - 1 } else { at };
    let mut found = Number { first, last, number, year, by_hand };
    if found.number.len() > 9 || found.number.chars().all(|digit| digit == '0') {
        return None;
    }
    if found.year.is_none() && last == at {
        follow_date(text, &mut found);
    }
    Some(found)
}

/// Two numbers are tied by a slash, a dash or a backslash.
fn is_joined(text: &Text<'_>, index: usize) -> bool {
    text.tokens.get(index + 1).is_some_and(|next| next.number)
        && matches!(text.between(index).trim(), "/" | "-" | "\\" | "–")
}

/// An E with a dash stands right before it.
fn is_by_hand(text: &Text<'_>, at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| text.norm(before) == "e" && matches!(text.between(before), "-" | "–"))
}

fn as_year(part: &str) -> Option<u16> {
    (part.len() == 4 && part.starts_with("20")).then(|| part.parse().ok()).flatten()
}

/// Number and year, whichever comes first; two digits are a year only after a number that can't be a day.
fn pair(left: &str, right: &str) -> Option<(String, Option<u16>)> {
    match (as_year(left), as_year(right)) {
        (Some(year), None) => Some((right.to_owned(), Some(year))),
        (None, Some(year)) => Some((left.to_owned(), Some(year))),
        (Some(_), Some(year)) => Some((left.to_owned(), Some(year))),
        (None, None) if left.len() >= 3 && right.len() == 2 => {
            Some((left.to_owned(), right.parse::<u16>().ok().map(|year| 2000 + year)))
        }
        (None, None) => None,
    }
}

/// `4321 del 3/11/2026` and `4321 del 2026`: the year stands in the date that follows.
fn follow_date(text: &Text<'_>, number: &mut Number) {
    if !matches!(text.norm(number.last + 1), "del" | "di" | "anno" | "dell" | "in") {
        return;
    }
    let mut at = number.last + 2;
    while matches!(text.norm(at), "data" | "anno") {
        at += 1;
    }
    for last in at..(at + 3).min(text.len()) {
        if let Some(year) = as_year(text.norm(last)) {
            number.year = Some(year);
            number.last = last;
            return;
        }
    }
}

fn accepted(text: &Text<'_>, number: &Number) -> bool {
    let (mut cue, mut soft, mut other) = (None, None, None);
    let sentence = text.tokens[number.first].sentence;
    for distance in 1..=BEFORE.min(number.first) {
        let at = number.first - distance;
        let word = text.norm(at);
        // "prot. 12" breaks no sentence: abbreviations may end in a full stop.
        if text.tokens[at].sentence != sentence && word.len() > 4 {
            break;
        }
        for (list, place) in [(CUES, &mut cue), (SOFT_CUES, &mut soft), (OTHERS, &mut other)] {
            if place.is_none() && list.contains(&word) {
                *place = Some(distance);
            }
        }
    }
    if let Some(cue) = cue {
        return other.is_none_or(|other| cue < other) && number.number.len() <= 8;
    }
    let ours = number.number.len() == 7 && number.number.starts_with("00");
    let with_year = number.year.is_some() && as_year(&number.number).is_none();
    if other.is_some() {
        return false;
    }
    ours || (with_year && (number.number.len() >= 3 || soft.is_some())) || (soft.is_some() && number.number.len() == 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::text::Spellings;

    fn norm(raw: &str) -> Option<String> {
        find(&Text::new(raw, &Spellings::new())).map(|protocol| protocol.norm)
    }

    #[test]
    fn it_is_recognised_in_many_forms() {
        for (raw, expected) in [
            ("novità sul protocollo 0004321/2026?", "0004321/2026"),
            ("2026/0004321 a che punto è", "0004321/2026"),
            ("prot. n. 0001187/2026.", "0001187/2026"),
            ("prot 2315 del 12/10/2026 avete fatto qualcosa", "0002315/2026"),
            ("protocollo 4410/2026: novità", "0004410/2026"),
            ("la mia segnalazione n° 4321 / 2026", "0004321/2026"),
            ("il numero che mi avete dato è 0003120", "0003120"),
            ("Protocollo numero 812", "0000812"),
            ("prot. 1234/26", "0001234/2026"),
            ("prot.1234-2026", "0001234/2026"),
            ("protocollo 12345678/2026", "12345678/2026"),
            ("a che punto è E-2026/0001?", "E-2026/0001"),
            ("il numero e-2026/12 che mi avete dato", "E-2026/0012"),
            ("la buca e 2026/0000012", "0000012/2026"),
        ] {
            assert_eq!(norm(raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn other_numbers_are_none() {
        for raw in [
            "verbale 2231/2026",
            "il verbale n. 0002231/2026",
            "pratica SUE 118/2026",
            "la CILA n. 0000456/2026",
            "appuntamento 0004455 del 3/11/2026",
            "avviso pagoPA 302000000012345678",
            "chiamatemi al 015 3507319",
            "tel. 3471234567",
            "il 12/10/2026 alle 9",
            "anno scolastico 2026/2027",
            "legge 104/92",
            "via Torino 34",
            "dalle 13/14",
        ] {
            assert_eq!(norm(raw), None, "{raw}");
        }
    }

    #[test]
    fn the_words_are_shown_as_written() {
        let raw = "ciao, prot. 1234 del 3/11/2026 grazie";
        let found = find(&Text::new(raw, &Spellings::new())).map(|protocol| protocol.written);
        assert_eq!(found, Some("1234 del 3/11/2026"));
    }
}
