//! Everything that can happen to the world. `apply` is total: a change that speaks of something that isn't there does
//! nothing.

use super::{
    World,
    chat::{self, Contact, Status},
    media::Media,
    people::Person,
    thread,
    wall::{Comment, Post},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    PersonMet(Person),
    Posted(Post),
    Commented(Comment),
    /// Of a post or a comment.
    TextEdited {
        id: String,
        text: String,
        at: Timestamp,
    },
    Hidden {
        id: String,
        hidden: bool,
    },
    Removed {
        id: String,
    },
    /// `None`: taken back.
    Reacted {
        on: String,
        by: String,
        kind: Option<String>,
    },
    ThreadMessage(thread::Message),
    /// A person was written to in private because of this post or comment.
    PrivatelyReplied {
        to: String,
    },
    ContactMet(Contact),
    ChatMessage(chat::Message),
    ChatStatus {
        id: String,
        status: Status,
    },
    MediaStored(Media),
    MediaDeleted {
        id: String,
    },
}

impl World {
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::PersonMet(person) => self.people.meet(person),
            Change::Posted(post) => self.wall.post(post),
            Change::Commented(comment) => self.wall.comment(comment),
            Change::TextEdited { id, text, at } => self.wall.edit(&id, text, at),
            Change::Hidden { id, hidden } => self.wall.hide(&id, hidden),
            Change::Removed { id } => self.wall.remove(&id),
            Change::Reacted { on, by, kind } => self.wall.react(on, by, kind),
            Change::ThreadMessage(message) => self.messenger.add(message),
            Change::PrivatelyReplied { to } => self.messenger.replied_privately(to),
            Change::ContactMet(contact) => self.whatsapp.meet(contact),
            Change::ChatMessage(message) => self.whatsapp.add(message),
            Change::ChatStatus { id, status } => self.whatsapp.set_status(&id, status),
            Change::MediaStored(media) => self.media.put(media),
            Change::MediaDeleted { id } => self.media.delete(&id),
        }
    }
}
