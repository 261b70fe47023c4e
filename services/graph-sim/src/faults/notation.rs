//! How faults may be written: `"match": "any"` for everything, and a fault without a value by its name alone, as
//! `"fault": "timeout_after"`.

use super::{Fault, Match};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

/// A fault as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    #[serde(rename = "match", default, deserialize_with = "matching")]
    pub wanted: Match,
    #[serde(deserialize_with = "fault")]
    pub fault: Fault,
    /// Zero: until it is cleared.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

fn matching<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Match, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if value == "any" || value.is_null() {
        return Ok(Match::default());
    }
    serde_json::from_value(value).map_err(D::Error::custom)
}

fn fault<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
    let value = match Value::deserialize(deserializer)? {
        Value::String(name) => json!({name: true}),
        value => value,
    };
    serde_json::from_value(value).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(value: Value) -> Result<Order, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_fault_may_be_named_alone() {
        let order = order(json!({"match": "any", "fault": "timeout_after"})).unwrap();
        assert!(order.fault.timeout_after);
        assert_eq!(order.times, 1);
    }

    #[test]
    fn an_unknown_fault_is_refused_by_name() {
        let error = order(json!({"fault": {"explode": true}})).unwrap_err();
        assert!(error.contains("explode"), "{error}");
    }
}
