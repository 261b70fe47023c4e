//! Single objects: reading them, editing and hiding and deleting comments; and the page's feed, by which one catches up
//! on what webhooks didn't bring.

use super::{
    comments,
    error::Error,
    fields::{self, Fields},
    media,
    params::Params as _,
    request::Request,
};
use crate::{
    faults::Rigging,
    outbox::{Webhook, feed::permalink},
    sim::Sim,
    state::State,
    time,
    world::{
        Change,
        wall::{Comment, Post},
    },
};
use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub fn read(sim: &Sim, object: &str, request: &Request) -> Result<Response, Error> {
    if let Some(metadata) = media::describe(sim, object, request) {
        return Ok(metadata);
    }
    sim.read(|state| {
        let (whole, default) = state.show(object).ok_or_else(|| Error::unsupported(object))?;
        Ok(Json(Fields::of(request, default).pick(&whole)).into_response())
    })
}

/// `message` edits, `is_hidden` hides; only comments, and only the page's own can be edited.
pub fn update(sim: &Sim, object: &str, request: &Request) -> Result<Response, Error> {
    sim.change(|state| {
        let comment = state.world.wall.find_comment(object).ok_or_else(|| Error::unsupported(object))?;
        let by_page = comment.author.id == state.config.page.id;
        let message = request.params.text("message");
        match request.params.flag("is_hidden") {
            Some(_) if by_page => return Err(Error::new(200, "(#200) You can't hide your own comment")),
            Some(hidden) => state.hide(object, hidden),
            None if message.is_empty() => return Err(Error::new(100, "(#100) No changes were given")),
            None if !by_page => return Err(Error::new(200, "(#200) Permissions error")),
            None => state.edit(object, &message),
        };
        Ok(Json(json!({"success": true})).into_response())
    })
}

pub fn delete(sim: &Sim, object: &str) -> Result<Response, Error> {
    sim.change(|state| {
        if state.world.media.get(object).is_some() {
            state.record(Change::MediaDeleted { id: object.to_owned() });
        } else if !state.remove(object) {
            return Err(Error::unsupported(object));
        }
        Ok(Json(json!({"success": true})).into_response())
    })
}

/// Newest first.
pub fn feed(sim: &Sim, object: &str, edge: &str, request: &Request) -> Result<Response, Error> {
    let fields = Fields::of(request, "created_time,message");
    let bound = |name: &str| instant(&request.params.text(name));
    let (since, until) = (bound("since"), bound("until"));
    sim.read(|state| {
        let page = &state.config.page.id;
        if object != page && object != "me" {
            return Err(Error::unsupported(object));
        }
        let wanted = |post: &&Post| match edge {
            "visitor_posts" => post.author.id != *page,
            "posts" | "published_posts" => post.author.id == *page,
            _ => true,
        };
        let posts: Vec<Value> = state
            .world
            .wall
            .posts()
            .filter(wanted)
            .filter(|post| since.is_none_or(|since| post.at >= since) && until.is_none_or(|until| post.at <= until))
            .map(|post| fields.pick(&state.show_post(post, &fields)))
            .collect();
        Ok(Json(fields::page(request, &posts)).into_response())
    })
}

/// Seconds, or RFC 3339.
fn instant(text: &str) -> Option<Timestamp> {
    let seconds = text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.or_else(|| text.parse().ok())
}

impl State {
    /// The whole object, and the fields that are shown unasked.
    fn show(&self, object: &str) -> Option<(Value, &'static str)> {
        let (page, number, wall) = (&self.config.page, &self.config.number, &self.world.wall);
        if object == page.id || object == "me" {
            return Some((json!({"id": page.id, "name": page.name}), "id,name"));
        }
        if object == number.id {
            let shown = json!({
                "id": number.id,
                "display_phone_number": number.display,
                "verified_name": page.name,
                "quality_rating": "GREEN",
                "status": "CONNECTED",
                "name_status": "APPROVED",
                "code_verification_status": "VERIFIED",
                "platform_type": "CLOUD_API",
            });
            return Some((shown, ""));
        }
        if let Some(person) = self.world.people.get(object) {
            let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
            let shown = json!({"id": person.id, "name": person.name, "first_name": first, "last_name": last});
            return Some((shown, "first_name,last_name"));
        }
        if let Some(comment) = wall.find_comment(object) {
            return Some((self.show_comment(comment), comments::FIELDS));
        }
        let all = Fields::default();
        wall.find_post(object).map(|post| (self.show_post(post, &all), "created_time,message"))
    }

    /// Its comments only when they are asked for.
    fn show_post(&self, post: &Post, fields: &Fields) -> Value {
        let mut shown = json!({
            "id": post.id,
            "message": post.text,
            "from": {"id": post.author.id, "name": post.author.name},
            "created_time": time::graph(post.at),
            "updated_time": time::graph(post.edited.unwrap_or(post.at)),
            "permalink_url": permalink(&self.config.page, &post.id),
            "full_picture": post.photo.as_ref().map(|photo| self.photo_url(photo)),
            "is_hidden": post.hidden,
            "is_published": true,
        });
        if fields.wants("comments") {
            let comments = self.world.wall.comments_under(&post.id, true);
            let comments: Vec<Value> = comments.into_iter().map(|comment| self.show_comment(comment)).collect();
            shown["comments"] = json!({ "data": comments });
        }
        shown
    }

    /// A post or a comment. Whether there was one.
    pub fn edit(&mut self, id: &str, text: &str) -> bool {
        let (id, text, at) = (id.to_owned(), text.to_owned(), self.now());
        self.alter(&id.clone(), Change::TextEdited { id, text, at }, "edited")
    }

    /// A post or a comment. Whether there was one.
    pub fn hide(&mut self, id: &str, hidden: bool) -> bool {
        let verb = if hidden { "hide" } else { "unhide" };
        let id = id.to_owned();
        self.alter(&id.clone(), Change::Hidden { id, hidden }, verb)
    }

    /// A post or a comment. Whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(webhook) = self.told(id, "remove") else { return false };
        self.record(Change::Removed { id: id.to_owned() });
        self.send(vec![webhook.now()], &Rigging::default());
        true
    }

    fn alter(&mut self, id: &str, change: Change, verb: &str) -> bool {
        self.record(change);
        let Some(webhook) = self.told(id, verb) else { return false };
        self.send(vec![webhook.now()], &Rigging::default());
        true
    }

    /// What the subscriber hears of it.
    fn told(&self, id: &str, verb: &str) -> Option<Webhook> {
        let wall = &self.world.wall;
        let comment = |comment: &Comment| match verb {
            "remove" => self.comment_removed(comment),
            verb => self.comment_changed(comment, verb),
        };
        let post = |post: &Post| match verb {
            "edited" => self.post_edited(post),
            verb => self.post_moderated(post, verb),
        };
        wall.find_comment(id).map(comment).or_else(|| wall.find_post(id).map(post))
    }
}
