//! A small stand-in for the Graph API, and a ledger in memory.

use crate::{
    ledger::{Denied, Ledger},
    outbox::Work,
};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use segnalalo_proto::common::v1::PersonalContent;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What the stand-in does with the next POST.
#[derive(Debug, Clone)]
pub enum Behaviour {
    Answer(StatusCode, Value),
    Garbage,
    Hang,
}

#[derive(Clone)]
pub struct Platform {
    pub behaviour: Behaviour,
    pub posts: Arc<Mutex<Vec<Value>>>,
    pub comments: Value,
}

impl Platform {
    pub fn new(behaviour: Behaviour) -> Self {
        Self { behaviour, posts: Arc::default(), comments: json!({ "data": [] }) }
    }

    pub async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v25.0/{object}/{edge}", post(take).get(list)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    pub fn posts(&self) -> Vec<Value> {
        self.posts.lock().unwrap().clone()
    }
}

async fn take(State(platform): State<Platform>, Json(body): Json<Value>) -> impl IntoResponse {
    platform.posts.lock().unwrap().push(body);
    match platform.behaviour.clone() {
        Behaviour::Answer(status, body) => (status, body.to_string()),
        Behaviour::Garbage => (StatusCode::OK, "<html>".to_owned()),
        Behaviour::Hang => std::future::pending().await,
    }
}

async fn list(State(platform): State<Platform>) -> Json<Value> {
    Json(platform.comments)
}

/// A ledger that answers as it was told, and then yes.
#[derive(Default)]
pub struct Memory {
    pub begun: Mutex<Vec<u32>>,
    pub denies: Mutex<Vec<Denied>>,
}

#[async_trait::async_trait]
impl Ledger for Memory {
    async fn begin(&self, _: &Work, attempt: u32, content: PersonalContent, _: String) -> Result<(), Denied> {
        assert!(!content.text.is_empty() && content.address.is_some());
        self.begun.lock().unwrap().push(attempt);
        self.denies.lock().unwrap().pop().map_or(Ok(()), Err)
    }
}
