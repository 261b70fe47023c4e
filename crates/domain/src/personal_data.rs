//! Personal data that must not stand where everybody can read: found by shape, so that an operator is warned before a
//! public answer carries it (docs: domain, 3.3). It doesn't find names: only a person can.

/// What was found, as `triage.md` calls it. Office telephones (they begin with 0 or 800) are no personal data.
pub fn find(text: &str, public_numbers: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |what: &str| {
        if !found.iter().any(|known| known == what) {
            found.push(what.to_owned());
        }
    };
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        if is_email(word) {
            add("email");
        }
        if is_codice_fiscale(word) {
            add("codice_fiscale");
        }
        if is_iban_start(word) {
            add("iban");
        }
    }
    let public = |number: &str| public_numbers.iter().any(|known| known.ends_with(number) || number.ends_with(known));
    if digit_runs(text).iter().any(|run| is_mobile(run) && !public(run)) {
        add("phone");
    }
    found
}

/// Mailboxes of the city are public.
fn is_email(word: &str) -> bool {
    let Some((user, host)) = word.split_once('@') else {
        return false;
    };
    !user.is_empty() && host.contains('.') && !host.ends_with("comune.biella.it")
}

/// Six letters, two digits, a letter, two digits, a letter, three digits, a letter; some digits may stand as letters.
fn is_codice_fiscale(word: &str) -> bool {
    const SHAPE: &[u8] = b"AAAAAA00A00A000A";
    word.len() == SHAPE.len()
        && word.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'A' => byte.is_ascii_alphabetic(),
            _ => byte.is_ascii_digit() || b"LMNPQRSTUVlmnpqrstuv".contains(&byte),
        })
}

fn is_iban_start(word: &str) -> bool {
    let bytes = word.as_bytes();
    word.len() >= 4
        && bytes[..2].eq_ignore_ascii_case(b"IT")
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && (word.len() == 27 || word.len() == 4)
}

/// Digits that belong together: spaces, dots, dashes and slashes between them don't part them, but a date's do.
fn digit_runs(text: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    for c in text.chars() {
        match (c, runs.last_mut()) {
            ('0'..='9', Some(run)) => run.push(c),
            (' ' | '.' | '-', _) => {}
            (_, Some(run)) if !run.is_empty() => runs.push(String::new()),
            _ => {}
        }
    }
    runs
}

/// Italian mobile numbers begin with 3 and have 9 or 10 digits, with or without the country code.
fn is_mobile(run: &str) -> bool {
    let national =
        run.strip_prefix("0039").or_else(|| run.strip_prefix("39").filter(|rest| rest.len() >= 9)).unwrap_or(run);
    national.starts_with('3') && (9..=10).contains(&national.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_a_person_is_found() {
        for (text, what) in [
            ("la richiamo al 347 1234567", "phone"),
            ("scriva a mario.rossi@example.it, grazie", "email"),
            ("il sig. RSSMRA80A01A859X", "codice_fiscale"),
            ("accredito su IT60X0542811101000000123456", "iban"),
        ] {
            assert_eq!(find(text, &[]), [what], "{text}");
        }
    }

    #[test]
    fn what_is_public_is_left_alone() {
        for text in [
            "protocollo 2026/0000123, entro il 30/11/2026",
            "chiami il 015 3507319 o scriva a urp@comune.biella.it",
            "numero verde 800 62 88 28, dalle 8.30 alle 12",
            "il nostro WhatsApp è 360.1075737",
        ] {
            assert!(find(text, &["393601075737"]).is_empty(), "{text}");
        }
    }
}
