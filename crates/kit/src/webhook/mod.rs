//! What both ingests share: a platform's webhook. The handshake; the size, then the signature over exactly the bytes
//! that came, and only then the body's meaning, which is the receiver's business; and 200 only when every observation is
//! on the broker's disk. What can't be stored is answered 503, and the platform sends it again. It keeps nothing.

mod body;
mod server;
pub mod signature;

pub use server::Server;

use crate::{
    bus::{PublishError, Publisher},
    clock::{SharedClock, monotonic},
    config::Secret,
    fault,
    telemetry::{Counter, Histogram, Metrics},
    trace,
};
use axum::{
    Json, Router,
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use prost::Message as _;
use segnalalo_proto::observation::v1::Inbound;
use serde::Deserialize;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

const SIGNATURE: &str = "x-hub-signature-256";
/// Bodies held in memory at once, at most; more are answered 503.
const AT_ONCE: usize = 128;

/// Reads a platform's body.
pub trait Receiver: Send + Sync + 'static {
    /// # Errors
    /// The body isn't what the platform sends; the reason goes into the answer: nothing personal.
    fn accept(&self, body: &[u8], received_at: Timestamp) -> Result<Accepted, Malformed>;
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accepted {
    /// In the order of the body.
    pub inbound: Vec<Inbound>,
    /// Elements that don't concern us: counted, not kept.
    pub ignored: u64,
}

/// Why a body is answered 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

pub struct WebhookConfig {
    /// What the platform shows when the address is set up.
    pub verify_token: Secret,
    /// The current one, and the previous one while it is being changed.
    pub app_secrets: Vec<Secret>,
    /// Bytes.
    pub body_limit: usize,
    /// Where the observations go.
    pub subject: &'static str,
}

struct Webhook {
    config: WebhookConfig,
    receiver: Arc<dyn Receiver>,
    publisher: Publisher,
    clock: SharedClock,
    room: Semaphore,
    requests: Counter,
    elements: Counter,
    seconds: Histogram,
}

/// `GET` and `POST /webhook`.
pub fn router(
    config: WebhookConfig,
    receiver: Arc<dyn Receiver>,
    publisher: Publisher,
    clock: SharedClock,
    metrics: Metrics,
) -> Router {
    let webhook = Webhook {
        config,
        receiver,
        publisher,
        clock,
        room: Semaphore::new(AT_ONCE),
        requests: metrics.counter("webhook_requests", "Webhook requests, by status"),
        elements: metrics.counter("webhook_elements", "Elements of webhook bodies, by fate"),
        seconds: metrics.histogram("webhook_seconds", "Time until a webhook's body was answered"),
    };
    Router::new().route("/webhook", get(handshake).post(receive)).with_state(Arc::new(webhook))
}

#[derive(Deserialize)]
struct Handshake {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
    #[serde(rename = "hub.verify_token", default)]
    verify_token: String,
}

async fn handshake(State(webhook): State<Arc<Webhook>>, Query(query): Query<Handshake>) -> Response {
    let expected = webhook.config.verify_token.expose().as_bytes();
    let known = bool::from(query.verify_token.as_bytes().ct_eq(expected));
    if known && query.mode == "subscribe" {
        tracing::info!("webhook handshake");
        return query.challenge.into_response();
    }
    tracing::warn!("a webhook handshake failed: another verify token, or another mode");
    StatusCode::FORBIDDEN.into_response()
}

async fn receive(State(webhook): State<Arc<Webhook>>, headers: HeaderMap, body: Body) -> Response {
    let started = monotonic();
    // The trace begins here: who calls from outside has no say in it.
    let span = tracing::info_span!("webhook", subject = webhook.config.subject);
    let answer = match webhook.take(&headers, body).instrument(span).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => refusal.into_response(),
    };
    webhook.requests.add(1, &[("status", answer.status().as_str())]);
    webhook.seconds.record(started.elapsed().as_secs_f64(), &[]);
    answer
}

/// Why a request isn't answered 200.
#[derive(Debug)]
enum Refusal {
    Unsigned,
    Malformed(Malformed),
    Body(body::Failure),
    Unavailable,
}

impl Webhook {
    async fn take(&self, headers: &HeaderMap, body: Body) -> Result<(), Refusal> {
        let _room = self.room.try_acquire().map_err(|_| {
            tracing::warn!("too many webhooks at once");
            Refusal::Unavailable
        })?;
        let bytes = body::read(body, self.config.body_limit).await.map_err(Refusal::Body)?;
        let header = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !signature::verify(&self.config.app_secrets, header, &bytes) && !fault::mistaken("forged-accepted") {
            tracing::warn!(bytes = bytes.len(), "a webhook's signature is missing or wrong");
            return Err(Refusal::Unsigned);
        }
        let accepted = self.receiver.accept(&bytes, self.clock.now()).map_err(Refusal::Malformed)?;
        self.elements.add(accepted.ignored, &[("fate", "ignored")]);
        let inbound = match fault::mistaken("unknown-kinds-dropped") {
            true => accepted.inbound.into_iter().filter(is_known).collect(),
            false => accepted.inbound,
        };
        self.store(inbound).await?;
        fault::point("webhook.before-answer");
        Ok(())
    }

    async fn store(&self, inbound: Vec<Inbound>) -> Result<(), Refusal> {
        if inbound.is_empty() {
            return Ok(());
        }
        let payloads: Vec<_> = inbound.iter().map(|one| one.encode_to_vec().into()).collect();
        let count = payloads.len() as u64;
        let stored = self.publisher.publish_all(self.config.subject, payloads, &trace::traceparent()).await;
        stored.map_err(|error| {
            let cause = cause(&error);
            tracing::warn!(%error, cause, elements = count, "a webhook isn't stored: the platform will send it again");
            self.elements.add(count, &[("fate", "refused")]);
            Refusal::Unavailable
        })?;
        self.elements.add(count, &[("fate", "stored")]);
        Ok(())
    }
}

/// The mistake's filter: what isn't understood would be gone without a trace.
fn is_known(inbound: &Inbound) -> bool {
    use segnalalo_proto::observation::v1::inbound::Observation;
    !matches!(&inbound.observation, Some(Observation::Notice(notice)) if !notice.known)
}

fn cause(error: &PublishError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unsigned => StatusCode::UNAUTHORIZED.into_response(),
            Self::Malformed(Malformed(reason)) => {
                tracing::warn!(reason, "a webhook's body can't be read");
                (StatusCode::BAD_REQUEST, Json(serde_json::json!({ "reason": reason }))).into_response()
            }
            Self::Body(body::Failure::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            Self::Body(body::Failure::TooSlow) => StatusCode::REQUEST_TIMEOUT.into_response(),
            Self::Body(body::Failure::Broken) => StatusCode::BAD_REQUEST.into_response(),
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
