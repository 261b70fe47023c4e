//! What people send from their phones.

use super::refused::Refused;
use crate::{
    ids,
    ledger::Channel,
    sim::Sim,
    state::State,
    world::{
        Change, Side,
        chat::{Contact, Message, Status},
    },
};
use axum::{Json, extract::State as Of};
use serde::Deserialize;
use serde_json::{Value, json};

/// Who, and one of the contents.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// A phone number, however it is written.
    from: String,
    #[serde(default)]
    name: String,
    /// He adopted a username: the city sees his business-scoped id only.
    #[serde(default)]
    hide_number: bool,
    text: Option<String>,
    /// These three: a sample's name, a data URL, or `true` for some sample.
    image: Option<Value>,
    audio: Option<Value>,
    document: Option<Value>,
    /// Of image or document.
    #[serde(default)]
    caption: String,
    location: Option<Location>,
    /// What it would have been: `edit`, `poll`, …
    unsupported: Option<String>,
    /// `wamid` of the message that is answered.
    reply_to: Option<String>,
    /// Instead: the message as Meta sends it, `{"type": "order", "order": {…}}`.
    raw: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Location {
    latitude: f64,
    longitude: f64,
    name: Option<String>,
    address: Option<String>,
}

/// A message's content: as the webhook says it, and as the page shows it.
struct Content {
    kind: String,
    said: Value,
    text: String,
    media: Option<String>,
    place: Option<(f64, f64)>,
}

pub async fn write(Of(sim): Of<Sim>, Json(written): Json<Written>) -> Result<Json<Value>, Refused> {
    sim.change(|state| {
        state.has_room()?;
        let contact = state.phone(&written)?;
        let reply_to = written.reply_to.clone();
        let mut content = state.content(written)?;
        if let Some(id) = reply_to {
            content.said["context"] = json!({"from": state.config.number.display, "id": id});
        }
        let message = Message {
            id: ids::wamid(&contact.phone),
            with: contact.phone.clone(),
            from: Side::Citizen,
            kind: content.kind,
            text: content.text,
            media: content.media,
            place: content.place,
            at: state.now(),
            status: Status::Sent,
            callback: None,
        };
        state.record(Change::ChatMessage(message.clone()));
        let webhook = state.chat_message_received(&message, content.said);
        state.send_for_citizen(Channel::Whatsapp, &message.text, webhook);
        Ok(Json(json!({"id": message.id, "phone": contact.phone, "user_id": contact.user_id})))
    })
}

impl State {
    /// Whose phone it is, as he calls himself now.
    fn phone(&mut self, written: &Written) -> Result<Contact, Refused> {
        let phone: String = written.from.chars().filter(char::is_ascii_digit).collect();
        if !(7..=15).contains(&phone.len()) {
            return Err(Refused::Bad("from: a phone number with its country code".to_owned()));
        }
        let known = self.world.whatsapp.contact(&phone);
        let name = Some(written.name.trim()).filter(|name| !name.is_empty());
        let contact = Contact {
            name: name.map(str::to_owned).or_else(|| Some(known?.name.clone())).unwrap_or_else(|| phone.clone()),
            user_id: known.map_or_else(|| ids::business_scoped(&phone), |known| known.user_id.clone()),
            hides_number: written.hide_number,
            phone,
        };
        self.record(Change::ContactMet(contact.clone()));
        Ok(contact)
    }

    fn content(&mut self, written: Written) -> Result<Content, Refused> {
        if let Some(text) = written.text.filter(|text| !text.trim().is_empty()) {
            return Ok(Content::new("text", json!({"body": text}), text));
        }
        let media = [
            ("image", written.image, "buca"),
            ("audio", written.audio, "voce"),
            ("document", written.document, "modulo"),
        ];
        for (kind, source, sample) in media {
            if let Some(source) = source.filter(|source| *source != false && !source.is_null()) {
                return self.media_content(kind, source.as_str().unwrap_or(sample), written.caption);
            }
        }
        if let Some(location) = written.location {
            return Ok(location.content());
        }
        if let Some(kind) = written.unsupported {
            return Ok(unsupported(&kind));
        }
        let raw = written.raw.ok_or_else(|| Refused::Bad("text: nothing to send".to_owned()))?;
        let kind = raw["type"].as_str().unwrap_or("unsupported").to_owned();
        Ok(Content { text: format!("[{kind}]"), kind, said: raw, media: None, place: None })
    }

    fn media_content(&mut self, kind: &str, source: &str, caption: String) -> Result<Content, Refused> {
        let media = self.keep_media(source)?;
        let mut said = json!({"id": media.id, "mime_type": media.mime_type, "sha256": media.sha256()});
        match kind {
            "audio" => said["voice"] = json!(true),
            "document" => said["filename"] = json!("modulo.pdf"),
            _ => {}
        }
        if !caption.is_empty() {
            said["caption"] = json!(caption);
        }
        let mut content = Content::new(kind, said, caption);
        content.media = Some(media.id);
        Ok(content)
    }
}

impl Content {
    fn new(kind: &str, object: Value, text: String) -> Self {
        Self { kind: kind.to_owned(), said: json!({"type": kind, kind: object}), text, media: None, place: None }
    }
}

impl Location {
    fn content(self) -> Content {
        let mut object = json!({"latitude": self.latitude, "longitude": self.longitude});
        let text = [self.name.as_deref(), self.address.as_deref()];
        let text = text.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if let Some(name) = self.name {
            object["name"] = json!(name);
        }
        if let Some(address) = self.address {
            object["address"] = json!(address);
        }
        let mut content = Content::new("location", object, text);
        content.place = Some((self.latitude, self.longitude));
        content
    }
}

fn unsupported(kind: &str) -> Content {
    let error = json!({
        "code": 131_051,
        "title": "Message type unknown",
        "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."},
    });
    let mut content = Content::new("unsupported", json!({"type": kind}), format!("[{kind}]"));
    content.said["errors"] = json!([error]);
    content
}
