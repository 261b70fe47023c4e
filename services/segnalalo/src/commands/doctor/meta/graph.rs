//! Questions to the Graph API, one GET each. Nothing of a request is ever told: tokens stand in it.

use crate::commands::doctor::finding::causes;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::header;
use segnalalo_kit::{
    clock::{Clock as _, SystemClock},
    config::{Error, Vars},
    http,
};
use segnalalo_notifier::config::{GRAPH_API, GRAPH_VERSION};
use serde_json::Value;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// With Meta's code, subcode (0: none) and words.
    Refused {
        code: i64,
        subcode: i64,
        message: String,
    },
    Unreachable(String),
}

pub struct Graph {
    http: reqwest::Client,
    base: String,
    /// Of the last answer.
    ahead: Mutex<Option<SignedDuration>>,
}

impl Graph {
    /// Where the notifier asks, in the same version.
    ///
    /// # Errors
    /// Names the variable.
    pub fn from_vars(vars: &Vars) -> Result<Self, Error> {
        let url = vars.parsed("GRAPH_API_URL", GRAPH_API.to_owned())?;
        let version = vars.parsed("GRAPH_API_VERSION", GRAPH_VERSION.to_owned())?;
        let base = format!("{}/{version}", url.trim_end_matches('/'));
        Ok(Self { http: http::client(PATIENCE), base, ahead: Mutex::default() })
    }

    pub fn ahead(&self) -> Option<SignedDuration> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn get(&self, path: &str, token: &str, query: &[(&str, &str)]) -> Result<Value, Trouble> {
        let unreachable = |error: reqwest::Error| Trouble::Unreachable(causes(&error.without_url()));
        let request = self.http.get(format!("{}/{path}", self.base)).query(query).bearer_auth(token);
        let answer = request.send().await.map_err(unreachable)?;
        let date = answer.headers().get(header::DATE).and_then(|date| rfc2822::parse(date.to_str().ok()?).ok());
        if let Some(theirs) = date {
            let ahead = SystemClock.now().duration_since(theirs.timestamp());
            *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        }
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|_| Trouble::Unreachable(status.to_string()))?;
        match body.get("error") {
            None if status.is_success() => Ok(body),
            None => Err(Trouble::Unreachable(status.to_string())),
            Some(error) => Err(Trouble::Refused {
                code: error["code"].as_i64().unwrap_or_default(),
                subcode: error["error_subcode"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
            }),
        }
    }
}

/// An instant that is told in seconds since 1970; `None`: zero, which is never.
pub fn instant(seconds: &Value) -> Option<Timestamp> {
    seconds.as_i64().filter(|seconds| *seconds > 0).and_then(|seconds| Timestamp::from_second(seconds).ok())
}
