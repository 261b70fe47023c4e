//! `fields=id,from{id,name},parent{id}`: which keys of an object the caller wants, and lists with cursors.

use super::request::Request;
use crate::graph::params::Params as _;
use serde_json::{Map, Value, json};

const LIMIT: usize = 25;
const LIMIT_AT_MOST: usize = 100;

/// Names, each with those wanted inside.
#[derive(Debug, Default, PartialEq)]
pub struct Fields(Vec<(String, Fields)>);

impl Fields {
    pub fn of(request: &Request, default: &str) -> Self {
        let asked = request.params.text("fields");
        Self::parse(if asked.is_empty() { default } else { &asked })
    }

    fn parse(text: &str) -> Self {
        let mut rest = text;
        Self::parse_inner(&mut rest)
    }

    fn parse_inner(rest: &mut &str) -> Self {
        let mut fields = Vec::new();
        loop {
            let end = rest.find([',', '{', '}']).unwrap_or(rest.len());
            // `comments.limit(5)`: the modifier is ignored.
            let name = rest[..end].split('.').next().unwrap_or_default().trim().to_owned();
            let next = rest[end..].chars().next();
            *rest = &rest[(end + 1).min(rest.len())..];
            let inner = if next == Some('{') { Self::parse_inner(rest) } else { Self::default() };
            if !name.is_empty() {
                fields.push((name, inner));
            }
            if matches!(next, None | Some('}')) {
                return Self(fields);
            }
        }
    }

    pub fn wants(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// What of it is wanted; the id always.
    pub fn pick(&self, whole: &Value) -> Value {
        if self.0.is_empty() {
            return whole.clone();
        }
        match whole {
            Value::Array(list) => list.iter().map(|item| self.pick(item)).collect(),
            Value::Object(object) if object.contains_key("data") => json!({"data": self.pick(&object["data"])}),
            Value::Object(object) => self.pick_keys(object),
            other => other.clone(),
        }
    }

    fn pick_keys(&self, object: &Map<String, Value>) -> Value {
        let wanted = self.0.iter().filter_map(|(name, inner)| {
            let value = object.get(name).filter(|value| !value.is_null())?;
            Some((name.clone(), inner.pick(value)))
        });
        let id = object.get("id").map(|id| ("id".to_owned(), id.clone()));
        Value::Object(wanted.chain(id).collect())
    }
}

/// One page of a list: `after` is the id of the last one that the caller has.
pub fn page(request: &Request, objects: &[Value]) -> Value {
    let limit = request.params.text("limit").parse().unwrap_or(LIMIT).clamp(1, LIMIT_AT_MOST);
    let after = request.params.text("after");
    let seen = objects.iter().position(|object| object["id"] == after.as_str()).map_or(0, |index| index + 1);
    let shown = &objects[seen..objects.len().min(seen + limit)];
    let mut page = json!({ "data": shown });
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        page["paging"] = json!({"cursors": {"before": first["id"], "after": last["id"]}});
        if seen + limit < objects.len() {
            page["paging"]["next"] = json!(next(request, &last["id"]));
        }
    }
    page
}

/// Without the token, which must not get into logs.
fn next(request: &Request, after: &Value) -> String {
    let kept = request.params.iter().filter(|(name, _)| *name != "after");
    let pairs = kept.map(|(name, _)| (name.clone(), request.params.text(name)));
    let after = after.as_str().unwrap_or_default().to_owned();
    let pairs = pairs.chain([("after".to_owned(), after)]);
    let base = format!("{}{}", request.base_url, request.path);
    reqwest::Url::parse_with_params(&base, pairs).map(String::from).unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wanted_is_shown_and_the_id() {
        let fields = Fields::parse("message,from{name},parent{id},comments.limit(2){message}");
        let whole = json!({
            "id": "1", "message": "ciao", "from": {"id": "7", "name": "Ada"}, "created_time": "x",
            "comments": {"data": [{"id": "2", "message": "sì", "from": {}}]},
        });
        let picked = json!({
            "id": "1", "message": "ciao", "from": {"id": "7", "name": "Ada"},
            "comments": {"data": [{"id": "2", "message": "sì"}]},
        });
        assert_eq!(fields.pick(&whole), picked);
    }
}
