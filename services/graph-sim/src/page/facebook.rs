//! What people do on the wall.

use super::refused::Refused;
use crate::{
    faults::Rigging,
    ids,
    ledger::Channel,
    outbox::Webhook,
    sim::Sim,
    state::State,
    world::{
        Change,
        media::Media,
        people::Person,
        wall::{Photo, Post},
    },
};
use axum::{
    Json,
    extract::{Path, State as Of},
};
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
    /// Of a comment: that which is replied to.
    parent: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByPage {
    #[serde(default)]
    text: String,
    photo: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edited {
    text: Option<String>,
    hidden: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colleague {
    /// Post or comment.
    thread: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reacted {
    on: String,
    author: String,
    /// Nothing: taken back.
    reaction: Option<String>,
}

pub async fn post(Of(sim): Of<Sim>, Json(written): Json<Written>) -> Done {
    sim.change(|state| {
        state.has_room()?;
        let author = state.citizen(&written.author)?;
        state.post(author, written.text, written.photo)
    })
}

pub async fn page_post(Of(sim): Of<Sim>, Json(written): Json<ByPage>) -> Done {
    sim.change(|state| {
        state.has_room()?;
        let author = state.page();
        state.post(author, written.text, written.photo)
    })
}

pub async fn comment(Of(sim): Of<Sim>, Path(post): Path<String>, Json(written): Json<Written>) -> Done {
    sim.change(|state| {
        state.has_room()?;
        let author = state.citizen(&written.author)?;
        let on = written.parent.unwrap_or(post);
        state.comment_by(&on, author, &written.text, written.photo)
    })
}

/// By hand, as the city's people do on the page itself: no app takes part in it.
pub async fn colleague(Of(sim): Of<Sim>, Json(said): Json<Colleague>) -> Done {
    sim.change(|state| {
        let page = state.page();
        state.comment_by(&said.thread, page, &said.text, None)
    })
}

/// Text, or whether it is hidden; of a post or a comment.
pub async fn edit(Of(sim): Of<Sim>, Path(id): Path<String>, Json(edited): Json<Edited>) -> Done {
    sim.change(|state| {
        state.has_room()?;
        let found = match (edited.text, edited.hidden) {
            (Some(text), None) => state.edit(&id, &text),
            (None, Some(hidden)) => state.hide(&id, hidden),
            _ => return Err(Refused::Bad("give text or hidden".to_owned())),
        };
        found.then(|| Json(json!({ "id": id }))).ok_or(Refused::NotFound("post or comment"))
    })
}

pub async fn remove(Of(sim): Of<Sim>, Path(id): Path<String>) -> Done {
    sim.change(|state| {
        let found = state.remove(&id);
        found.then(|| Json(json!({ "id": id }))).ok_or(Refused::NotFound("post or comment"))
    })
}

pub async fn react(Of(sim): Of<Sim>, Json(reacted): Json<Reacted>) -> Done {
    sim.change(|state| {
        let wall = &state.world.wall;
        if wall.find_post(&reacted.on).is_none() && wall.find_comment(&reacted.on).is_none() {
            return Err(Refused::NotFound("post or comment"));
        }
        let by = state.citizen(&reacted.author)?;
        let before = state.world.wall.reaction(&reacted.on, &by.id).map(str::to_owned);
        let (kind, verb) = match (reacted.reaction, before) {
            (Some(kind), None) => (Some(kind), "add"),
            (Some(kind), Some(_)) => (Some(kind), "edit"),
            (None, Some(_)) => (None, "remove"),
            (None, None) => return Ok(Json(json!({}))),
        };
        let webhook = state.reacted(&reacted.on, &by, kind.as_deref().unwrap_or("like"), verb);
        state.record(Change::Reacted { on: reacted.on, by: by.id, kind });
        state.send_for_citizen(Channel::FacebookComment, "", webhook);
        Ok(Json(json!({})))
    })
}

impl State {
    /// Before a citizen does anything.
    pub fn has_room(&self) -> Result<(), Refused> {
        if self.webhooks.is_full() { Err(Refused::Busy) } else { Ok(()) }
    }

    /// Known by name; met when new.
    pub fn citizen(&mut self, name: &str) -> Result<Person, Refused> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Refused::Bad("author: who?".to_owned()));
        }
        if let Some(known) = self.world.people.named(name) {
            return Ok(known.clone());
        }
        let person = Person { id: ids::person(), name: name.to_owned() };
        self.record(Change::PersonMet(person.clone()));
        Ok(person)
    }

    /// A sample by its name, or what a data URL holds.
    pub fn keep_media(&mut self, source: &str) -> Result<Media, Refused> {
        let media = Media::sample(ids::media(), source)
            .or_else(|| Media::from_data_url(ids::media(), source))
            .ok_or_else(|| Refused::Bad("neither a sample nor a data URL in base64".to_owned()))?;
        self.record(Change::MediaStored(media.clone()));
        Ok(media)
    }

    fn keep_photo(&mut self, source: Option<String>) -> Result<Option<Photo>, Refused> {
        let Some(source) = source else { return Ok(None) };
        let media = self.keep_media(&source)?.id;
        Ok(Some(Photo { id: ids::object(), media }))
    }

    fn post(&mut self, author: Person, text: String, photo: Option<String>) -> Done {
        if text.trim().is_empty() && photo.is_none() {
            return Err(Refused::Bad("text: nothing to post".to_owned()));
        }
        let post = Post {
            id: format!("{}_{}", self.config.page.id, ids::object()),
            author,
            text,
            photo: self.keep_photo(photo)?,
            at: self.now(),
            edited: None,
            hidden: false,
            removed: false,
        };
        self.record(Change::Posted(post.clone()));
        let webhook = self.post_added(&post);
        self.send_for_citizen(Channel::FacebookComment, &post.text, webhook);
        Ok(Json(json!({"id": post.id, "author_id": post.author.id})))
    }

    fn comment_by(&mut self, on: &str, author: Person, text: &str, photo: Option<String>) -> Done {
        if text.trim().is_empty() && photo.is_none() {
            return Err(Refused::Bad("text: nothing to comment".to_owned()));
        }
        let photo = self.keep_photo(photo)?;
        let comment = self.comment(on, author, text, photo).ok_or(Refused::NotFound("post or comment"))?;
        let webhook = self.comment_changed(&comment, "add");
        self.send_for_citizen(Channel::FacebookComment, text, webhook);
        Ok(Json(json!({"id": comment.id, "author_id": comment.author.id, "post_id": comment.post})))
    }

    /// With what a fault may want of it.
    pub fn send_for_citizen(&mut self, channel: Channel, text: &str, webhook: Webhook) {
        let rigging: Rigging = self.faults.take_for_citizen(channel, text);
        self.send(vec![webhook.now()], &rigging);
    }
}
