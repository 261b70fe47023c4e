//! Personal data in a message, so that views and exports can mask it: each find is the text as written. Better too
//! much than too little; places that are public are none.

mod codes;
mod people;

use super::{
    lexicon::{Hit, Lexicon, Signal, Topic},
    protocol::Protocol,
    text::{EMAIL, Text},
};

/// Type and value, the type as the taxonomy names it.
pub type Datum = (&'static str, String);

pub struct Context<'a, 'b> {
    pub text: &'a Text<'b>,
    pub lexicon: &'a Lexicon,
    pub hits: &'a [Hit],
    pub protocol: Option<&'a Protocol<'b>>,
}

pub fn find(context: &Context<'_, '_>) -> Vec<Datum> {
    let text = context.text;
    let mut found: Vec<Datum> = Vec::new();
    for index in 0..text.len() {
        if text.norm(index) == EMAIL {
            found.push(("email", text.written(index).to_owned()));
        }
    }
    codes::find(text, &mut found);
    let protocol = context.protocol.map(|protocol| protocol.written);
    codes::phones(text, protocol, &mut found);
    handles(text.raw, &mut found);
    people::names(text, &context.lexicon.names, &context.lexicon.places, &mut found);
    people::home(text, &context.lexicon.places, &mut found);
    health(context, &mut found);
    found
}

fn handles(raw: &str, found: &mut Vec<Datum>) {
    for (at, _) in raw.match_indices('@') {
        let free = raw[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        let rest = &raw[at + 1..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
        let name = rest[..length].trim_end_matches('.');
        if free && name.chars().count() >= 3 && !name.to_lowercase().contains("biella") {
            found.push(("social_handle", raw[at..=at + name.len()].to_owned()));
        }
    }
}

/// Words of illness and disability.
fn health(context: &Context<'_, '_>, found: &mut Vec<Datum>) {
    for hit in context.hits {
        if context.lexicon.cues[hit.cue].topic == Topic::Signal(Signal::Health) {
            found.push(("health", context.text.span(hit.first, hit.last).to_owned()));
        }
    }
}
