//! `changes[]`: what happened on the page's feed, and where the page was mentioned. Here is decided what kind of thing
//! an element tells of; its own module reads it.

use super::{
    action::{Action, Verb},
    comment, post, reaction,
    sink::Sink,
};
use jiff::Timestamp;
use segnalalo_proto::{common::v1::Channel, json::reading::Fields};
use serde_json::Value;

/// Fields of a page's subscription that tell of its own profile and of nobody's report.
const PROFILE_FIELDS: [&str; 31] = [
    "affiliation",
    "attire",
    "awards",
    "bio",
    "birthday",
    "category",
    "checkins",
    "company_overview",
    "culinary_team",
    "current_location",
    "description",
    "email",
    "founded",
    "general_info",
    "general_manager",
    "hometown",
    "hours",
    "inbox_labels",
    "location",
    "members",
    "mission",
    "name",
    "parking",
    "payment_options",
    "phone",
    "picture",
    "price_range",
    "products",
    "public_transit",
    "videos",
    "website",
];
/// Known fields that the operator should see, for they change what the page can do or hold a citizen's words.
const NOTED_FIELDS: [&str; 6] =
    ["leadgen", "live_videos", "page_change_proposal", "page_upcoming_change", "ratings", "user_action"];
/// What a visitor can write on the page under his own name.
const POSTS: [&str; 8] = ["post", "status", "photo", "video", "share", "link", "note", "question"];
/// Items of the feed that hold nobody's report, unless they carry the hashtag.
const UNRELATED: [&str; 22] = [
    "address",
    "album",
    "connection",
    "coupon",
    "event",
    "experience",
    "group",
    "group_message",
    "interest",
    "mention",
    "milestone",
    "page",
    "photo-album",
    "picture",
    "platform-story",
    "profile",
    "relationship-status",
    "story",
    "tag",
    "timeline cover",
    "timeline_cover",
    "follow",
];

pub(super) fn change(change: &Value, entry_time: Option<Timestamp>, sink: &mut Sink<'_>) {
    let field = change.id("field");
    let mention = field == "mention";
    if field == "feed" || mention {
        return match change.field("value") {
            Some(value) if value.is_object() => read(&Action::new(value, entry_time, mention), change, sink),
            // `include_values` is off: something happened, and we weren't told what.
            value => sink.notice(Channel::FacebookPost, &field, change, entry_time, value.is_none()),
        };
    }
    if PROFILE_FIELDS.contains(&field.as_str()) {
        return sink.ignore(1);
    }
    let known = NOTED_FIELDS.contains(&field.as_str());
    let subject = if field.is_empty() { "change" } else { &field };
    sink.notice(Channel::FacebookPost, subject, change, entry_time, known);
}

fn read(action: &Action<'_>, change: &Value, sink: &mut Sink<'_>) {
    let item = action.value.id("item");
    let outcome = match item.as_str() {
        "comment" => comment::read(action, sink),
        "reaction" | "like" => reaction::read(action, &item, sink),
        item if POSTS.contains(&item) => post::read(action, sink),
        // Whatever it is: the promise stands on the hashtag.
        _ if action.verb == Verb::Add && sink.has_hashtag(&action.text) => hashtagged(action, sink),
        "rating" => Read::Noted,
        item if UNRELATED.contains(&item) => Read::Unrelated,
        _ => Read::Unknown,
    };
    let channel = action.channel();
    let subject = format!("{}:{item}:{}", change.id("field"), action.value.id("verb"));
    match outcome {
        Read::Published => (),
        Read::Unrelated => sink.ignore(1),
        Read::Noted => sink.notice(channel, &subject, change, action.entry_time, true),
        Read::Unknown => sink.notice(channel, &subject, change, action.entry_time, false),
    }
}

fn hashtagged(action: &Action<'_>, sink: &mut Sink<'_>) -> Read {
    if action.value.id("comment_id").is_empty() { post::read(action, sink) } else { comment::read(action, sink) }
}

/// What became of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Published,
    /// Known, and no concern of ours.
    Unrelated,
    /// Known, and for the operator to see.
    Noted,
    /// Not understood, and so for the operator to see.
    Unknown,
}
