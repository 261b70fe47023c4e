//! As much of the Graph API as the notifier needs: it notes every POST, and then does what it was told.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It takes the message, but the answer gets lost.
    TakesAndIsSilent,
    /// It doesn't take the message, and that gets lost too.
    LosesIt,
    /// So many requests that it takes no more for now.
    Refuses(i64),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Post, comment, page or number.
    pub object: String,
    pub body: Value,
}

impl Post {
    pub fn text(&self) -> &str {
        let body = &self.body;
        let text = body["text"]["body"].as_str().or(body["message"]["text"].as_str()).or(body["message"].as_str());
        text.unwrap_or_default()
    }
}

#[derive(Clone, Default)]
pub struct Platform {
    pub url: String,
    posts: Arc<Mutex<Vec<Post>>>,
    /// What it took, as the threads show it.
    shown: Arc<Mutex<Vec<Post>>>,
    moods: Arc<Mutex<VecDeque<Mood>>>,
}

impl Platform {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let platform = Self { url, ..Self::default() };
        let router = Router::new().route("/v25.0/{object}/{edge}", post(take).get(list)).with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        platform
    }

    /// What it does with the next POSTs, before it behaves again.
    pub fn will(&self, moods: impl IntoIterator<Item = Mood>) {
        self.moods.lock().unwrap().extend(moods);
    }

    /// Every POST, in order.
    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }
}

async fn take(
    State(platform): State<Platform>,
    Path((object, edge)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> (StatusCode, String) {
    let post = Post { object, body };
    let n = {
        let mut posts = platform.posts.lock().unwrap();
        posts.push(post.clone());
        posts.len()
    };
    let mood = platform.moods.lock().unwrap().pop_front();
    if matches!(mood, None | Some(Mood::TakesAndIsSilent)) {
        platform.shown.lock().unwrap().push(post.clone());
    }
    match mood {
        Some(Mood::TakesAndIsSilent | Mood::LosesIt) => (StatusCode::BAD_GATEWAY, "<html>".to_owned()),
        Some(Mood::Refuses(code)) => (StatusCode::BAD_REQUEST, json!({ "error": { "code": code } }).to_string()),
        None if edge == "comments" => (StatusCode::OK, json!({ "id": format!("7_{n}") }).to_string()),
        None if post.body["messaging_product"] == "whatsapp" => {
            (StatusCode::OK, json!({ "messages": [{ "id": format!("wamid.{n}") }] }).to_string())
        }
        None => (StatusCode::OK, json!({ "message_id": format!("m_{n}") }).to_string()),
    }
}

async fn list(State(platform): State<Platform>, Path((object, _)): Path<(String, String)>) -> Json<Value> {
    let shown = platform.shown.lock().unwrap();
    let comments = shown.iter().enumerate().filter(|(_, post)| post.object == object).map(
        |(n, post)| json!({ "id": format!("7_{n}"), "message": post.text(), "from": { "id": super::city::PAGE } }),
    );
    Json(json!({ "data": comments.collect::<Vec<_>>() }))
}
