//! Posts, comments and people that never came through here: their webhooks reached the services by another way, as when
//! recorded ones are replayed. Unless they are to be refused, they are taken to be there, and people to have written just
//! now. They have no name and no text, for nobody told us.

use crate::{
    config::Strangers,
    ids,
    state::State,
    world::{
        Change,
        people::Person,
        wall::{Comment, Post},
    },
};

impl State {
    pub fn welcomes_strangers(&self) -> bool {
        self.config.strangers == Strangers::Welcome
    }

    /// Whether it may be a post or a comment that we only don't know.
    pub fn may_exist(&self, object: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let form = object.split_once('_').is_some_and(|(owner, number)| digits(owner) && digits(number));
        form && self.welcomes_strangers() && !self.world.wall.was_removed(object)
    }

    /// Puts it on the wall, unless it is there.
    pub fn meet_object(&mut self, object: &str) {
        let wall = &self.world.wall;
        if wall.find_post(object).is_some() || wall.find_comment(object).is_some() || !self.may_exist(object) {
            return;
        }
        let page = self.config.page.id.clone();
        let Some((owner, _)) = object.split_once('_') else { return };
        if owner == page {
            self.meet_post(object);
        } else {
            let post = format!("{page}_{owner}");
            self.meet_object(&post);
            self.meet_comment(object, post);
        }
    }

    fn meet_post(&mut self, id: &str) {
        let post = Post {
            id: id.to_owned(),
            author: stranger(ids::person()),
            text: String::new(),
            photo: None,
            at: self.now(),
            edited: None,
            hidden: false,
            removed: false,
        };
        self.record(Change::Posted(post));
    }

    fn meet_comment(&mut self, id: &str, post: String) {
        let comment = Comment {
            id: id.to_owned(),
            parent: post.clone(),
            post,
            author: stranger(ids::person()),
            text: String::new(),
            photo: None,
            at: self.now(),
            edited: None,
            hidden: false,
            removed: false,
        };
        self.record(Change::Commented(comment));
    }

    /// By the page-scoped id.
    pub fn meet_person(&mut self, id: &str) {
        let form = id.len() >= 5 && id.bytes().all(|byte| byte.is_ascii_digit());
        if form && self.welcomes_strangers() && self.world.people.get(id).is_none() {
            self.record(Change::PersonMet(stranger(id.to_owned())));
        }
    }
}

fn stranger(id: String) -> Person {
    Person { id, name: String::new() }
}
