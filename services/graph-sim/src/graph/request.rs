//! A request as the Graph API takes it: parameters in the query, in a form, in JSON or in multipart, all the same to it;
//! the token in the header or among them.

use super::{error::Error, multipart};
use axum::{
    body::{Body, Bytes},
    extract::FromRequest,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse as _, Response},
};
use reqwest::Url;
use serde_json::{Map, Value};

pub struct Request {
    pub token: Option<String>,
    pub params: Map<String, Value>,
    pub file: Option<File>,
    /// `http://` and the host that the caller asked.
    pub base_url: String,
    pub path: String,
}

/// Uploaded.
pub struct File {
    pub mime_type: String,
    pub bytes: Vec<u8>,
}

impl<S: Send + Sync> FromRequest<S> for Request {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request<Body>, state: &S) -> Result<Self, Response> {
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        let body = Bytes::from_request(request, state).await.map_err(|error| error.into_response())?;
        Self::read(&uri, &headers, &body).map_err(Error::into_response)
    }
}

impl Request {
    fn read(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Self, Error> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = header(header::CONTENT_TYPE);
        let mut params = urlencoded(uri.query().unwrap_or_default());
        let mut file = None;
        if let Some(boundary) = multipart::boundary(content_type) {
            let form = multipart::read(body, &boundary);
            params.extend(form.texts.into_iter().map(|(name, text)| (name, Value::String(text))));
            file = form.file;
        } else if content_type.starts_with("application/json") && !body.is_empty() {
            params.extend(json(body)?);
        } else {
            params.extend(urlencoded(&String::from_utf8_lossy(body)));
        }
        let bearer = header(header::AUTHORIZATION).strip_prefix("Bearer ").map(str::to_owned);
        let among = params.remove("access_token").and_then(|token| token.as_str().map(str::to_owned));
        Ok(Self {
            token: bearer.or(among),
            params,
            file,
            base_url: format!("http://{}", header(header::HOST)),
            path: uri.path().to_owned(),
        })
    }
}

fn json(body: &[u8]) -> Result<Map<String, Value>, Error> {
    serde_json::from_slice(body).map_err(|_| Error::new(100, "(#100) The request's body isn't a JSON object"))
}

/// Objects and lists come as JSON text.
fn urlencoded(text: &str) -> Map<String, Value> {
    let Ok(url) = Url::parse(&format!("http://form/?{text}")) else {
        return Map::new();
    };
    let value = |text: String| match text.chars().next() {
        Some('{' | '[') => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        _ => Value::String(text),
    };
    url.query_pairs().map(|(name, text)| (name.into_owned(), value(text.into_owned()))).collect()
}
