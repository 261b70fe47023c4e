//! One `value` of the feed, with what every kind of item reads from it.

use super::sink::Sink;
use jiff::Timestamp;
use segnalalo_proto::{
    common::v1::{Author, Channel, author},
    json::reading::{Fields, fingerprint},
    observation::v1::{MessageRemoval, inbound::Observation, message_removal},
};
use serde_json::Value;

/// Both spellings of each verb occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Edit,
    Remove,
    Hide,
    Unhide,
    /// The platform blocked or muted a video of the page's, or took that back.
    Moderate,
    Follow,
    Unknown,
}

impl Verb {
    fn read(verb: &str) -> Self {
        match verb {
            "add" => Self::Add,
            "edit" | "edited" | "update" => Self::Edit,
            "remove" | "delete" => Self::Remove,
            "hide" => Self::Hide,
            "unhide" => Self::Unhide,
            "block" | "mute" | "unblock" => Self::Moderate,
            "follow" => Self::Follow,
            _ => Self::Unknown,
        }
    }
}

pub(super) struct Action<'a> {
    pub value: &'a Value,
    pub verb: Verb,
    pub text: String,
    pub author: Author,
    pub entry_time: Option<Timestamp>,
    /// It came by the field `mention`, and so perhaps from another page.
    pub mention: bool,
}

impl<'a> Action<'a> {
    pub fn new(value: &'a Value, entry_time: Option<Timestamp>, mention: bool) -> Self {
        Self {
            value,
            verb: Verb::read(&value.id("verb")),
            text: value.text("message"),
            author: author(value),
            entry_time,
            mention,
        }
    }

    pub fn channel(&self) -> Channel {
        if self.value.id("item") == "comment" || !self.value.id("comment_id").is_empty() {
            Channel::FacebookComment
        } else {
            Channel::FacebookPost
        }
    }

    /// When something was written. An edit's `created_time` may be the first version's.
    pub fn said(&self) -> [Option<Timestamp>; 3] {
        let created = self.value.instant("created_time");
        match self.verb {
            Verb::Add => [created, self.entry_time, None],
            _ => [self.value.instant("edited_time"), self.entry_time, created],
        }
    }

    /// Tells apart two equal edits, or two times that a comment was hidden: as the platform says it, for a second
    /// delivery says the same.
    pub fn stamp(&self) -> String {
        format!("{}/{}", self.value.id("edited_time"), self.value.id("created_time"))
    }

    pub fn edit_key(&self, kind: &str, id: &str) -> String {
        let media = ["photo", "video", "link"].map(|key| media_path(&self.value.text(key)).to_owned());
        let content = fingerprint(&[&self.text, &media.concat(), &self.stamp()]);
        format!("facebook:{kind}:{id}:edit:{content}")
    }

    /// `id` was taken away, hidden or shown again.
    pub fn remove(&self, channel: Channel, kind: &str, id: String, verb: message_removal::Verb, sink: &mut Sink<'_>) {
        let verb_and_when = match verb {
            message_removal::Verb::Hidden => format!("hide:{}", self.stamp()),
            message_removal::Verb::Unhidden => format!("unhide:{}", self.stamp()),
            message_removal::Verb::Unspecified | message_removal::Verb::Removed => "remove".to_owned(),
        };
        let key = format!("facebook:{kind}:{id}:{verb_and_when}");
        let removal = MessageRemoval { provider_id: id, verb: verb.into() };
        sink.publish(channel, key, self.said(), Observation::Removal(removal));
    }
}

/// A media link without its signature, which changes with each delivery.
fn media_path(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// Who acted: `from`, or `sender_id` as it was called before v2.11, or `user_id` with likes. The id is empty when the
/// platform doesn't say.
fn author(value: &Value) -> Author {
    let from = value.field("from").unwrap_or(&Value::Null);
    let mut id = from.id("id");
    if id.is_empty() {
        id = value.first_id(&["sender_id", "user_id"]);
    }
    let mut name = from.text("name");
    if name.is_empty() {
        name = value.text("sender_name");
    }
    Author { id_type: author::IdType::PageScoped.into(), id, name, ..Author::default() }
}
