//! The language a message is written in, by its letters and its small words. Without proof it is the first language
//! of the city's list: most messages are short, and most are Italian.

use super::{lexicon::Languages, text::Text};

/// Evidence that another language needs to win over the first one.
const LEAD: f32 = 0.7;

pub fn detect(text: &Text<'_>, languages: &Languages) -> String {
    if let Some(code) = by_script(text.raw) {
        return code.to_owned();
    }
    let mut scores = vec![0.0f32; languages.codes.len()];
    for index in 0..text.len() {
        if let Some(found) = languages.words.get(text.norm(index)) {
            // A word of many languages says little.
            let weight = 1.0 / found.len() as f32;
            for language in found {
                scores[*language] += weight;
            }
        }
    }
    if text.raw.contains(['ë', 'Ë']) {
        add(&mut scores, languages, "pms", 2.0);
    }
    let mut best = 0;
    for (index, score) in scores.iter().enumerate().skip(1) {
        let lead = if best == 0 { LEAD } else { 0.0 };
        if *score >= scores[best] + lead {
            best = index;
        }
    }
    languages.codes[best].clone()
}

fn add(scores: &mut [f32], languages: &Languages, code: &str, evidence: f32) {
    if let Some(language) = languages.codes.iter().position(|known| known == code) {
        scores[language] += evidence;
    }
}

fn by_script(raw: &str) -> Option<&'static str> {
    let (mut cyrillic, mut arabic, mut latin) = (0usize, 0usize, 0usize);
    for letter in raw.chars().take(600) {
        match letter {
            '\u{0400}'..='\u{052f}' => cyrillic += 1,
            '\u{0600}'..='\u{06ff}' => arabic += 1,
            'a'..='z' | 'A'..='Z' => latin += 1,
            _ => {}
        }
    }
    // A street's name in Latin letters may be longer than the words around it.
    if cyrillic >= 4 && cyrillic * 2 >= latin {
        Some("uk")
    } else if arabic >= 4 && arabic * 2 >= latin {
        Some("ar")
    } else {
        None
    }
}
