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

/// Meta's clock and ours may differ by this, as the ingests have it.
const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// Comments that are looked at, the newest first.
const PAGE: usize = 100;

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
            ("limit", &PAGE.to_string()),
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
        self.judge(comments, text, attempted_at)
    }

    /// Not there is only what can't be there: a page that doesn't reach back to the attempt, or a comment with these words
    /// whose author isn't shown, proves nothing.
    fn judge(&self, comments: &[Value], text: &str, attempted_at: Timestamp) -> ReadBack {
        let said = |comment: &Value, pointer: &str| {
            comment.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let oldest = attempted_at - SKEW;
        let at = |comment: &Value| created(&said(comment, "/created_time"));
        let alike = |comment: &&Value| {
            same(&said(comment, "/message"), text) && at(comment).is_none_or(|written| written >= oldest)
        };
        for comment in comments.iter().filter(alike) {
            let author = said(comment, "/from/id");
            if author.is_empty() {
                return ReadBack::Failed("a comment with these words doesn't show who wrote it".to_owned());
            }
            if author == self.config.page_id {
                return ReadBack::Found(said(comment, "/id"));
            }
        }
        let reaches_back = comments.len() < PAGE || comments.iter().filter_map(at).any(|written| written < oldest);
        if reaches_back {
            ReadBack::NotThere
        } else {
            ReadBack::Failed(format!("there are more than {PAGE} newer comments"))
        }
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
