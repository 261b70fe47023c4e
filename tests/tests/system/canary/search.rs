//! Looks for words in bytes, in every form in which they may stand there.

use aho_corasick::AhoCorasick;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Shorter ones would be found by chance.
const SHORTEST: usize = 7;

/// What must not be found.
#[derive(Debug, Clone)]
pub struct Canary {
    /// "name", "token"
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

impl Canary {
    pub fn new(kind: &'static str, bytes: impl AsRef<[u8]>) -> Self {
        let canary = Self { kind, bytes: bytes.as_ref().to_vec() };
        assert!(canary.bytes.len() >= SHORTEST, "too short: {}", canary.shown());
        canary
    }

    pub fn shown(&self) -> String {
        format!("{} {:?}", self.kind, String::from_utf8_lossy(&self.bytes))
    }

    /// Name and bytes of each; letters' case counts for none.
    pub fn forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let bytes = &self.bytes;
        let mut forms = vec![
            ("as it is", bytes.clone()),
            ("hex", hex::encode(bytes).into_bytes()),
            ("numbers", format!("{bytes:?}").trim_matches(['[', ']']).as_bytes().to_vec()),
            ("escaped", bytes.escape_ascii().to_string().into_bytes()),
        ];
        // The registry knows a token by its digest: 32 random bytes can't be guessed from it.
        if self.kind != "token" {
            let digest = Sha256::digest(bytes);
            forms.extend([
                ("SHA-256", digest.to_vec()),
                ("SHA-256 in hex", hex::encode(digest).into_bytes()),
                ("SHA-256 in base64", STANDARD.encode(digest).trim_end_matches('=').as_bytes().to_vec()),
            ]);
        }
        forms.extend((0..3).flat_map(|skipped| base64_inside(bytes, skipped)).map(|form| ("base64", form)));
        if let Ok(text) = str::from_utf8(bytes) {
            forms.extend(forms_of_text(text));
        }
        let mut seen = BTreeSet::new();
        forms.retain(|(_, form)| seen.insert(form.clone()));
        forms
    }
}

fn forms_of_text(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut forms = vec![
        ("UTF-16", utf16(u16::to_le_bytes)),
        ("UTF-16", utf16(u16::to_be_bytes)),
        ("in a form", percent.replace("%20", "+").into_bytes()),
        ("in a URL", percent.into_bytes()),
    ];
    if !text.is_ascii() {
        let escaped = |letter: char| match letter {
            ascii if ascii.is_ascii() => ascii.to_string(),
            other => other.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        forms.push(("in JSON", text.chars().map(escaped).collect::<String>().into_bytes()));
        let single = text.chars().map(|letter| u8::try_from(u32::from(letter))).collect::<Result<Vec<_>, _>>();
        forms.extend(single.map(|bytes| ("Latin-1", bytes)));
    }
    forms
}

/// The letters that bytes give in the middle of a text in base64, after so many bytes of a group of three; for both
/// alphabets.
fn base64_inside(bytes: &[u8], skipped: usize) -> Vec<Vec<u8>> {
    let encoded = STANDARD.encode([&vec![0; skipped], bytes].concat());
    // Letters that hold bits of neighbours are left out.
    let first = (skipped * 8).div_ceil(6);
    let last = (skipped + bytes.len()) * 8 / 6;
    let inside = encoded[first..last].to_owned();
    let url_safe = inside.replace('+', "-").replace('/', "_");
    BTreeSet::from([inside, url_safe]).into_iter().map(String::into_bytes).collect()
}

/// One that is found: which canary, and in what form.
pub type Hit = (usize, &'static str);

pub struct Searcher {
    pub canaries: Vec<Canary>,
    patterns: AhoCorasick,
    of: Vec<Hit>,
}

impl Searcher {
    pub fn new(canaries: Vec<Canary>) -> Self {
        let forms = canaries
            .iter()
            .enumerate()
            .flat_map(|(index, canary)| canary.forms().into_iter().map(move |(form, bytes)| ((index, form), bytes)));
        let (of, patterns): (Vec<Hit>, Vec<Vec<u8>>) = forms.unzip();
        let patterns = AhoCorasick::builder().ascii_case_insensitive(true).build(patterns).unwrap();
        Self { canaries, patterns, of }
    }

    pub fn find(&self, bytes: &[u8]) -> BTreeSet<Hit> {
        self.patterns.find_overlapping_iter(bytes).map(|found| self.of[found.pattern()]).collect()
    }

    /// For people.
    pub fn tell(&self, (canary, form): &Hit) -> String {
        format!("{} ({form})", self.canaries[*canary].shown())
    }

    /// Each of these kinds is there.
    pub fn finds(&self, bytes: &[u8], kinds: &[&str]) -> bool {
        let found = self.find(bytes).into_iter().map(|(canary, _)| self.canaries[canary].kind).collect::<BTreeSet<_>>();
        kinds.iter().all(|kind| found.contains(kind))
    }
}

#[test]
fn the_searcher_finds_every_form_of_every_kind_of_canary() {
    let canaries = vec![
        Canary::new("address", "vicolo Pettirossolungò"),
        Canary::new("number", "3517730462"),
        Canary::new("photo", [0xff; 24]),
    ];
    let searcher = Searcher::new(canaries.clone());
    let around = |form: &[u8]| [b"{\"k\":\"", form, b"\"}"].concat();
    for (index, canary) in canaries.iter().enumerate() {
        for (form, bytes) in canary.forms() {
            let found = searcher.find(&around(&bytes));
            assert!(found.iter().any(|(canary, in_form)| (*canary, *in_form) == (index, form)), "{form}: {found:?}");
            let other_case = bytes.to_ascii_uppercase();
            assert!(searcher.find(&around(&other_case)).iter().any(|(canary, _)| *canary == index), "{form}");
        }
    }
    // Wherever it stands in what was encoded.
    for before in 0..6 {
        let text = format!("{}vicolo Pettirossolungò, 37", "x".repeat(before));
        assert!(searcher.finds(STANDARD.encode(&text).as_bytes(), &["address"]), "base64 after {before}");
        assert!(searcher.finds(hex::encode_upper(&text).as_bytes(), &["address"]));
        assert!(searcher.finds(serde_json::to_string(&text).unwrap().as_bytes(), &["address"]));
        assert!(searcher.finds(format!("{:?}", bytes::Bytes::from(text)).as_bytes(), &["address"]));
    }
    assert!(searcher.find(&around(b"vicolo Pettirosso, 351773046, nothing of it")).is_empty());
}
