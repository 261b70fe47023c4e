//! What a platform says of an error, as the log may keep it for ever: a sentence for operators, which stands there unsealed.
//! Numbers of people and ids are taken out, should the platform have repeated them.

/// Codes of errors have seven digits at most, telephone numbers rarely as few.
const DIGITS: usize = 8;
/// No word of a sentence is as long.
const LONGEST_WORD: usize = 30;
const MASK: &str = "***";

pub(super) fn masked(detail: &str) -> String {
    let mut text = String::with_capacity(detail.len());
    // Digits, and what stands between the groups of a number.
    let mut number = String::new();
    for letter in detail.chars() {
        if letter.is_ascii_digit() || (!number.is_empty() && " -.".contains(letter)) {
            number.push(letter);
        } else {
            put(&mut text, &mut number);
            text.push(letter);
        }
    }
    put(&mut text, &mut number);
    let long = |word: &&str| word.chars().count() > LONGEST_WORD;
    text.split(' ').map(|word| if long(&word) { MASK } else { word }).collect::<Vec<_>>().join(" ")
}

fn put(text: &mut String, number: &mut String) {
    let digits = number.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let count = digits.chars().filter(char::is_ascii_digit).count();
    text.push_str(if count < DIGITS { digits } else { MASK });
    text.push_str(&number[digits.len()..]);
    number.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ids_are_taken_out_and_the_sentence_stays() {
        for (said, kept) in [
            ("Message undeliverable", "Message undeliverable"),
            (
                "error 131047/2018278: more than 24 hours have passed.",
                "error 131047/2018278: more than 24 hours have passed.",
            ),
            ("recipient 3470018823 is unknown", "recipient *** is unknown"),
            ("+39 347 001-8823, twice", "+***, twice"),
            ("wamid.HBgMMzkzNTE3NzMwNDYyFQIAEhgUQzU1N0MzMw== is gone", "*** is gone"),
            ("", ""),
        ] {
            assert_eq!(masked(said), kept);
        }
    }
}
