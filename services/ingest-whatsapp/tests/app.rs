//! The process on its port, without a broker: what Meta hears when nothing can be stored. With one, see the system tests.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_ingest_whatsapp::{app::App, config::Config};
use segnalalo_kit::{
    bus::{Bus, BusConfig},
    clock::SystemClock,
    config::{Secret, Vars},
    health::Health,
    http,
    service::Deps,
    shutdown::Shutdown,
    telemetry::Metrics,
    webhook::signature,
};
use std::{sync::Arc, time::Duration};

const SECRET: &str = "the current secret";
const PREVIOUS: &str = "the previous secret";
const REPORT: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[{"from":"393330000101","id":"wamid.1","type":"text","text":{"body":"buca"}}]}}]}]}"#;
const FOREIGN: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1"}}}]}]}"#;

fn vars() -> Vars {
    Vars::from_pairs([
        ("INGEST_WHATSAPP_LISTEN", "127.0.0.1:0"),
        ("WHATSAPP_APP_SECRET", SECRET),
        ("WHATSAPP_APP_SECRET_PREVIOUS", PREVIOUS),
        ("WHATSAPP_VERIFY_TOKEN", "verify"),
        ("WHATSAPP_PHONE_NUMBER_ID", "106540352242922"),
    ])
}

struct TestApp {
    webhook: String,
    client: reqwest::Client,
    shutdown: Shutdown,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl TestApp {
    /// Its broker isn't there.
    async fn start() -> Self {
        let deps = Deps {
            bus: Bus::connect(&BusConfig::new("nats://127.0.0.1:1", "test")).await.unwrap(),
            clock: Arc::new(SystemClock),
            health: Health::new("ingest-whatsapp"),
            metrics: Metrics::new("ingest-whatsapp"),
        };
        let app = App::build(Config::from_vars(&vars()).unwrap(), deps).unwrap();
        let webhook = format!("http://{}/webhook", app.address().unwrap());
        let shutdown = Shutdown::new();
        let running = tokio::spawn(app.run(shutdown.clone()));
        Self { webhook, client: http::client(Duration::from_secs(20)), shutdown, running }
    }

    async fn post(&self, body: impl Into<Vec<u8>>, signature: &str) -> (u16, String) {
        let request = self.client.post(&self.webhook).header("X-Hub-Signature-256", signature).body(body.into());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn post_signed(&self, body: &str) -> (u16, String) {
        self.post(body, &signature::sign(&Secret::new(SECRET), body.as_bytes())).await
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_handshake_returns_the_challenge_to_who_knows_the_token() {
    let app = TestApp::start().await;
    for (query, status, body) in [
        ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify", 200, "1158201444"),
        ("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=guess", 403, ""),
        ("hub.mode=unsubscribe&hub.challenge=1158201444&hub.verify_token=verify", 403, ""),
    ] {
        let answer = app.client.get(format!("{}?{query}", app.webhook)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{query}");
        assert_eq!(answer.text().await.unwrap(), body, "{query}");
    }
    app.stop().await;
}

#[tokio::test]
async fn only_who_knows_a_secret_is_listened_to() {
    let app = TestApp::start().await;
    let signed = |secret: &str| signature::sign(&Secret::new(secret), FOREIGN.as_bytes());
    assert_eq!(app.post(FOREIGN, &signed(SECRET)).await.0, 200);
    assert_eq!(app.post(FOREIGN, &signed(PREVIOUS)).await.0, 200);
    assert_eq!(app.post(FOREIGN, &signed("a guess")).await.0, 401);
    assert_eq!(app.post(FOREIGN, "").await.0, 401);
    app.stop().await;
}

#[tokio::test]
async fn what_can_not_be_read_is_refused_with_a_reason() {
    let app = TestApp::start().await;
    let (status, reason) = app.post_signed("{\"object\":").await;
    assert_eq!(status, 400);
    assert!(reason.contains("the body is not JSON"), "{reason}");
    let (status, _) = app.post_signed(&" ".repeat(4 * 1024 * 1024 + 1)).await;
    assert_eq!(status, 413);
    app.stop().await;
}

#[tokio::test]
async fn a_report_that_can_not_be_stored_is_never_answered_200() {
    let app = TestApp::start().await;
    assert_eq!(app.post_signed(REPORT).await.0, 503);
    app.stop().await;
}

#[test]
fn a_missing_variable_is_named() {
    for name in ["WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"] {
        let error = Config::from_vars(&vars().with([(name, "")])).unwrap_err();
        assert_eq!(error.to_string(), format!("{name} isn't set"));
    }
}
