//! What people write on Messenger.

use super::refused::Refused;
use crate::{
    faults::Rigging,
    ids,
    ledger::Channel,
    sim::Sim,
    world::{Change, Side, thread::Message},
};
use axum::{Json, extract::State as Of};
use serde::Deserialize;
use serde_json::{Value, json};

type Done = Result<Json<Value>, Refused>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    author: String,
    #[serde(default)]
    text: String,
    /// A sample's name, or a data URL.
    photo: Option<String>,
    /// Instead of text: the event as Meta sends it, `{"postback": {…}}`.
    raw: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    /// Whom it is written to.
    author: String,
    text: String,
}

pub async fn write(Of(sim): Of<Sim>, Json(written): Json<Written>) -> Done {
    sim.change(|state| {
        state.has_room()?;
        let person = state.citizen(&written.author)?;
        if let Some(event) = written.raw {
            let webhook = state.messaging(&person.id, "event", true, state.now(), event);
            state.send_for_citizen(Channel::Messenger, "", webhook);
            return Ok(Json(json!({"author_id": person.id})));
        }
        if written.text.trim().is_empty() && written.photo.is_none() {
            return Err(Refused::Bad("text: nothing to send".to_owned()));
        }
        let media = written.photo.map(|photo| state.keep_media(&photo)).transpose()?;
        let message = Message {
            mid: ids::mid(),
            with: person.id.clone(),
            from: Side::Citizen,
            text: written.text,
            media: media.map(|media| media.id),
            at: state.now(),
        };
        state.record(Change::ThreadMessage(message.clone()));
        let webhook = state.message_received(&message);
        state.send_for_citizen(Channel::Messenger, &message.text, webhook);
        Ok(Json(json!({"id": message.mid, "author_id": person.id})))
    })
}

/// From the page's inbox: the subscriber hears it as an echo of another app.
pub async fn colleague(Of(sim): Of<Sim>, Json(said): Json<ByHand>) -> Done {
    sim.change(|state| {
        let person = state.citizen(&said.author)?;
        let message = Message {
            mid: ids::mid(),
            with: person.id,
            from: Side::City,
            text: said.text,
            media: None,
            at: state.now(),
        };
        state.record(Change::ThreadMessage(message.clone()));
        let webhook = state.message_echoed(&message, false, None);
        state.send(vec![webhook.now()], &Rigging::default());
        Ok(Json(json!({"id": message.mid})))
    })
}
