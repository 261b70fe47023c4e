//! Public answers: comments of the page, and reading back what stands under a post or a comment.

use super::{
    error::Error,
    fields::{self, Fields},
    params::Params as _,
    perform::{Sent, perform},
    request::Request,
};
use crate::{
    ids,
    ledger::{Call, Channel},
    sim::Sim,
    state::State,
    time,
    world::{
        Change,
        people::Person,
        wall::{Comment, Photo},
    },
};
use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

/// What Meta shows unless asked for more.
pub const FIELDS: &str = "created_time,from,message";
const MESSAGE_AT_MOST: usize = 8_000;

pub async fn create(sim: &Sim, object: &str, request: &Request) -> Response {
    let message = request.params.text("message");
    let call = Call {
        channel: Channel::FacebookComment,
        to: object.to_owned(),
        in_thread: sim.read(|state| state.thread_of(object)),
        text: message.clone(),
        callback: None,
    };
    perform(sim, call, |state, call, _| {
        let attachment =
            ["attachment_url", "attachment_id", "source"].iter().any(|key| request.params.contains_key(*key));
        if message.trim().is_empty() && !attachment {
            return Err(Error::new(100, "(#100) Param message must be a non-empty string"));
        }
        if message.chars().count() > MESSAGE_AT_MOST {
            return Err(Error::new(100, "(#100) Param message is too long"));
        }
        state.meet_object(&call.to);
        let author = state.page();
        let comment = state.comment(&call.to, author, &message, None).ok_or_else(|| Error::unsupported(&call.to))?;
        Ok(Sent {
            provider_id: comment.id.clone(),
            answer: json!({"id": comment.id}),
            webhooks: vec![state.comment_changed(&comment, "add").now()],
        })
    })
    .await
}

pub fn list(sim: &Sim, object: &str, request: &Request) -> Result<Response, Error> {
    let fields = Fields::of(request, FIELDS);
    let all = request.params.text("filter") == "stream";
    let newest_first = request.params.text("order").starts_with("reverse");
    sim.read(|state| {
        let wall = &state.world.wall;
        let known = wall.find_post(object).is_some() || wall.find_comment(object).is_some();
        if !known && !state.may_exist(object) {
            return Err(Error::unsupported(object));
        }
        let mut comments: Vec<Value> = wall
            .comments_under(object, all)
            .into_iter()
            .map(|comment| fields.pick(&state.show_comment(comment)))
            .collect();
        if newest_first {
            comments.reverse();
        }
        Ok(Json(fields::page(request, &comments)).into_response())
    })
}

impl State {
    /// The post, or the root comment, under which an answer to this object stands.
    pub fn thread_of(&self, object: &str) -> String {
        let comment = self.world.wall.find_comment(object);
        let root = comment.map(|comment| self.world.wall.root_of(comment).id.clone());
        root.unwrap_or_else(|| object.to_owned())
    }

    pub fn page(&self) -> Person {
        Person { id: self.config.page.id.clone(), name: self.config.page.name.clone() }
    }

    /// Writes a comment. `None`: there is nothing to comment on.
    pub fn comment(&mut self, on: &str, author: Person, text: &str, photo: Option<Photo>) -> Option<Comment> {
        let wall = &self.world.wall;
        let post = match wall.find_comment(on) {
            Some(comment) => comment.post.clone(),
            None => wall.find_post(on)?.id.clone(),
        };
        let number = post.rsplit('_').next().unwrap_or_default().to_owned();
        let comment = Comment {
            id: format!("{number}_{}", ids::object()),
            post,
            parent: on.to_owned(),
            author,
            text: text.to_owned(),
            photo,
            at: self.now(),
            edited: None,
            hidden: false,
            removed: false,
        };
        self.record(Change::Commented(comment.clone()));
        Some(comment)
    }

    /// With every field that Meta would give.
    pub fn show_comment(&self, comment: &Comment) -> Value {
        let by_page = comment.author.id == self.config.page.id;
        let wall = &self.world.wall;
        let parent = wall.find_comment(&comment.parent);
        let replied = self.world.messenger.was_replied_privately(&comment.id);
        json!({
            "id": comment.id,
            "message": comment.text,
            "from": {"id": comment.author.id, "name": comment.author.name},
            "created_time": time::graph(comment.at),
            "parent": parent.map(|parent| json!({
                "id": parent.id,
                "message": parent.text,
                "from": {"id": parent.author.id, "name": parent.author.name},
                "created_time": time::graph(parent.at),
            })),
            "permalink_url": format!(
                "https://www.facebook.com/{}?comment_id={}",
                comment.post,
                comment.id.rsplit('_').next().unwrap_or_default(),
            ),
            "attachment": comment.photo.as_ref().map(|photo| json!({
                "type": "photo", "media": {"image": {"src": self.photo_url(photo)}}, "target": {"id": photo.id},
            })),
            "object": {"id": comment.post},
            "comment_count": wall.comments_under(&comment.id, false).len(),
            "can_comment": true,
            "can_hide": !by_page,
            "can_remove": true,
            "can_reply_privately": !by_page && !replied && time::within_hours(comment.at, self.now(), 7 * 24),
            "is_hidden": comment.hidden,
        })
    }
}
