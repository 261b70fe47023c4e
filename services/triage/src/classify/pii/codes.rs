//! Codes that name a person: tax code, IBAN, number plate, identity document, telephone. Each is told by its form, and
//! by its check digit where the form alone proves little.

use super::Datum;
use crate::classify::text::Text;

/// Words looked at before a code that could be several things.
const BEFORE: usize = 4;

pub fn find(text: &Text<'_>, found: &mut Vec<Datum>) {
    let mut index = 0;
    while index < text.len() {
        index = match code_at(text, index) {
            Some((kind, last)) => {
                found.push((kind, text.span(index, last).to_owned()));
                last + 1
            }
            None => index + 1,
        };
    }
}

/// The code that begins at a word, and its last word.
fn code_at(text: &Text<'_>, at: usize) -> Option<(&'static str, usize)> {
    if let Some(last) = iban(text, at) {
        return Some(("iban", last));
    }
    let word = compact(text, at, at);
    if is_tax_code(&word) {
        return Some(("codice_fiscale", at));
    }
    for last in at..(at + 3).min(text.len()) {
        if last > at && !close(text, last - 1) {
            break;
        }
        let word = compact(text, at, last);
        if shape(&word, "AA999AA") && plausible_plate(&word) {
            return Some(("plate", last));
        }
        if shape(&word, "AA99999")
            && after(text, at, &["targa", "targata", "targato", "moto", "scooter", "motorino", "plate"])
        {
            return Some(("plate", last));
        }
        if shape(&word, "AA99999AA") || shape(&word, "AA9999999") || shape(&word, "A9999999A") {
            return Some(("document_no", last));
        }
    }
    let licence = shape(&word, "AA9999999A") || shape(&word, "U9A99999A") || shape(&word, "U9999999A");
    licence.then_some(("document_no", at))
}

/// Words joined and in capitals.
fn compact(text: &Text<'_>, first: usize, last: usize) -> String {
    (first..=last).flat_map(|index| text.written(index).chars()).flat_map(char::to_uppercase).collect()
}

fn close(text: &Text<'_>, index: usize) -> bool {
    matches!(text.between(index), " " | "-" | ".")
}

fn after(text: &Text<'_>, at: usize, words: &[&str]) -> bool {
    (at.saturating_sub(BEFORE)..at).any(|index| words.contains(&text.norm(index)))
}

/// `A` stands for a letter, `9` for a digit.
fn shape(word: &str, form: &str) -> bool {
    word.len() == form.len()
        && word.bytes().zip(form.bytes()).all(|(byte, wanted)| match wanted {
            b'A' => byte.is_ascii_uppercase(),
            b'9' => byte.is_ascii_digit(),
            exact => byte == exact,
        })
}

/// Italian plates since 1994 leave out I, O, Q and U.
fn plausible_plate(word: &str) -> bool {
    !word.contains(['I', 'O', 'Q', 'U'])
}

/// Form of a tax code; where two people would share one, some digits are written as letters (DM 23 Dec 1976).
/// A wrong check letter is let pass: a slip of the finger names the same person.
fn is_tax_code(word: &str) -> bool {
    const MONTHS: &[u8] = b"ABCDEHLMPRST";
    let bytes = word.as_bytes();
    let digit = |at: usize| bytes[at].is_ascii_digit() || b"LMNPQRSTUV".contains(&bytes[at]);
    let letter = |at: usize| bytes[at].is_ascii_uppercase();
    bytes.len() == 16
        && word.is_ascii()
        && (0..6).all(letter)
        && [6, 7, 9, 10, 12, 13, 14].into_iter().all(digit)
        && MONTHS.contains(&bytes[8])
        && letter(11)
        && letter(15)
}

/// An IBAN, in one piece or in groups; its check digits must agree (ISO 13616), but for Italian ones of full length.
fn iban(text: &Text<'_>, at: usize) -> Option<usize> {
    let head = compact(text, at, at);
    if head.len() < 4 || !head.is_ascii() || !shape(&head[..4], "AA99") {
        return None;
    }
    let mut whole = String::new();
    for last in at..(at + 9).min(text.len()) {
        if last > at && !close(text, last - 1) {
            break;
        }
        whole.push_str(&compact(text, last, last));
        let italian = whole.starts_with("IT") && whole.len() == 27;
        if (15..=34).contains(&whole.len()) && whole.is_ascii() && (italian || checks(&whole)) {
            return Some(last);
        }
    }
    None
}

