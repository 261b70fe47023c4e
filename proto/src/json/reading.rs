//! Tolerant access to the JSON of a platform that keeps no schema: ids come as strings or numbers, flags as booleans or
//! 0 and 1, instants in seconds or milliseconds, lists sometimes as the bare element. Reading never fails on a field; a
//! field that can't be read is simply not there. Only a body that isn't JSON at all is an error.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A clock may differ from ours by this much before we believe ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);
/// 2010-01-01: none of the platforms' webhooks is older.
const EARLIEST_SECOND: i64 = 1_262_304_000;
/// Numbers from here on are milliseconds: as seconds they would lie after the year 5138.
const FIRST_MILLISECOND: i64 = 100_000_000_000;

/// Parses a body. Halves of surrogate pairs (a text cut in the middle of an emoji) and bytes that aren't UTF-8 are
/// replaced, for refusing them would only bring the same body back until it expires.
pub fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| {
        let repaired = without_lone_surrogates(&String::from_utf8_lossy(body));
        serde_json::from_str(&repaired).map_err(|_| error)
    })
}

fn without_lone_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match surrogate(rest) {
            Some(0xD800..=0xDBFF) if matches!(rest.get(6..).and_then(surrogate), Some(0xDC00..=0xDFFF)) => 12,
            Some(_) => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // A backslash and what it escapes: that may be a backslash itself.
            None => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The surrogate that `text` begins with as an escape.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok().filter(|code| (0xD800..=0xDFFF).contains(code))
}

/// What a field holds, whatever it was written as.
pub trait Fields {
    /// The field, when it is there and not null.
    fn field(&self, key: &str) -> Option<&Value>;

    /// A string, or a number's digits; empty when there is neither.
    fn text(&self, key: &str) -> String {
        self.field(key).map(plain).unwrap_or_default()
    }

    /// An id: a text without space around it.
    fn id(&self, key: &str) -> String {
        self.text(key).trim().to_owned()
    }

    /// The first of several spellings of a field that holds something.
    fn first_id(&self, keys: &[&str]) -> String {
        keys.iter().map(|key| self.id(key)).find(|id| !id.is_empty()).unwrap_or_default()
    }

    fn flag(&self, key: &str) -> bool {
        match self.field(key) {
            Some(Value::Bool(flag)) => *flag,
            _ => matches!(self.id(key).as_str(), "true" | "1"),
        }
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.text(key).trim().parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// A list's elements; what isn't a list counts as its only element.
    fn items(&self, key: &str) -> &[Value] {
        match self.field(key) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => std::slice::from_ref(other),
        }
    }

    /// An instant in seconds or milliseconds since 1970, or in ISO 8601.
    fn instant(&self, key: &str) -> Option<Timestamp> {
        let text = self.id(key);
        match text.parse::<i64>() {
            Ok(n) if n.abs() >= FIRST_MILLISECOND => Timestamp::from_millisecond(n).ok(),
            Ok(n) => Timestamp::from_second(n).ok(),
            Err(_) => text.parse().or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", &text)).ok(),
        }
    }
}

impl Fields for Value {
    fn field(&self, key: &str) -> Option<&Value> {
        self.get(key).filter(|value| !value.is_null())
    }
}

/// A string, or the digits of a number; empty for anything else.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The first instant that can be true, else the receipt's.
pub fn occurred<const N: usize>(said: [Option<Timestamp>; N], received_at: Timestamp) -> Timestamp {
    said.into_iter()
        .flatten()
        .find(|at| at.as_second() >= EARLIEST_SECOND && at.duration_since(received_at) <= CLOCK_TOLERANCE)
        .unwrap_or(received_at)
}

/// 32 hexadecimal digits of the parts' SHA-256, for keys of things that have no id of their own.
pub fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_and_flags_are_read_from_strings_numbers_and_booleans() {
        let value = json!({"a": 24959525500305070u64, "b": " 12 ", "c": true, "d": 1, "e": "1", "f": null, "g": []});
        assert_eq!(value.id("a"), "24959525500305070");
        assert_eq!(value.id("b"), "12");
        assert!(value.flag("c") && value.flag("d") && value.flag("e"));
        assert_eq!(value.id("f") + &value.id("g") + &value.id("missing"), "");
        assert!(value.field("f").is_none());
    }

    #[test]
    fn what_is_not_a_list_is_its_only_element() {
        let value = json!({"one": {"x": 1}, "two": [1, 2], "none": null});
        let lengths = ["one", "two", "none", "missing"].map(|key| value.items(key).len());
        assert_eq!(lengths, [1, 2, 0, 0]);
    }

    #[test]
    fn instants_are_read_in_seconds_milliseconds_and_iso_8601() {
        let at = Timestamp::from_second(1_603_845_970).ok();
        let said = [
            json!(1603845970),
            json!("1603845970"),
            json!(1603845970000u64),
            json!("2020-10-28T00:46:10Z"),
            json!("2020-10-28T00:46:10+0000"),
        ];
        for value in said {
            assert_eq!(json!({"t": value}).instant("t"), at, "{value}");
        }
        assert_eq!(json!({"t": "yesterday"}).instant("t"), None);
        assert_eq!(json!({"t": i64::MAX}).instant("t"), None);
    }

    #[test]
    fn an_instant_that_can_not_be_is_replaced_by_the_receipts() {
        let received = Timestamp::from_second(1_800_000_000).unwrap();
        let told = |second| Timestamp::from_second(second).ok();
        assert_eq!(occurred([told(0), told(1_700_000_000)], received).as_second(), 1_700_000_000);
        assert_eq!(occurred([told(0), told(4_000_000_000), None], received), received);
        assert_eq!(occurred([told(1_800_000_060)], received).as_second(), 1_800_000_060);
    }

    #[test]
    fn a_text_cut_in_the_middle_of_an_emoji_is_still_read() {
        let body = br#"{"a":"buca \ud83d","b":"\\ud83d","c":"\ud83d\ude4f \ude4f","d":"\"\u00e8"}"#;
        let value = parse(body).unwrap();
        assert_eq!(value.text("a"), "buca \u{fffd}");
        assert_eq!(value.text("b"), "\\ud83d");
        assert_eq!(value.text("c"), "🙏 \u{fffd}");
        assert_eq!(value.text("d"), "\"è");
        assert_eq!(parse(b"{\"a\":\"citt\xe0\"}").unwrap().text("a"), "citt\u{fffd}");
    }

    #[test]
    fn what_is_not_json_is_an_error_also_when_nested_without_end() {
        for body in ["", "{", "{\"a\":\"\\", "{\"a\":\"\\u12", "[1,]"] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_fingerprint_depends_on_where_its_parts_end() {
        assert_eq!(fingerprint(&["a", "b"]).len(), 32);
        assert_ne!(fingerprint(&["ab", ""]), fingerprint(&["a", "b"]));
    }
}
