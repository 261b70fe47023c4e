//! The page where one plays the citizen, and its API, which tests use as well: what citizens do, what is to be seen, and
//! the levers for faults. Nothing here is of Meta's; all of it lies under `/_sim`.

pub mod assets;
pub mod clock;
pub mod facebook;
pub mod levers;
pub mod messenger;
pub mod refused;
pub mod stream;
pub mod view;
pub mod whatsapp;

use crate::sim::Sim;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{delete, get, post},
};

/// A photograph as a data URL.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

pub fn router(sim: Sim) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/_sim/assets/{name}", get(assets::asset))
        .route("/_sim/photos/{media}", get(assets::photo))
        .route("/_sim/state", get(view::state))
        .route("/_sim/stream", get(stream::stream))
        .route("/_sim/ledger", get(view::ledger))
        .route("/_sim/webhooks", get(view::webhooks))
        .merge(citizens())
        .merge(levers())
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(sim)
}

/// What citizens do, and the page's people by hand.
fn citizens() -> Router<Sim> {
    Router::new()
        .route("/_sim/facebook/posts", post(facebook::post))
        .route("/_sim/facebook/page-posts", post(facebook::page_post))
        .route("/_sim/facebook/posts/{id}/comments", post(facebook::comment))
        .route("/_sim/facebook/posts/{id}", post(facebook::edit).delete(facebook::remove))
        .route("/_sim/facebook/comments/{id}", post(facebook::edit).delete(facebook::remove))
        .route("/_sim/facebook/colleague", post(facebook::colleague))
        .route("/_sim/facebook/reactions", post(facebook::react))
        .route("/_sim/messenger/messages", post(messenger::write))
        .route("/_sim/messenger/colleague", post(messenger::colleague))
        .route("/_sim/whatsapp/messages", post(whatsapp::write))
}

fn levers() -> Router<Sim> {
    Router::new()
        .route("/_sim/faults", get(levers::faults).post(levers::add_fault).delete(levers::clear_faults))
        .route("/_sim/faults/{id}", delete(levers::clear_fault))
        .route("/_sim/token", get(levers::tokens).post(levers::set_token))
        .route("/_sim/webhooks/hold", post(levers::hold))
        .route("/_sim/webhooks/release", post(levers::release))
        .route("/_sim/clock", get(clock::show).post(clock::advance))
        .route("/_sim/handshake", post(levers::handshake))
}
