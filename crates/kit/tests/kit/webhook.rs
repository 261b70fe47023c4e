use crate::broker::Broker;
use jiff::Timestamp;
use prost::Message as _;
use reqwest::{Client, Response, StatusCode};
use segnalalo_kit::{
    bus::{Bus, Stream},
    clock::SystemClock,
    config::Secret,
    http,
    shutdown::Shutdown,
    telemetry::Metrics,
    webhook::{self, Accepted, Malformed, Receiver, WebhookConfig, signature},
};
use segnalalo_proto::observation::v1::Inbound;
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;

const LIMIT: usize = 4 * 1024 * 1024;

/// An observation a line; empty lines don't concern us.
struct Lines;

impl Receiver for Lines {
    fn accept(&self, body: &[u8], _received_at: Timestamp) -> Result<Accepted, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("no UTF-8".to_owned()))?;
        let (ours, ignored): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| !line.is_empty());
        let inbound = |line: &str| Inbound { dedupe_key: line.to_owned(), ..Inbound::default() };
        Ok(Accepted { inbound: ours.into_iter().map(inbound).collect(), ignored: ignored.len() as u64 })
    }
}

struct Ingest {
    url: String,
    client: Client,
    metrics: Metrics,
    shutdown: Shutdown,
}

impl Drop for Ingest {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Ingest {
    async fn start(bus: &Bus) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let (metrics, shutdown) = (Metrics::new("test"), Shutdown::new());
        let config = WebhookConfig {
            verify_token: Secret::new("token"),
            app_secrets: vec![Secret::new("current"), Secret::new("previous")],
            body_limit: LIMIT,
            subject: "inbound.facebook",
        };
        let publisher = bus.publisher(Stream::Inbound);
        let router = webhook::router(config, Arc::new(Lines), publisher, Arc::new(SystemClock), metrics.clone());
        tokio::spawn(http::serve(listener, router, shutdown.clone()));
        let client = http::client(Duration::from_secs(10));
        Self { url, client, metrics, shutdown }
    }

    async fn post(&self, secret: &str, body: &[u8]) -> Response {
        let signature = signature::sign(&Secret::new(secret), body);
        let request = self.client.post(&self.url).header("X-Hub-Signature-256", signature);
        request.body(body.to_vec()).send().await.unwrap()
    }

    async fn handshake(&self, query: &str) -> (u16, String) {
        let answer = self.client.get(format!("{}?{query}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

async fn stored(broker: &Broker) -> Vec<String> {
    let payloads = crate::topology::payloads(broker, "INBOUND").await;
    payloads.iter().map(|bytes| Inbound::decode(bytes.clone()).unwrap().dedupe_key).collect()
}

#[tokio::test]
async fn the_handshake_gives_the_challenge_back_to_him_who_knows_the_token() {
    let broker = Broker::start();
    let ingest = Ingest::start(&broker.bus().await).await;
    let known = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=token";
    assert_eq!(ingest.handshake(known).await, (200, "1158201444".to_owned()));
    for wrong in
        ["", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=no", "hub.challenge=1&hub.verify_token=token"]
    {
        assert_eq!(ingest.handshake(wrong).await, (403, String::new()), "{wrong}");
    }
}

#[tokio::test]
async fn a_signed_body_is_stored_before_it_is_answered() {
    let broker = Broker::start();
    let ingest = Ingest::start(&broker.filled().await).await;
    let answer = ingest.post("current", "a\nb\n\n\nc è\n".as_bytes()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(stored(&broker).await, ["a", "b", "c è"]);
    assert_eq!(ingest.post("previous", b"d").await.status(), StatusCode::OK);
    assert_eq!(stored(&broker).await.len(), 4);
    let text = ingest.metrics.render();
    assert!(text.contains("webhook_elements_total{fate=\"stored\"} 4"), "{text}");
    assert!(text.contains("webhook_elements_total{fate=\"ignored\"} 2"), "{text}");
    assert!(text.contains("webhook_requests_total{status=\"200\"} 2"), "{text}");
}

#[tokio::test]
async fn a_body_without_the_right_signature_is_not_even_read() {
    let broker = Broker::start();
    let ingest = Ingest::start(&broker.filled().await).await;
    assert_eq!(ingest.post("foreign", b"a").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ingest.post("foreign", b"\xff").await.status(), StatusCode::UNAUTHORIZED);
    let unsigned = ingest.client.post(&ingest.url).body("a").send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    assert!(stored(&broker).await.is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_large_or_unreadable_is_told_so() {
    let broker = Broker::start();
    let ingest = Ingest::start(&broker.filled().await).await;
    let large = vec![b'a'; 10 * 1024 * 1024];
    assert_eq!(ingest.post("current", &large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ingest.post("current", &large[..LIMIT]).await.status(), StatusCode::OK);
    let unreadable = ingest.post("current", b"\xff").await;
    assert_eq!(unreadable.status(), StatusCode::BAD_REQUEST);
    assert_eq!(unreadable.text().await.unwrap(), r#"{"reason":"no UTF-8"}"#);
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_and_taken_when_it_comes_again() {
    let mut broker = Broker::start();
    let bus = broker.filled().await;
    let ingest = Ingest::start(&bus).await;
    broker.kill();
    crate::broker::until("gone", || !bus.is_connected()).await;
    assert_eq!(ingest.post("current", b"a").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    // Nothing to store: nothing that could get lost.
    assert_eq!(ingest.post("current", b"\n").await.status(), StatusCode::OK);
    broker.restart();
    crate::broker::until("back", || bus.is_connected()).await;
    crate::broker::ensure(&bus).await;
    assert_eq!(ingest.post("current", b"a").await.status(), StatusCode::OK);
    assert_eq!(stored(&broker).await, ["a"]);
}
