//! Pictures, files, links and places that came with a text. Links of the platform's network are signed and expire.

use segnalalo_proto::{
    common::v1::{Attachment, attachment::Type},
    json::reading::{Fields, plain},
    observation::v1::citizen_message::ContentType,
};
use serde_json::Value;

/// What a message consists of, by what was found in it.
pub(super) fn content(text: &str, attachments: &[Attachment]) -> ContentType {
    let only = |wanted: Type| attachments.iter().all(|found| found.r#type() == wanted);
    if attachments.is_empty() || (only(Type::Link) && !text.is_empty()) {
        if text.is_empty() { ContentType::Unsupported } else { ContentType::Text }
    } else if only(Type::Location) {
        ContentType::Location
    } else {
        ContentType::Media
    }
}

/// Of a post or comment: `photo`, `photos[]` and `video` are links; `link` is the picture, the film or the shared page.
pub(super) fn of_action(value: &Value) -> Vec<Attachment> {
    let item = value.id("item");
    let link = match item.as_str() {
        "photo" => Type::Image,
        "video" => Type::Video,
        _ => Type::Link,
    };
    let mut found = Vec::new();
    found.extend(linked(Type::Image, value.field("photo"), &value.id("photo_id")));
    found.extend(linked(Type::Video, value.field("video"), &value.id("video_id")));
    for photo in value.items("photos") {
        found.extend(linked(Type::Image, Some(photo), ""));
    }
    let id = match link {
        Type::Image => value.id("photo_id"),
        Type::Video => value.id("video_id"),
        _ => String::new(),
    };
    if !found.iter().any(|attachment: &Attachment| attachment.r#type() == link) {
        found.extend(linked(link, value.field("link"), &id));
    }
    found
}

fn linked(kind: Type, link: Option<&Value>, media_id: &str) -> Option<Attachment> {
    let link = link?;
    let mut url = plain(link);
    if url.is_empty() {
        url = link.first_id(&["url", "src"]);
    }
    (!url.is_empty()).then(|| Attachment {
        r#type: kind.into(),
        url,
        media_id: media_id.to_owned(),
        ..Attachment::default()
    })
}

/// Of a Messenger message. A sticker is sent twice until August 2026, as an image and as itself: it counts once.
pub(super) fn of_message(message: &Value) -> Vec<Attachment> {
    let items = message.items("attachments");
    let stickers: Vec<&Value> = items.iter().filter(|item| item.id("type") == "sticker").collect();
    items
        .iter()
        .filter(|item| item.id("type") != "image" || !stickers.iter().any(|sticker| same_picture(item, sticker)))
        .map(of_messenger)
        .collect()
}

fn same_picture(image: &Value, sticker: &Value) -> bool {
    let payload = |item: &Value, key: &str| item.field("payload").map(|payload| payload.id(key)).unwrap_or_default();
    ["sticker_id", "url"].iter().any(|key| {
        let found = payload(sticker, key);
        !found.is_empty() && payload(image, key) == found
    })
}

fn of_messenger(item: &Value) -> Attachment {
    let payload = item.field("payload").unwrap_or(&Value::Null);
    let word = item.id("type");
    let kind = match word.as_str() {
        "image" if payload.field("sticker_id").is_some() => Type::Sticker,
        "image" => Type::Image,
        "video" => Type::Video,
        "audio" => Type::Audio,
        "file" => Type::Document,
        "sticker" => Type::Sticker,
        "location" => Type::Location,
        "fallback" | "reel" | "ig_reel" | "post" | "ig_post" => Type::Link,
        _ => Type::Other,
    };
    let mut attachment = Attachment {
        r#type: kind.into(),
        url: first(payload, item, "url"),
        title: first(payload, item, "title"),
        media_id: payload.first_id(&["sticker_id", "reel_video_id", "id"]),
        ..Attachment::default()
    };
    if let Some(coordinates) = payload.field("coordinates") {
        attachment.latitude = coordinates.number("lat");
        attachment.longitude = coordinates.number("long");
    }
    if kind == Type::Other {
        // Templates, bookings and what comes after them: the operator sees the word, and the rest as it came.
        attachment.detail = word;
    }
    attachment
}

/// Old `fallback` attachments have title and link beside the payload, not in it.
fn first(payload: &Value, item: &Value, key: &str) -> String {
    let inside = payload.text(key);
    if inside.is_empty() { item.text(key) } else { inside }
}

/// Whether there is one among them whose meaning is only in its JSON.
pub(super) fn has_unread(attachments: &[Attachment]) -> bool {
    attachments.iter().any(|attachment| attachment.r#type() == Type::Other)
}
