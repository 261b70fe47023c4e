//! The bytes of a webhook. Meta's are ASCII: what isn't is escaped, and some of ASCII too. The signature is made over
//! exactly these bytes, so a receiver that parses and writes anew before it checks is found out here.

use super::Webhook;
use crate::{config::Encoding, tokens::Product};
use serde_json::json;
use std::fmt::Write as _;

pub fn encode(webhook: &Webhook, encoding: Encoding) -> String {
    let object = match webhook.to {
        Product::Facebook => "page",
        Product::Whatsapp => "whatsapp_business_account",
    };
    let text = json!({"object": object, "entry": webhook.entries}).to_string();
    match encoding {
        Encoding::Escaped => escape(&text),
        Encoding::Utf8 => text,
    }
}

/// JSON as Meta writes it. None of these characters has a meaning in JSON outside of strings.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '/' => escaped.push_str("\\/"),
            '<' | '>' => write_unit(&mut escaped, character as u16, true),
            '%' | '@' => write_unit(&mut escaped, character as u16, false),
            ' '..='~' => escaped.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    write_unit(&mut escaped, *unit, false);
                }
            }
        }
    }
    escaped
}

fn write_unit(escaped: &mut String, unit: u16, upper: bool) {
    let written = if upper { write!(escaped, "\\u{unit:04X}") } else { write!(escaped, "\\u{unit:04x}") };
    written.expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_meta_does() {
        assert_eq!(escape("\"<@%/äöå\""), r#""\u003C\u0040\u0025\/\u00e4\u00f6\u00e5""#);
        let json = r##"{"message":"città <#buche> 50% @sindaco https://example.org/a 🙏"}"##;
        let wire = r##"{"message":"citt\u00e0 \u003C#buche\u003E 50\u0025 \u0040sindaco https:\/\/example.org\/a \ud83d\ude4f"}"##;
        assert_eq!(escape(json), wire);
    }

    #[test]
    fn what_was_escaped_reads_as_before() {
        let value = json!({"text": "«Perché?» \"no\"\n\\ 👩‍🔧 \u{7f}"});
        let escaped = escape(&value.to_string());
        assert!(escaped.is_ascii());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
