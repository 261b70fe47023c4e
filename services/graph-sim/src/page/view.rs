//! What there is to see: the wall, the chats, the ledger, the webhooks.

use crate::{
    outbox::book::{Delivery, Progress},
    sim::Sim,
    state::State,
    world::{
        chat,
        people::Person,
        thread,
        wall::{Comment, Photo, Post},
    },
};
use axum::{
    Json,
    extract::{Query, State as Of},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The newest, on the page.
const POSTS: usize = 40;
/// The newest of each chat.
const MESSAGES: usize = 200;
const WEBHOOKS: usize = 500;

#[derive(Deserialize)]
pub struct Asked {
    /// Their bodies too.
    #[serde(default)]
    body: bool,
    limit: Option<usize>,
}

/// `{"accepted": […], "refused": […]}`
pub async fn ledger(Of(sim): Of<Sim>) -> Json<Value> {
    sim.read(|state| Json(json!(state.ledger)))
}

/// Newest first.
pub async fn webhooks(Of(sim): Of<Sim>, Query(asked): Query<Asked>) -> Json<Value> {
    sim.read(|state| {
        let newest = state.webhooks.all().rev().take(asked.limit.unwrap_or(WEBHOOKS));
        let shown: Vec<Value> = newest.map(|(n, delivery)| show_delivery(n, delivery, asked.body)).collect();
        Json(json!({"webhooks": shown, "counts": counts(state)}))
    })
}

pub async fn state(Of(sim): Of<Sim>) -> Json<Value> {
    sim.read(|state| {
        let wall: Vec<Value> = state.world.wall.posts().take(POSTS).map(|post| show_post(state, post)).collect();
        let chats: Vec<Value> = state.world.whatsapp.all().map(|(phone, chat)| show_chat(state, phone, chat)).collect();
        let threads = state.world.messenger.all();
        let threads: Vec<Value> = threads.map(|(person, thread)| show_thread(state, person, thread)).collect();
        Json(json!({
            "now": state.now(),
            "clock_moves": state.lever.is_some(),
            "page": state.page(),
            "number": state.config.number.display,
            "wall": wall,
            "chats": chats,
            "threads": threads,
            "webhooks": counts(state),
            "ledger": {"accepted": state.ledger.accepted.len(), "refused": state.ledger.refused.len()},
            "faults": state.faults.all().len(),
        }))
    })
}

fn counts(state: &State) -> Value {
    let count = |progress| state.webhooks.with(progress).count();
    json!({
        "pending": count(Progress::Pending),
        "held": count(Progress::Held),
        "delivered": count(Progress::Delivered),
        "given_up": count(Progress::GivenUp),
    })
}

fn show_delivery(n: u64, delivery: &Delivery, body: bool) -> Value {
    let webhook = &delivery.webhook;
    let mut shown = json!({
        "n": n,
        "to": webhook.to,
        "about": webhook.about,
        "queued_at": delivery.queued_at,
        "progress": delivery.progress,
        "attempts": delivery.attempts,
    });
    if body {
        shown["entries"] = json!(webhook.entries);
    }
    shown
}

fn show_person(state: &State, person: &Person) -> Value {
    json!({"id": person.id, "name": person.name, "is_page": person.id == state.config.page.id})
}

fn photo_path(photo: Option<&Photo>) -> Option<String> {
    photo.map(|photo| format!("/_sim/photos/{}", photo.media))
}

fn show_post(state: &State, post: &Post) -> Value {
    let wall = &state.world.wall;
    let comments = wall.comments_under(&post.id, false);
    let comments: Vec<Value> = comments.into_iter().map(|comment| show_comment(state, comment, true)).collect();
    json!({
        "id": post.id,
        "author": show_person(state, &post.author),
        "text": post.text,
        "photo": photo_path(post.photo.as_ref()),
        "at": post.at,
        "edited": post.edited.is_some(),
        "hidden": post.hidden,
        "reactions": wall.reactions(&post.id),
        "comments": comments,
    })
}

/// The page has two levels: whatever is deeper stands on the second.
fn show_comment(state: &State, comment: &Comment, with_replies: bool) -> Value {
    let wall = &state.world.wall;
    let replies = if with_replies { wall.comments_under(&comment.id, true) } else { Vec::new() };
    let replies: Vec<Value> = replies.into_iter().map(|reply| show_comment(state, reply, false)).collect();
    json!({
        "id": comment.id,
        "author": show_person(state, &comment.author),
        "text": comment.text,
        "photo": photo_path(comment.photo.as_ref()),
        "at": comment.at,
        "edited": comment.edited.is_some(),
        "hidden": comment.hidden,
        "reactions": wall.reactions(&comment.id),
        "replies": replies,
    })
}

fn show_chat(state: &State, phone: &str, chat: &[chat::Message]) -> Value {
    let contact = state.world.whatsapp.contact(phone);
    let newest = &chat[chat.len().saturating_sub(MESSAGES)..];
    let messages: Vec<Value> = newest
        .iter()
        .map(|message| {
            json!({
                "id": message.id,
                "from": message.from,
                "kind": message.kind,
                "text": message.text,
                "media": message.media.as_ref().map(|media| format!("/_sim/photos/{media}")),
                "place": message.place,
                "at": message.at,
                "status": message.status,
            })
        })
        .collect();
    json!({"phone": phone, "name": contact.map(|contact| &contact.name), "messages": messages})
}

fn show_thread(state: &State, person: &str, thread: &[thread::Message]) -> Value {
    let name = state.world.people.get(person).map(|person| &person.name);
    let newest = &thread[thread.len().saturating_sub(MESSAGES)..];
    let messages: Vec<Value> = newest
        .iter()
        .map(|message| {
            json!({
                "id": message.mid,
                "from": message.from,
                "text": message.text,
                "media": message.media.as_ref().map(|media| format!("/_sim/photos/{media}")),
                "at": message.at,
            })
        })
        .collect();
    json!({"person": person, "name": name, "messages": messages})
}
