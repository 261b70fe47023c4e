//! WhatsApp media: uploading, and the two steps of a download, whose address is good for five minutes and asks for the
//! token again.

use super::{error::Error, params::Params as _, request::Request};
use crate::{
    ids,
    sim::Sim,
    state::State as Everything,
    world::{Change, media::Media},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;

const GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Addresses that were given out: which media, and until when.
#[derive(Debug, Default)]
pub struct Downloads {
    tickets: BTreeMap<String, (String, Timestamp)>,
}

impl Downloads {
    pub fn grant(&mut self, media: &str, now: Timestamp) -> String {
        self.tickets.retain(|_, (_, until)| *until > now);
        let ticket = ids::ticket();
        self.tickets.insert(ticket.clone(), (media.to_owned(), now + GOOD_FOR));
        ticket
    }

    fn media(&self, ticket: &str, now: Timestamp) -> Option<&str> {
        let (media, until) = self.tickets.get(ticket)?;
        (*until > now).then_some(media)
    }
}

impl Everything {
    /// Digits that are nobody's: perhaps media of somebody else's webhooks. They aren't there, whatever the token.
    pub fn is_unknown_media(&self, object: &str) -> bool {
        let (page, number) = (&self.config.page, &self.config.number);
        let digits = object.bytes().all(|byte| byte.is_ascii_digit());
        let known = [&page.id, &number.id, &number.account].into_iter().any(|id| id == object);
        digits && !known && self.world.people.get(object).is_none()
    }
}

pub fn upload(sim: &Sim, request: Request) -> Result<Response, Error> {
    if request.params.text("messaging_product") != "whatsapp" {
        return Err(Error::new(100, "(#100) The parameter messaging_product is required."));
    }
    let Some(file) = request.file else {
        return Err(Error::new(100, "(#100) The parameter file is required."));
    };
    let id = ids::media();
    let media = Media { id: id.clone(), mime_type: file.mime_type, bytes: file.bytes.into() };
    sim.change(|state| state.record(Change::MediaStored(media)));
    Ok(Json(json!({ "id": id })).into_response())
}

/// `None`: it is no media.
pub fn describe(sim: &Sim, id: &str, request: &Request) -> Option<Response> {
    sim.read(|state| state.world.media.get(id).map(|_| ()))?;
    sim.change(|state| {
        let ticket = state.downloads.grant(id, state.clock.now());
        let media = state.world.media.get(id)?;
        let url = format!("{}/lookaside/whatsapp_business/attachments/?mid={id}&hash={ticket}", request.base_url);
        let described = json!({
            "messaging_product": "whatsapp",
            "url": url,
            "mime_type": media.mime_type,
            "sha256": media.sha256_hex(),
            "file_size": media.bytes.len().to_string(),
            "id": id,
        });
        Some(Json(described).into_response())
    })
}

/// The bytes, for who has the token and came in time.
pub async fn download(State(sim): State<Sim>, request: Request) -> Response {
    let ticket = request.params.text("hash");
    sim.read(|state| {
        if request.token.as_deref() != Some(state.config.number.token.expose()) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let media = state.downloads.media(&ticket, state.now()).and_then(|id| state.world.media.get(id));
        match media {
            Some(media) => ([(header::CONTENT_TYPE, media.mime_type.clone())], media.bytes.to_vec()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    })
}
