//! Takes webhooks, and answers as it is told.

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub struct Received {
    pub signature: Option<String>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Each `changes[].value` and each `messaging[]`.
    pub fn events(&self) -> Vec<Value> {
        let body = self.json();
        let mut events = Vec::new();
        for entry in body["entry"].as_array().unwrap() {
            let list = |key: &str| entry[key].as_array().cloned().unwrap_or_default();
            events.extend(list("changes").into_iter().map(|change| change["value"].clone()));
            events.extend(list("messaging"));
        }
        events
    }
}

#[derive(Default)]
struct Shared {
    /// Answers that aren't 200, before those that are.
    refusals: Mutex<usize>,
    all: watch::Sender<Vec<Received>>,
}

pub struct Receiver {
    shared: Arc<Shared>,
    pub url: String,
    serving: JoinHandle<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new().route("/webhook", get(handshake).post(take)).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { shared, url, serving }
    }

    pub fn refuse(&self, times: usize) {
        *self.shared.refusals.lock().unwrap() = times;
    }

    pub fn all(&self) -> Vec<Received> {
        self.shared.all.borrow().clone()
    }

    pub fn events(&self) -> Vec<Value> {
        self.all().iter().flat_map(Received::events).collect()
    }

    /// Waits for the condition over all events that came.
    pub async fn until(&self, what: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let mut changes = self.shared.all.subscribe();
        let waiting = async {
            loop {
                let events = self.events();
                if holds(&events) {
                    return events;
                }
                changes.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.unwrap_or_else(|_| panic!("never came: {what}; what came: {:#?}", self.events()))
    }

    pub async fn count(&self, count: usize) -> Vec<Value> {
        self.until(&format!("{count} events"), |events| events.len() >= count).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    {
        let mut refusals = shared.refusals.lock().unwrap();
        if *refusals > 0 {
            *refusals -= 1;
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    let signature = headers.get("x-hub-signature-256").map(|value| value.to_str().unwrap().to_owned());
    let received = Received { signature, body: body.to_vec() };
    shared.all.send_modify(|all| all.push(received));
    StatusCode::OK
}

async fn handshake(RawQuery(query): RawQuery) -> (StatusCode, String) {
    let query = query.unwrap_or_default();
    let value = |name: &str| {
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.unwrap_or_default().to_owned()
    };
    if value("hub.mode") == "subscribe" && value("hub.verify_token") == "verify" {
        (StatusCode::OK, value("hub.challenge"))
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}
