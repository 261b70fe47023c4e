//! A message cut into words: lower case, without accents, without letters drawn out, with chat spellings written out.
//! Every word knows where it stands in the text as written, so that places and numbers can be shown as the citizen
//! wrote them. It knows nothing of meanings.

use std::collections::HashMap;

/// Words beyond this are not looked at: what matters stands before, and work per message stays bounded.
const MAX_TOKENS: usize = 400;
/// Words that stand in for things that aren't words.
pub const URL: &str = "url";
pub const EMAIL: &str = "email";

#[derive(Debug, Clone)]
pub struct Token {
    /// Bytes in the text as written.
    pub start: usize,
    pub end: usize,
    norm: (usize, usize),
    /// Counted from 0.
    pub sentence: u16,
    /// Written with a capital initial.
    pub capital: bool,
    pub number: bool,
}

/// A message, ready to be searched.
#[derive(Debug)]
pub struct Text<'a> {
    pub raw: &'a str,
    pub tokens: Vec<Token>,
    norms: String,
    /// Question marks.
    pub questions: usize,
}

/// Chat spellings, by their normal form: `nn` is `non`.
pub type Spellings = HashMap<String, String>;

impl<'a> Text<'a> {
    pub fn new(raw: &'a str, spellings: &Spellings) -> Self {
        let mut text = Self {
            raw,
            tokens: Vec::with_capacity(32),
            norms: String::with_capacity(raw.len().min(4096)),
            questions: 0,
        };
        text.cut(spellings);
        text
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The word at `index` in its normal form; empty beyond the end.
    pub fn norm(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.norms[token.norm.0..token.norm.1])
    }

    pub fn written(&self, index: usize) -> &'a str {
        let token = &self.tokens[index];
        &self.raw[token.start..token.end]
    }

    /// The text as written from one word to another, both included.
    pub fn span(&self, first: usize, last: usize) -> &'a str {
        &self.raw[self.tokens[first].start..self.tokens[last].end]
    }

    /// What stands between a word and the next.
    pub fn between(&self, index: usize) -> &'a str {
        match self.tokens.get(index + 1) {
            Some(next) => &self.raw[self.tokens[index].end..next.start],
            None => &self.raw[self.tokens[index].end..],
        }
    }

    fn cut(&mut self, spellings: &Spellings) {
        let mut sentence = 0u16;
        let mut rest = self.raw;
        while let Some(first) = rest.chars().next() {
            if self.tokens.len() >= MAX_TOKENS {
                return;
            }
            let at = self.raw.len() - rest.len();
            let length = if let Some(length) = link(rest) {
                self.push(at, length, URL, sentence);
                length
            } else if let Some(length) = email(rest) {
                self.push(at, length, EMAIL, sentence);
                length
            } else if is_word(first) {
                let length = word_length(rest);
                self.push_word(at, length, spellings, sentence);
                length
            } else {
                if is_picture(first) {
                    self.push(at, first.len_utf8(), &first.to_string(), sentence);
                }
                self.questions += usize::from(matches!(first, '?' | '؟'));
                let abbreviation = first == '.' && self.ends_in_abbreviation();
                if ends_sentence(first, &rest[first.len_utf8()..]) && !abbreviation {
                    sentence = sentence.saturating_add(1);
                }
                first.len_utf8()
            };
            rest = &rest[length..];
        }
    }

    /// The last word is short enough to be "v.", "sig." or "prot.".
    fn ends_in_abbreviation(&self) -> bool {
        let Some(last) = self.tokens.len().checked_sub(1) else {
            return false;
        };
        let word = self.norm(last);
        let known = matches!(
            word,
            "prot" | "sig" | "dott" | "fraz" | "loc" | "avv" | "geom" | "ing" | "tel" | "cell" | "rif" | "num"
        );
        !self.tokens[last].number && (word.len() == 1 || known)
    }

    fn push(&mut self, start: usize, length: usize, norm: &str, sentence: u16) {
        let from = self.norms.len();
        self.norms.push_str(norm);
        self.tokens.push(Token {
            start,
            end: start + length,
            norm: (from, self.norms.len()),
            sentence,
            capital: false,
            number: false,
        });
    }

    fn push_word(&mut self, start: usize, length: usize, spellings: &Spellings, sentence: u16) {
        let written = &self.raw[start..start + length];
        let from = self.norms.len();
        fold_into(written, &mut self.norms);
        if let Some(full) = spellings.get(&self.norms[from..]) {
            self.norms.truncate(from);
            self.norms.push_str(full);
        }
        if from == self.norms.len() {
            return;
        }
        self.tokens.push(Token {
            start,
            end: start + length,
            norm: (from, self.norms.len()),
            sentence,
            capital: written.starts_with(char::is_uppercase),
            number: written.bytes().all(|byte| byte.is_ascii_digit()),
        });
    }
}