fn checks(iban: &str) -> bool {
    let turned = iban[4..].bytes().chain(iban[..4].bytes());
    let mut rest = 0u32;
    for byte in turned {
        match byte {
            b'0'..=b'9' => rest = (rest * 10 + u32::from(byte - b'0')) % 97,
            b'A'..=b'Z' => rest = (rest * 100 + u32::from(byte - b'A') + 10) % 97,
            _ => return false,
        }
    }
    rest == 1
}

/// Telephone numbers; green numbers and short ones (112) are nobody's.
pub fn phones(text: &Text<'_>, protocol: Option<&str>, found: &mut Vec<Datum>) {
    let mut index = 0;
    while index < text.len() {
        let Some((last, digits)) = digits_from(text, index) else {
            index += 1;
            continue;
        };
        let written = text.span(index, last);
        let plus = text.raw[..text.tokens[index].start].ends_with('+');
        let taken =
            found.iter().any(|(_, value)| value.contains(written)) || protocol.is_some_and(|it| it.contains(written));
        if !taken && is_phone(&digits, plus) {
            found.push(("phone", if plus { format!("+{written}") } else { written.to_owned() }));
        }
        index = last + 1;
    }
}

/// Groups of digits parted by a space, a dot, a dash or a slash.
fn digits_from(text: &Text<'_>, at: usize) -> Option<(usize, String)> {
    if !text.tokens[at].number {
        return None;
    }
    let mut last = at;
    let mut digits = text.norm(at).to_owned();
    while text.tokens.get(last + 1).is_some_and(|next| next.number)
        && matches!(text.between(last), " " | "." | "-" | "/" | " / ")
        && digits.len() < 14
    {
        last += 1;
        digits.push_str(text.norm(last));
    }
    Some((last, digits))
}

fn is_phone(digits: &str, plus: bool) -> bool {
    let national = if plus || digits.starts_with("0039") {
        let rest = digits.trim_start_matches("00");
        let Some(rest) = rest.strip_prefix("39") else {
            return (8..=15).contains(&rest.len());
        };
        rest
    } else if digits.len() == 12 && digits.starts_with("393") {
        &digits[2..]
    } else {
        digits
    };
    let mobile = national.starts_with('3') && (9..=10).contains(&national.len());
    let fixed = national.starts_with('0') && !national.starts_with("00") && (8..=11).contains(&national.len());
    mobile || fixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::text::Spellings;

    fn all(raw: &str) -> Vec<Datum> {
        let text = Text::new(raw, &Spellings::new());
        let mut found = Vec::new();
        find(&text, &mut found);
        phones(&text, None, &mut found);
        found
    }

    fn one(raw: &str) -> (&'static str, String) {
        let found = all(raw);
        assert_eq!(found.len(), 1, "{raw}: {found:?}");
        found[0].clone()
    }

    #[test]
    fn each_code_is_told_by_its_form() {
        assert_eq!(one("targa gk482zp ferma"), ("plate", "gk482zp".into()));
        assert_eq!(one("la GK 482 ZP"), ("plate", "GK 482 ZP".into()));
        assert_eq!(one("CF RSSMRA80A01A859X"), ("codice_fiscale", "RSSMRA80A01A859X".into()));
        assert_eq!(one("C.I. CA12345BB"), ("document_no", "CA12345BB".into()));
        assert_eq!(one("cell 347 1234567"), ("phone", "347 1234567".into()));
        assert_eq!(one("+39 347 1234567"), ("phone", "+39 347 1234567".into()));
        assert_eq!(one("015/8491234"), ("phone", "015/8491234".into()));
    }

    #[test]
    fn an_iban_may_stand_in_groups_and_a_foreign_one_must_check() {
        assert_eq!(one("IT60 X054 2811 1010 0000 0123 456"), ("iban", "IT60 X054 2811 1010 0000 0123 456".into()));
        assert_eq!(one("DE89370400440532013000"), ("iban", "DE89370400440532013000".into()));
        assert!(all("DE88370400440532013000").is_empty());
    }

    #[test]
    fn public_numbers_dates_and_protocols_are_nobodys() {
        for raw in ["800 399760", "112", "0004321/2026", "il 12/10/2026", "via Roma 12", "codice 302000000012345678"] {
            assert!(all(raw).is_empty(), "{raw}: {:?}", all(raw));
        }
    }
}
