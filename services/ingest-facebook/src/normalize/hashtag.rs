//! The city's hashtag in a text: in any case, at any place, and ending where its word ends, as on Facebook:
//! `#segnalaloabiella!` is ours, `#segnalaloaBiellaMare` is somebody else's.

/// `tag` comes without its `#`. The full-width `＃` of some keyboards counts too.
pub(super) fn is_in(text: &str, tag: &str) -> bool {
    text.split(['#', '＃']).skip(1).any(|rest| begins_with(rest, tag))
}

fn begins_with(text: &str, tag: &str) -> bool {
    let mut rest = text.chars().flat_map(char::to_lowercase);
    let same = tag.chars().flat_map(char::to_lowercase).all(|expected| rest.next() == Some(expected));
    same && !tag.is_empty() && !rest.next().is_some_and(|next| next.is_alphanumeric() || next == '_')
}

#[cfg(test)]
mod tests {
    use super::is_in;

    const TAG: &str = "segnalaloaBiella";

    #[test]
    fn the_hashtag_is_found_in_any_case_and_at_any_place() {
        for text in [
            "#segnalaloaBiella",
            "#SEGNALALOABIELLA buca in via Italia",
            "Buca! #SegnalaloABiella! Grazie",
            "lampione spento(#segnalaloabiella)",
            "riga\n#segnalaloaBiella\nriga",
            "via Rosselli#segnalaloaBiella",
            "##segnalaloaBiella",
            "#segnalaloaBiella#buche",
            "#segnalaloaBiella\u{1f64f}",
            "＃segnalaloaBiella",
            "#segnalaloaBiellaMare e poi #segnalaloaBiella.",
        ] {
            assert!(is_in(text, TAG), "{text}");
        }
    }

    #[test]
    fn another_word_is_not_the_hashtag() {
        for text in [
            "",
            "#",
            "segnalaloaBiella",
            "# segnalaloaBiella",
            "#segnalaloaBiellaMare",
            "#segnalaloaBiella2026",
            "#segnalaloaBiella_",
            "#segnalaloaBiellà",
            "#segnalalo a Biella",
            "#segnalaloaBiell",
        ] {
            assert!(!is_in(text, TAG), "{text}");
        }
        assert!(!is_in("# vuoto", ""));
    }
}