/// A word or number in its normal form.
pub fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    fold_into(word, &mut folded);
    folded
}

fn fold_into(word: &str, out: &mut String) {
    let from = out.len();
    let (mut last, mut run) = ('\0', 0);
    for letter in word.chars().flat_map(char::to_lowercase) {
        let letter = plain(letter);
        if letter == '\0' {
            continue;
        }
        run = if letter == last { run + 1 } else { 1 };
        last = letter;
        // Three and more of a letter are drawn out ("bastaaaa"): one is meant.
        if letter.is_ascii_digit() || run < 3 {
            out.push(letter);
        } else if run == 3 {
            out.pop();
        }
    }
    strip_arabic_article(from, out);
}

/// A letter without its accent; `\0` for marks that aren't letters.
fn plain(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ă' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'ș' | 'ş' => 's',
        'ț' | 'ţ' => 't',
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        '\u{0300}'..='\u{036f}' | '\u{064b}'..='\u{0652}' | '\u{0640}' => '\0',
        other => other,
    }
}

/// Arabic writes article and short prepositions into the word.
fn strip_arabic_article(from: usize, out: &mut String) {
    for prefix in ["وال", "بال", "ال", "لل"] {
        if out[from..].starts_with(prefix) && out[from..].chars().count() > 4 {
            out.replace_range(from..from + prefix.len(), "");
            return;
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '\u{0300}'..='\u{036f}' | '\u{064b}'..='\u{0652}' | '\u{0640}')
}

fn word_length(rest: &str) -> usize {
    rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
}

fn is_picture(letter: char) -> bool {
    matches!(letter, '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}')
}

/// A full stop ends a sentence only before a space: not in "v.le" or "13.10".
fn ends_sentence(mark: char, after: &str) -> bool {
    match mark {
        '!' | '?' | '\n' | ';' | '؟' | '…' => true,
        '.' => after.starts_with(char::is_whitespace) || after.is_empty(),
        _ => false,
    }
}

fn link(rest: &str) -> Option<usize> {
    let starts = |head: &str| rest.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head));
    (starts("http://") || starts("https://") || starts("www."))
        .then(|| rest.find(char::is_whitespace).unwrap_or(rest.len()))
}

fn email(rest: &str) -> Option<usize> {
    let local = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+')))?;
    if local == 0 || !rest[local..].starts_with('@') {
        return None;
    }
    let domain = &rest[local + 1..];
    let length = domain.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(domain.len());
    let domain = domain[..length].trim_end_matches(['.', '-']);
    domain.contains('.').then_some(local + 1 + domain.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(raw: &str) -> Vec<String> {
        let spellings = Spellings::from([("nn".to_owned(), "non".to_owned())]);
        let text = Text::new(raw, &spellings);
        (0..text.len()).map(|index| text.norm(index).to_owned()).collect()
    }

    #[test]
    fn words_lose_case_accents_and_drawn_out_letters() {
        assert_eq!(words("È LÀ: bastaaaa, c'è l’acqua!"), ["e", "la", "basta", "c", "e", "l", "acqua"]);
    }

    #[test]
    fn chat_spellings_are_written_out() {
        assert_eq!(words("nn va"), ["non", "va"]);
    }

    #[test]
    fn links_and_addresses_are_one_word_each() {
        assert_eq!(words("http://a.b/c?d mario.rossi@posta.it."), ["url", "email"]);
    }

    #[test]
    fn words_know_where_they_stand() {
        let text = Text::new("Là, in via Roma 3.", &Spellings::new());
        assert_eq!(text.span(2, 4), "via Roma 3");
        assert!(text.tokens[4].number && text.tokens[3].capital);
    }

    #[test]
    fn arabic_words_lose_the_article() {
        assert_eq!(words("القمامة"), ["قمامه"]);
    }
}
