//! What WhatsApp takes after 24 hours: a template that Meta has approved. The city's file has the body that was
//! submitted, so that the ledger can keep what the citizen reads.

use super::file::Whatsapp;
use std::collections::BTreeMap;

/// Characters of a body with its parameters filled in (Meta: message templates).
pub const LONGEST: usize = 1024;

/// An approved template with its parameters in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatsappTemplate {
    pub name: String,
    pub language: String,
    pub parameters: Vec<String>,
    /// As the citizen reads it.
    pub text: String,
}

impl WhatsappTemplate {
    pub(super) fn fill(known: &Whatsapp, values: &BTreeMap<&'static str, String>) -> Self {
        // A parameter must not be empty, nor hold line breaks (Meta: template parameters).
        let value = |name: &String| {
            let words = values.get(name.as_str()).map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "));
            words.filter(|words| !words.is_empty()).unwrap_or_else(|| "-".to_owned())
        };
        let parameters = known.parameters.iter().map(value).collect::<Vec<_>>();
        Self {
            name: known.name.clone(),
            language: known.language.clone(),
            text: pieces(&known.body)
                .map(|piece| match piece {
                    Piece::Words(words) => words,
                    Piece::Parameter(n) => parameters.get(n - 1).map_or("", String::as_str),
                })
                .collect(),
            parameters,
        }
    }
}

enum Piece<'a> {
    Words(&'a str),
    /// From 1.
    Parameter(usize),
}

/// `Protocollo {{1}}: …`
fn pieces(body: &str) -> impl Iterator<Item = Piece<'_>> {
    body.split("{{").enumerate().flat_map(|(index, part)| {
        let number = (index > 0).then(|| part.split_once("}}")).flatten();
        match number.and_then(|(number, rest)| Some((number.trim().parse().ok().filter(|n| *n > 0)?, rest))) {
            Some((n, rest)) => vec![Piece::Parameter(n), Piece::Words(rest)],
            None => vec![Piece::Words(part)],
        }
    })
}

/// What Meta would refuse when the template is submitted or used.
pub(super) fn problem(known: &Whatsapp) -> Option<String> {
    let body = known.body.trim();
    let used = pieces(body)
        .filter_map(|piece| match piece {
            Piece::Parameter(n) => Some(n),
            Piece::Words(_) => None,
        })
        .collect::<Vec<_>>();
    let expected = (1..=known.parameters.len()).collect::<Vec<_>>();
    if used != expected {
        return Some(format!("expected the parameters {expected:?} in this order, found {used:?}"));
    }
    if body.starts_with("{{")
        || body.trim_end_matches(|end: char| end.is_ascii_punctuation() && end != '}').ends_with("}}")
    {
        return Some("expected words before the first parameter and behind the last".to_owned());
    }
    (body.chars().count() > LONGEST).then(|| format!("expected {LONGEST} characters at most"))
}
