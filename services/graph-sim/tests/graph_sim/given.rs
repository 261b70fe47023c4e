//! A rehearsal under way: graph-sim on a port of its own, with a clock that is set by hand.

use crate::receiver::Receiver;
use jiff::SignedDuration;
use segnalalo_graph_sim::{app::App, config::Config};
use segnalalo_kit::{clock::ManualClock, config::Vars, http, shutdown::Shutdown};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};

pub const PAGE: &str = "104587321965874";
pub const NUMBER: &str = "106540352242922";
pub const PHONE: &str = "393470000101";

pub struct Rehearsal {
    pub base: String,
    pub receiver: Receiver,
    pub clock: Arc<ManualClock>,
    pub http: reqwest::Client,
    shutdown: Shutdown,
    running: JoinHandle<anyhow::Result<()>>,
}

pub async fn rehearsal() -> Rehearsal {
    with::<&str>([]).await
}

pub async fn with<V: Into<String>>(vars: impl IntoIterator<Item = (&'static str, V)>) -> Rehearsal {
    let receiver = Receiver::start().await;
    let clock = Arc::new(ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap()));
    let fixed = [
        ("FACEBOOK_PAGE_TOKEN", "page-token"),
        ("FACEBOOK_APP_SECRET", "page-secret"),
        ("FACEBOOK_VERIFY_TOKEN", "verify"),
        ("WHATSAPP_TOKEN", "number-token"),
        ("WHATSAPP_APP_SECRET", "number-secret"),
        ("WHATSAPP_VERIFY_TOKEN", "other"),
        ("GRAPH_SIM_FACEBOOK_WEBHOOK", &receiver.url),
        ("GRAPH_SIM_WHATSAPP_WEBHOOK", &receiver.url),
        ("GRAPH_SIM_STATUS_DELAY_MS", "20"),
        ("GRAPH_SIM_RETRIES_MS", "20,20,20"),
        ("GRAPH_SIM_STRANGERS", "refused"),
    ];
    let vars = Vars::from_pairs(fixed).with(vars);
    let app = App::build(Config::from_vars(&vars).unwrap(), clock.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = Shutdown::new();
    let running = tokio::spawn(app.run(listener, shutdown.clone()));
    Rehearsal { base, receiver, clock, http: http::client(Duration::from_secs(3)), shutdown, running }
}

/// Status and body.
pub type Answer = (u16, Value);

impl Rehearsal {
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }

    pub async fn later(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    /// What a citizen does, or a lever.
    pub async fn act(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}/_sim/{path}", self.base)).json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn see(&self, path: &str) -> Value {
        self.http.get(format!("{}/_sim/{path}", self.base)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn fault(&self, fault: Value) {
        self.act("faults", json!({ "fault": fault })).await;
    }

    /// With the token that belongs there.
    pub fn graph(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let token = if path.starts_with(NUMBER) { "number-token" } else { "page-token" };
        let url = format!("{}/v25.0/{path}", self.base);
        self.http.request(method.parse().unwrap(), url).bearer_auth(token)
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.graph("POST", path).json(&body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.graph("GET", path)).await
    }

    /// As the notifier does.
    pub async fn send_whatsapp(&self, text: &str, callback: &str) -> Answer {
        let body = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": format!("+{PHONE}"),
            "type": "text", "text": {"body": text}, "biz_opaque_callback_data": callback,
        });
        self.post(&format!("{NUMBER}/messages"), body).await
    }

    pub async fn citizen_writes(&self, text: &str) -> Value {
        self.act("whatsapp/messages", json!({"from": PHONE, "name": "Marco", "text": text})).await
    }

    pub async fn ledger(&self) -> (Vec<Value>, Vec<Value>) {
        let ledger = self.see("ledger").await;
        let list = |key: &str| ledger[key].as_array().unwrap().clone();
        (list("accepted"), list("refused"))
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
}

/// Code and subcode; zero where there is none.
pub fn code(answer: &Answer) -> (u16, i64, i64) {
    let error = &answer.1["error"];
    assert!(error["fbtrace_id"].is_string(), "{answer:?}");
    (answer.0, error["code"].as_i64().unwrap(), error["error_subcode"].as_i64().unwrap_or_default())
}
