//! Posts on the page: a visitor's with the hashtag is a report; his others are nobody's concern but his.

use super::{
    action::{Action, Verb},
    attachment,
    feed::Read,
    sink::{self, Sink},
};
use segnalalo_proto::{
    common::v1::Channel,
    json::reading::Fields,
    observation::v1::{CitizenMessage, FacebookThread, MessageEdit, OwnMessage, inbound::Observation, message_removal},
};

const CHANNEL: Channel = Channel::FacebookPost;

pub(super) fn read(action: &Action<'_>, sink: &mut Sink<'_>) -> Read {
    let id = action.value.id("post_id");
    let by_page = sink.is_page(&action.author.id);
    let hashtag = sink.has_hashtag(&action.text);
    if id.is_empty() {
        return if hashtag && !by_page { Read::Unknown } else { Read::Unrelated };
    }
    match action.verb {
        Verb::Add if by_page => said_by_page(action, id, sink),
        Verb::Add if hashtag => written(action, id, sink),
        // The page may change its own posts as it likes; and not the visitors'.
        Verb::Edit if by_page => return Read::Unrelated,
        Verb::Edit => edited(action, id, hashtag, sink),
        Verb::Remove => action.remove(CHANNEL, "post", id, message_removal::Verb::Removed, sink),
        Verb::Hide => action.remove(CHANNEL, "post", id, message_removal::Verb::Hidden, sink),
        Verb::Unhide => action.remove(CHANNEL, "post", id, message_removal::Verb::Unhidden, sink),
        Verb::Add | Verb::Follow => return Read::Unrelated,
        Verb::Moderate => return Read::Noted,
        Verb::Unknown => return Read::Unknown,
    }
    Read::Published
}

fn written(action: &Action<'_>, id: String, sink: &mut Sink<'_>) {
    let attachments = attachment::of_action(action.value);
    let message = CitizenMessage {
        content_type: attachment::content(&action.text, &attachments).into(),
        author: Some(action.author.clone()),
        text: action.text.clone(),
        attachments,
        thread: Some(thread(&id)),
        has_hashtag: true,
        answer_to: sink::facebook(&id),
        provider_id: id.clone(),
        ..CitizenMessage::default()
    };
    let key = format!("facebook:post:{id}:add");
    sink.publish(CHANNEL, key, action.said(), Observation::Message(message));
}

/// Also without the hashtag: the post may be a report already, and only the registry knows.
fn edited(action: &Action<'_>, id: String, has_hashtag: bool, sink: &mut Sink<'_>) {
    let key = action.edit_key("post", &id);
    let edit = MessageEdit {
        author: Some(action.author.clone()),
        text: action.text.clone(),
        thread: Some(thread(&id)),
        has_hashtag,
        answer_to: sink::facebook(&id),
        attachments: attachment::of_action(action.value),
        provider_id: id,
    };
    sink.publish(CHANNEL, key, action.said(), Observation::Edit(edit));
}

fn said_by_page(action: &Action<'_>, id: String, sink: &mut Sink<'_>) {
    let key = format!("facebook:post:{id}:add");
    let own =
        OwnMessage { text: action.text.clone(), thread: Some(thread(&id)), provider_id: id, ..OwnMessage::default() };
    sink.publish(CHANNEL, key, action.said(), Observation::OwnMessage(own));
}

fn thread(post: &str) -> FacebookThread {
    FacebookThread { post_id: post.to_owned(), root_comment_id: String::new() }
}
