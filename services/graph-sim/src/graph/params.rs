//! Reading a request's parameters without believing in their types.

use serde_json::{Map, Value};

pub trait Params {
    /// Nothing when it isn't there or no text; numbers count as text.
    fn text(&self, key: &str) -> String;
    fn object(&self, key: &str) -> Option<&Map<String, Value>>;
    fn list(&self, key: &str) -> &[Value];
    fn flag(&self, key: &str) -> Option<bool>;
}

impl Params for Map<String, Value> {
    fn text(&self, key: &str) -> String {
        match self.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    fn object(&self, key: &str) -> Option<&Map<String, Value>> {
        self.get(key)?.as_object()
    }

    fn list(&self, key: &str) -> &[Value] {
        self.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}
