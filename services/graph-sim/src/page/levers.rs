//! What one makes go wrong, and the handshake on demand.

use super::refused::Refused;
use crate::{
    config::Subscription,
    faults::{Rigging, notation::Order},
    ids,
    outbox::Webhook,
    sim::Sim,
    state::State,
    tokens::{Product, TokenState},
};
use axum::{
    Json,
    extract::{Path, State as Of},
};
use segnalalo_kit::http;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// What Meta puts into one request at most.
const BATCH: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    state: TokenState,
    /// Both when none is named.
    product: Option<Product>,
    /// Until when they are good, as Meta tells it: seconds since 1970. Never, when it isn't given.
    #[serde(default)]
    expires_at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    to: Option<Product>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    to: Option<Product>,
    #[serde(default)]
    reversed: bool,
    /// As few requests as possible.
    #[serde(default)]
    batched: bool,
}

pub async fn faults(Of(sim): Of<Sim>) -> Json<Value> {
    sim.read(|state| Json(json!({"faults": state.faults.all()})))
}

pub async fn add_fault(Of(sim): Of<Sim>, Json(order): Json<Order>) -> Json<Value> {
    let id = sim.change(|state| state.faults.add(order.wanted, order.fault, order.times));
    Json(json!({ "id": id }))
}

pub async fn clear_faults(Of(sim): Of<Sim>) -> Json<Value> {
    Json(json!({"cleared": sim.change(|state| state.faults.clear(None))}))
}

pub async fn clear_fault(Of(sim): Of<Sim>, Path(id): Path<u64>) -> Result<Json<Value>, Refused> {
    let cleared = sim.change(|state| state.faults.clear(Some(id)));
    if cleared == 0 { Err(Refused::NotFound("fault")) } else { Ok(Json(json!({ "cleared": cleared }))) }
}

pub async fn tokens(Of(sim): Of<Sim>) -> Json<Value> {
    sim.read(|state| Json(json!(state.tokens)))
}

pub async fn set_token(Of(sim): Of<Sim>, Json(token): Json<Token>) -> Json<Value> {
    sim.change(|state| {
        state.tokens.set(token.product, token.state);
        state.tokens.set_expiry(token.expires_at);
        Json(json!(state.tokens))
    })
}

/// From now on webhooks wait.
pub async fn hold(Of(sim): Of<Sim>, Json(hold): Json<Hold>) -> Json<Value> {
    sim.change(|state| state.webhooks.hold(hold.to, true));
    Json(json!({"held": true}))
}

/// Those that waited are sent, and the next ones don't wait.
pub async fn release(Of(sim): Of<Sim>, Json(release): Json<Release>) -> Json<Value> {
    sim.change(|state| {
        state.webhooks.hold(release.to, false);
        let mut held = state.webhooks.let_go(release.to);
        if release.reversed {
            held.reverse();
        }
        let count = held.len();
        if release.batched {
            state.batch(&held);
        } else {
            state.release(held);
        }
        Json(json!({ "released": count }))
    })
}

impl State {
    /// One request for each subscriber, with all their entries.
    fn batch(&mut self, numbers: &[u64]) {
        let mut entries: BTreeMap<&str, (Product, Vec<Value>)> = BTreeMap::new();
        for webhook in numbers.iter().filter_map(|n| self.webhooks.get(*n)).map(|delivery| &delivery.webhook) {
            let name = match webhook.to {
                Product::Facebook => "facebook",
                Product::Whatsapp => "whatsapp",
            };
            let batch = entries.entry(name).or_insert_with(|| (webhook.to, Vec::new()));
            batch.1.extend(webhook.entries.iter().cloned());
        }
        for (name, (to, entries)) in entries {
            for chunk in entries.chunks(BATCH) {
                let about = format!("batch of {}", chunk.len());
                let mut webhook = Webhook::new(to, name, about, Value::Null);
                webhook.entries = chunk.to_vec();
                self.send(vec![webhook.now()], &Rigging::default());
            }
        }
        for n in numbers {
            self.settle(*n, true);
        }
    }
}

/// As when a webhook's address is set up in Meta's dashboard.
pub async fn handshake(Of(sim): Of<Sim>) -> Json<Value> {
    let (page, number) = sim.read(|state| (state.config.page.app.clone(), state.config.number.app.clone()));
    Json(json!({"facebook": shake(&page).await, "whatsapp": shake(&number).await}))
}

async fn shake(subscription: &Subscription) -> Value {
    let challenge = ids::challenge();
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.challenge", &challenge),
        ("hub.verify_token", subscription.verify_token.expose()),
    ];
    let request = http::client(HANDSHAKE_TIMEOUT).get(&subscription.callback_url).query(&query);
    let Ok(answer) = request.send().await else {
        return json!({"verified": false, "why": "no answer"});
    };
    let status = answer.status().as_u16();
    let echoed = answer.text().await.is_ok_and(|text| text == challenge);
    json!({"verified": status == 200 && echoed, "status": status, "challenge_echoed": echoed})
}
