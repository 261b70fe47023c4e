//! The page's wall: posts of the page and of visitors, comments under them and under comments, reactions. What was
//! removed stays, marked, so that ids are never given twice and a page that looks back can say so.

use super::people::Person;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Post {
    /// `<page>_<post>`
    pub id: String,
    pub author: Person,
    pub text: String,
    pub photo: Option<Photo>,
    pub at: Timestamp,
    pub edited: Option<Timestamp>,
    pub hidden: bool,
    pub removed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comment {
    /// `<post>_<comment>`
    pub id: String,
    pub post: String,
    /// The post's id, or that of the comment which is replied to.
    pub parent: String,
    pub author: Person,
    pub text: String,
    pub photo: Option<Photo>,
    pub at: Timestamp,
    pub edited: Option<Timestamp>,
    pub hidden: bool,
    pub removed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Photo {
    pub id: String,
    /// Of the media that it shows.
    pub media: String,
}

#[derive(Debug, Default)]
pub struct Wall {
    posts: Vec<Post>,
    comments: Vec<Comment>,
    post_by_id: BTreeMap<String, usize>,
    comment_by_id: BTreeMap<String, usize>,
    /// Object, then person.
    reactions: BTreeMap<String, BTreeMap<String, String>>,
}

impl Wall {
    pub(super) fn post(&mut self, post: Post) {
        self.post_by_id.insert(post.id.clone(), self.posts.len());
        self.posts.push(post);
    }

    pub(super) fn comment(&mut self, comment: Comment) {
        self.comment_by_id.insert(comment.id.clone(), self.comments.len());
        self.comments.push(comment);
    }

    pub(super) fn edit(&mut self, id: &str, text: String, at: Timestamp) {
        if let Some(&index) = self.post_by_id.get(id) {
            let post = &mut self.posts[index];
            (post.text, post.edited) = (text, Some(at));
        } else if let Some(&index) = self.comment_by_id.get(id) {
            let comment = &mut self.comments[index];
            (comment.text, comment.edited) = (text, Some(at));
        }
    }

    pub(super) fn hide(&mut self, id: &str, hidden: bool) {
        if let Some(&index) = self.post_by_id.get(id) {
            self.posts[index].hidden = hidden;
        } else if let Some(&index) = self.comment_by_id.get(id) {
            self.comments[index].hidden = hidden;
        }
    }

    /// With everything under it.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(&index) = self.post_by_id.get(id) {
            self.posts[index].removed = true;
        } else if let Some(&index) = self.comment_by_id.get(id) {
            self.comments[index].removed = true;
        }
        let below = |comment: &&mut Comment| !comment.removed && (comment.parent == id || comment.post == id);
        let below: Vec<String> = self.comments.iter_mut().filter(below).map(|comment| comment.id.clone()).collect();
        for id in below {
            self.remove(&id);
        }
    }

    pub(super) fn react(&mut self, on: String, by: String, kind: Option<String>) {
        let reactions = self.reactions.entry(on).or_default();
        match kind {
            Some(kind) => reactions.insert(by, kind),
            None => reactions.remove(&by),
        };
    }

    /// Unless it was removed.
    pub fn find_post(&self, id: &str) -> Option<&Post> {
        self.post_by_id.get(id).map(|&index| &self.posts[index]).filter(|post| !post.removed)
    }

    /// Unless it was removed.
    pub fn find_comment(&self, id: &str) -> Option<&Comment> {
        self.comment_by_id.get(id).map(|&index| &self.comments[index]).filter(|comment| !comment.removed)
    }

    pub fn was_removed(&self, id: &str) -> bool {
        let post = self.post_by_id.get(id).is_some_and(|&index| self.posts[index].removed);
        post || self.comment_by_id.get(id).is_some_and(|&index| self.comments[index].removed)
    }

    pub fn reaction(&self, on: &str, by: &str) -> Option<&str> {
        self.reactions.get(on)?.get(by).map(String::as_str)
    }

    /// How many of each kind.
    pub fn reactions(&self, on: &str) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for kind in self.reactions.get(on).into_iter().flat_map(BTreeMap::values) {
            *counts.entry(kind.as_str()).or_default() += 1;
        }
        counts
    }

    /// The comment under the post in whose thread this one stands; itself when it is that.
    pub fn root_of<'a>(&'a self, comment: &'a Comment) -> &'a Comment {
        let mut root = comment;
        while let Some(parent) = self.comment_by_id.get(&root.parent).map(|&index| &self.comments[index]) {
            root = parent;
        }
        root
    }

    /// Newest first.
    pub fn posts(&self) -> impl DoubleEndedIterator<Item = &Post> {
        self.posts.iter().rev().filter(|post| !post.removed)
    }

    /// Oldest first: those right under the object, or all below it.
    pub fn comments_under(&self, object: &str, all: bool) -> Vec<&Comment> {
        let inside = |comment: &Comment| {
            comment.parent == object || (all && (comment.post == object || self.is_below(comment, object)))
        };
        self.comments.iter().filter(|comment| !comment.removed && inside(comment)).collect()
    }

    fn is_below(&self, comment: &Comment, ancestor: &str) -> bool {
        let mut parent = comment.parent.as_str();
        while let Some(&index) = self.comment_by_id.get(parent) {
            if parent == ancestor {
                return true;
            }
            parent = &self.comments[index].parent;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Person {
        Person { id: name.len().to_string(), name: name.to_owned() }
    }

    fn comment(id: &str, parent: &str) -> Comment {
        Comment {
            id: id.to_owned(),
            post: "p_1".to_owned(),
            parent: parent.to_owned(),
            author: person("Ada"),
            text: id.to_owned(),
            photo: None,
            at: Timestamp::UNIX_EPOCH,
            edited: None,
            hidden: false,
            removed: false,
        }
    }

    fn wall() -> Wall {
        let mut wall = Wall::default();
        for (id, parent) in [("1_1", "p_1"), ("1_2", "1_1"), ("1_3", "1_2"), ("1_4", "p_1")] {
            wall.comment(comment(id, parent));
        }
        wall
    }

    fn ids(comments: Vec<&Comment>) -> Vec<&str> {
        comments.into_iter().map(|comment| comment.id.as_str()).collect()
    }

    #[test]
    fn a_reply_to_a_reply_belongs_to_the_root_comment() {
        let wall = wall();
        assert_eq!(wall.root_of(wall.find_comment("1_3").unwrap()).id, "1_1");
        assert_eq!(ids(wall.comments_under("1_1", true)), ["1_2", "1_3"]);
        assert_eq!(ids(wall.comments_under("p_1", false)), ["1_1", "1_4"]);
        assert_eq!(ids(wall.comments_under("p_1", true)), ["1_1", "1_2", "1_3", "1_4"]);
    }

    #[test]
    fn a_removed_comment_takes_its_replies_along() {
        let mut wall = wall();
        wall.remove("1_1");
        assert_eq!(ids(wall.comments_under("p_1", true)), ["1_4"]);
    }

    #[test]
    fn one_person_reacts_once() {
        let mut wall = wall();
        wall.react("1_1".into(), "7".into(), Some("like".into()));
        wall.react("1_1".into(), "7".into(), Some("love".into()));
        assert_eq!(wall.reactions("1_1"), BTreeMap::from([("love", 1)]));
        wall.react("1_1".into(), "7".into(), None);
        assert!(wall.reactions("1_1").is_empty());
    }
}
