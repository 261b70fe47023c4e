//! Reactions to posts and comments, and likes as they were called before. A like of the page itself says nothing.

use super::{
    action::{Action, Verb},
    feed::Read,
    sink::Sink,
};
use segnalalo_proto::{
    json::reading::Fields,
    observation::v1::{MessageReaction, inbound::Observation},
};

pub(super) fn read(action: &Action<'_>, item: &str, sink: &mut Sink<'_>) -> Read {
    let object = action.value.first_id(&["comment_id", "post_id"]);
    if object.is_empty() || sink.is_page(&action.author.id) {
        return Read::Unrelated;
    }
    let reaction = match action.verb {
        Verb::Add | Verb::Edit if item == "like" => "like".to_owned(),
        Verb::Add | Verb::Edit => action.value.id("reaction_type"),
        Verb::Remove => String::new(),
        Verb::Hide | Verb::Unhide | Verb::Moderate | Verb::Follow | Verb::Unknown => {
            return Read::Unknown;
        }
    };
    let key = format!(
        "facebook:reaction:{object}:{}:{}:{reaction}:{}",
        action.author.id,
        if action.verb == Verb::Remove { "remove" } else { "add" },
        action.value.id("created_time"),
    );
    let observation = MessageReaction { provider_id: object, author: Some(action.author.clone()), reaction };
    sink.publish(action.channel(), key, action.said(), Observation::Reaction(observation));
    Read::Published
}
