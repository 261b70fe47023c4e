//! What the page's subscriber hears of the wall: `changes[]` of the field `feed`.

use super::Webhook;
use crate::{
    config::Page,
    state::State,
    time,
    tokens::Product,
    world::{
        people::Person,
        wall::{Comment, Photo, Post},
    },
};
use serde_json::{Value, json};

impl State {
    pub fn post_added(&self, post: &Post) -> Webhook {
        let by_page = post.author.id == self.config.page.id;
        let mut value = json!({
            "from": from(&post.author),
            "post_id": post.id,
            "created_time": post.at.as_second(),
            "verb": "add",
        });
        put_text(&mut value, &post.text);
        match (&post.photo, by_page) {
            (Some(photo), _) => {
                value["item"] = json!("photo");
                value["photo_id"] = json!(photo.id);
                value["link"] = json!(self.photo_url(photo));
                value["published"] = json!(1);
            }
            (None, true) => {
                value["item"] = json!("status");
                value["published"] = json!(1);
            }
            (None, false) => {
                value["item"] = json!("post");
                value["is_hidden"] = json!(false);
            }
        }
        self.feed(&post.id, value)
    }

    pub fn post_edited(&self, post: &Post) -> Webhook {
        let by_page = post.author.id == self.config.page.id;
        let (item, verb) = match (&post.photo, by_page) {
            (Some(_), _) => ("photo", "edited"),
            (None, true) => ("status", "edited"),
            (None, false) => ("post", "edit"),
        };
        let mut value = json!({
            "from": from(&post.author),
            "post_id": post.id,
            "created_time": post.edited.unwrap_or(post.at).as_second(),
            "item": item,
            "verb": verb,
        });
        if item == "post" {
            value["recipient_id"] = json!(self.config.page.id);
        }
        put_text(&mut value, &post.text);
        self.feed(&post.id, value)
    }

    /// `hide`, `unhide` or `remove`.
    pub fn post_moderated(&self, post: &Post, verb: &str) -> Webhook {
        let value = json!({
            "from": from(&post.author),
            "post_id": post.id,
            "created_time": self.now().as_second(),
            "item": "post",
            "recipient_id": self.config.page.id,
            "verb": verb,
        });
        self.feed(&post.id, value)
    }

    /// `add`, `edited`, `hide` or `unhide`.
    pub fn comment_changed(&self, comment: &Comment, verb: &str) -> Webhook {
        let mut value = json!({
            "from": from(&comment.author),
            "post": self.post_of(comment),
            "post_id": comment.post,
            "comment_id": comment.id,
            "parent_id": comment.parent,
            "created_time": comment.edited.filter(|_| verb == "edited").unwrap_or(comment.at).as_second(),
            "item": "comment",
            "verb": verb,
        });
        put_text(&mut value, &comment.text);
        if let Some(photo) = &comment.photo {
            value["photo"] = json!(self.photo_url(photo));
        }
        self.feed(&comment.post, value)
    }

    pub fn comment_removed(&self, comment: &Comment) -> Webhook {
        let value = json!({
            "from": from(&comment.author),
            "post_id": comment.post,
            "comment_id": comment.id,
            "parent_id": comment.parent,
            "item": "comment",
            "verb": "remove",
        });
        self.feed(&comment.post, value)
    }

    /// To a post, or to a comment.
    pub fn reacted(&self, on: &str, by: &Person, kind: &str, verb: &str) -> Webhook {
        let comment = self.world.wall.find_comment(on);
        let post = comment.map_or(on, |comment| &comment.post);
        let mut value = json!({
            "from": from(by),
            "post_id": post,
            "parent_id": comment.map_or(post, |comment| &comment.parent),
            "created_time": self.now().as_second(),
            "item": "reaction",
            "reaction_type": kind,
            "verb": verb,
        });
        if let Some(comment) = comment {
            value["comment_id"] = json!(comment.id);
        }
        self.feed(post, value)
    }

    fn feed(&self, post: &str, value: Value) -> Webhook {
        let word = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let about = format!("{} {}", word("item"), word("verb"));
        let entry = json!({
            "id": self.config.page.id,
            "time": self.now().as_second(),
            "changes": [{"field": "feed", "value": value}],
        });
        Webhook::new(Product::Facebook, post, about, entry)
    }

    fn post_of(&self, comment: &Comment) -> Value {
        let photo = self.world.wall.find_post(&comment.post).is_some_and(|post| post.photo.is_some());
        json!({
            "id": comment.post,
            "status_type": if photo { "added_photos" } else { "mobile_status_update" },
            "is_published": true,
            "updated_time": time::graph(self.now()),
            "permalink_url": permalink(&self.config.page, &comment.post),
            "promotion_status": "inactive",
        })
    }

    pub fn photo_url(&self, photo: &Photo) -> String {
        format!("{}/_sim/photos/{}", self.base_url, photo.media)
    }
}

pub fn permalink(page: &Page, post: &str) -> String {
    let number = post.rsplit('_').next().unwrap_or(post);
    format!("https://www.facebook.com/{}/posts/{number}", page.id)
}

fn from(person: &Person) -> Value {
    json!({"id": person.id, "name": person.name})
}

/// Without a text there is no key.
fn put_text(value: &mut Value, text: &str) {
    if !text.is_empty() {
        value["message"] = json!(text);
    }
}
