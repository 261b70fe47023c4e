//! Looking whether a comment of ours is there: the proof for an attempt whose outcome nobody knows.

use super::call::{Graph, kind};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// What the thread shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadBack {
    /// Its id.
    Found(String),
    NotThere,
    /// The thread couldn't be read: nothing is known.
    Failed(String),
}

/// Meta's clock and ours may differ by this.
const SKEW: SignedDuration = SignedDuration::from_mins(2);

impl Graph {
    /// Looks below a post or comment for a comment of the page with this text, no older than the attempt.
    pub async fn find_comment(&self, object: &str, text: &str, attempted_at: Timestamp) -> ReadBack {
        let token = match self.config.page_token.get_secret() {
            Ok(token) => token,
            Err(why) => return ReadBack::Failed(why),
        };
        let url = format!("{}/{}/{object}/comments", self.config.url, self.config.version);
        let query = [
            ("fields", "id,message,from,created_time"),
            ("filter", "stream"),
            ("order", "reverse_chronological"),
            ("limit", "100"),
        ];
        let request = self.client.get(url).query(&query).bearer_auth(token.expose());
        let response = match request.send().await {
            Ok(response) if response.status().is_success() => response,
            Ok(response) => {
                return ReadBack::Failed(format!("HTTP {}", response.status().as_u16()));
            }
            Err(error) => return ReadBack::Failed(kind(&error)),
        };
        let Ok(body) = response.json::<Value>().await else {
            return ReadBack::Failed("the answer isn't JSON".to_owned());
        };
        let Some(comments) = body.get("data").and_then(Value::as_array) else {
            return ReadBack::Failed("the answer has no data".to_owned());
        };
        let ours = comments.iter().find(|comment| self.is_ours(comment, text, attempted_at));
        match ours.and_then(|comment| comment.get("id")).and_then(Value::as_str) {
            Some(id) => ReadBack::Found(id.to_owned()),
            None => ReadBack::NotThere,
        }
    }

    fn is_ours(&self, comment: &Value, text: &str, attempted_at: Timestamp) -> bool {
        let said = |pointer: &str| comment.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let fresh = created(said("/created_time")).is_none_or(|at| at >= attempted_at - SKEW);
        said("/from/id") == self.config.page_id && same(said("/message"), text) && fresh
    }
}

/// The same words; the platform may set spaces and lines its own way.
fn same(shown: &str, sent: &str) -> bool {
    shown.split_whitespace().eq(sent.split_whitespace())
}

/// `2020-10-28T00:46:10+0000`
fn created(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metas_times_are_read() {
        assert_eq!(created("2020-10-28T00:46:10+0000"), Some("2020-10-28T00:46:10Z".parse().unwrap()));
        assert_eq!(created("yesterday"), None);
    }
}
