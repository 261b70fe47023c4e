//! Errors in Meta's form. Their HTTP status isn't part of Meta's contract; these are the ones that were seen.

use crate::{ids, state::Refusal};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Error(Box<ErrorSpec>);

/// As a fault may ask for it; what isn't given follows from the code.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorSpec {
    pub code: i64,
    pub subcode: Option<i64>,
    pub http: Option<u16>,
    pub message: Option<String>,
    /// WhatsApp: `error_data.details`.
    pub details: Option<String>,
    pub user_title: Option<String>,
    pub user_message: Option<String>,
    pub is_transient: Option<bool>,
    /// As for rate limits, `X-App-Usage` and `retry-after`.
    pub headers: BTreeMap<String, String>,
}

impl From<ErrorSpec> for Error {
    fn from(spec: ErrorSpec) -> Self {
        Self(Box::new(spec))
    }
}

impl Error {
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self::from(ErrorSpec { code, message: Some(message.into()), ..ErrorSpec::default() })
    }

    #[must_use]
    pub fn subcode(mut self, subcode: i64) -> Self {
        self.0.subcode = Some(subcode);
        self
    }

    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// Not there, not ours to see, or not made for this: Meta doesn't tell which.
    pub fn unsupported(object: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{object}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api"
        );
        Self::new(100, message).subcode(33)
    }

    pub fn token(given: bool) -> Self {
        Self::new(
            190,
            if given {
                "Invalid OAuth access token - Cannot parse access token"
            } else {
                "An access token is required to request this resource."
            },
        )
    }

    fn http(&self) -> u16 {
        self.0.http.unwrap_or(match self.0.code {
            0 | 190 => 401,
            3 | 10 | 200..=299 | 368 | 130_497 | 131_005 | 131_031 => 403,
            132_001 => 404,
            1 | 131_000 | 131_016 | 131_045 | 131_057 | 133_000 => 500,
            2 | 133_004 => 503,
            _ => 400,
        })
    }

    fn message(&self) -> String {
        let code = self.0.code;
        self.0.message.clone().unwrap_or_else(|| format!("(#{code}) Rehearsed by graph-sim"))
    }

    fn body(&self) -> Value {
        let spec = &*self.0;
        let mut error = json!({
            "message": self.message(),
            "type": "OAuthException",
            "code": spec.code,
            "fbtrace_id": ids::fbtrace(),
        });
        let optional = [
            ("error_subcode", spec.subcode.map(|subcode| json!(subcode))),
            ("is_transient", spec.is_transient.map(|transient| json!(transient))),
            ("error_user_title", spec.user_title.as_ref().map(|title| json!(title))),
            ("error_user_msg", spec.user_message.as_ref().map(|message| json!(message))),
            (
                "error_data",
                spec.details.as_ref().map(|details| json!({"messaging_product": "whatsapp", "details": details})),
            ),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                error[key] = value;
            }
        }
        json!({ "error": error })
    }

    /// As a WhatsApp status tells why a message failed.
    pub fn in_status(&self) -> Value {
        let message = self.message();
        let title = message.split_once(") ").map_or(message.as_str(), |(_, title)| title);
        json!({
            "code": self.0.code,
            "title": title,
            "message": title,
            "error_data": {"details": self.0.details.as_deref().unwrap_or(title)},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }

    /// For the ledger.
    pub fn refusal(&self) -> Refusal {
        Refusal { http: self.http(), code: self.0.code, subcode: self.0.subcode, message: self.message() }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.http()).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(self.body())).into_response();
        for (name, value) in &self.0.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
