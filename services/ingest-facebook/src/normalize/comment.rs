//! Comments. With the hashtag they are reports; without it they are published too, for they may stand in a known
//! report's thread, and only the registry knows.

use super::{
    action::{Action, Verb},
    attachment,
    feed::Read,
    sink::{self, Sink},
};
use segnalalo_proto::{
    common::v1::Channel,
    json::reading::Fields,
    observation::v1::{
        CitizenMessage, FacebookThread, MessageEdit, OwnMessage, citizen_message::ContentType, inbound::Observation,
        message_removal,
    },
};
use serde_json::Value;

const CHANNEL: Channel = Channel::FacebookComment;

pub(super) fn read(action: &Action<'_>, sink: &mut Sink<'_>) -> Read {
    let id = action.value.id("comment_id");
    let by_page = sink.is_page(&action.author.id);
    if id.is_empty() {
        return Read::Unknown;
    }
    match action.verb {
        Verb::Add if by_page => said_by_page(action, id, sink),
        // What a stranger says of us elsewhere, without addressing us.
        Verb::Add if action.mention && !sink.has_hashtag(&action.text) => return Read::Unrelated,
        Verb::Add => written(action, id, sink),
        // A page can change its own comments only: an answer's wording, not a new answer.
        Verb::Edit if by_page => return Read::Unrelated,
        Verb::Edit => edited(action, id, sink),
        Verb::Remove => action.remove(CHANNEL, "comment", id, message_removal::Verb::Removed, sink),
        Verb::Hide => action.remove(CHANNEL, "comment", id, message_removal::Verb::Hidden, sink),
        Verb::Unhide => action.remove(CHANNEL, "comment", id, message_removal::Verb::Unhidden, sink),
        Verb::Follow => return Read::Unrelated,
        Verb::Moderate => return Read::Noted,
        Verb::Unknown => return Read::Unknown,
    }
    Read::Published
}

fn written(action: &Action<'_>, id: String, sink: &mut Sink<'_>) {
    let attachments = attachment::of_action(action.value);
    let content = attachment::content(&action.text, &attachments);
    let thread = thread(action.value, &id, sink);
    let message = CitizenMessage {
        content_type: content.into(),
        author: Some(action.author.clone()),
        text: action.text.clone(),
        attachments,
        has_hashtag: sink.has_hashtag(&action.text),
        answer_to: sink::facebook(&thread.root_comment_id),
        quoted_provider_id: quoted(action.value),
        thread: Some(thread),
        raw: if content == ContentType::Unsupported { action.value.to_string() } else { String::new() },
        provider_id: id.clone(),
        ..CitizenMessage::default()
    };
    let key = format!("facebook:comment:{id}:add");
    sink.publish(CHANNEL, key, action.said(), Observation::Message(message));
}

fn edited(action: &Action<'_>, id: String, sink: &mut Sink<'_>) {
    let key = action.edit_key("comment", &id);
    let thread = thread(action.value, &id, sink);
    let edit = MessageEdit {
        author: Some(action.author.clone()),
        text: action.text.clone(),
        has_hashtag: sink.has_hashtag(&action.text),
        answer_to: sink::facebook(&thread.root_comment_id),
        attachments: attachment::of_action(action.value),
        thread: Some(thread),
        provider_id: id,
    };
    sink.publish(CHANNEL, key, action.said(), Observation::Edit(edit));
}

fn said_by_page(action: &Action<'_>, id: String, sink: &mut Sink<'_>) {
    let key = format!("facebook:comment:{id}:add");
    let own = OwnMessage {
        text: action.text.clone(),
        thread: Some(thread(action.value, &id, sink)),
        provider_id: id,
        ..OwnMessage::default()
    };
    sink.publish(CHANNEL, key, action.said(), Observation::OwnMessage(own));
}

/// Both ids, for a comment doesn't tell whether its post is a visitor's: the registry looks for a known report by the
/// post first, then by the root comment. A comment's parent is the post, whose id begins with the page's, or the root
/// comment.
fn thread(value: &Value, comment: &str, sink: &Sink<'_>) -> FacebookThread {
    let mut post_id = value.id("post_id");
    if post_id.is_empty()
        && let Some((post, _)) = comment.split_once('_')
    {
        post_id = format!("{}_{post}", sink.settings.page_id);
    }
    let parent = value.id("parent_id");
    let top_level = parent.is_empty() || is_post(&parent, &post_id);
    FacebookThread { root_comment_id: if top_level { comment.to_owned() } else { parent }, post_id }
}

fn is_post(id: &str, post_id: &str) -> bool {
    let page = |id: &str| id.split_once('_').map(|(page, _)| page.to_owned());
    id == post_id || page(id).is_some_and(|owner| page(post_id).as_deref() == Some(owner.as_str()))
}

/// A reply answers to its parent comment; a first comment to nothing but the post.
fn quoted(value: &Value) -> String {
    let (parent, post) = (value.id("parent_id"), value.id("post_id"));
    if is_post(&parent, &post) { String::new() } else { parent }
}
