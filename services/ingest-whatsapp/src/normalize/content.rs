//! What a message says, by its type. A type we don't know, or one whose object is missing, is unsupported.

use segnalalo_proto::{
    common::v1::{Attachment, attachment::Type},
    json::reading::{Fields, plain},
    observation::v1::citizen_message::ContentType,
};
use serde_json::Value;

const MEDIA: [(&str, Type); 5] = [
    ("image", Type::Image),
    ("video", Type::Video),
    ("audio", Type::Audio),
    ("document", Type::Document),
    ("sticker", Type::Sticker),
];
/// One value's errors are told with each of its messages: bounded, so that a body can't grow as its square.
const ERRORS_SHOWN: usize = 3;
const DETAIL_LENGTH: usize = 500;
const TYPES: [&str; 13] = [
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "button",
    "interactive",
    "reaction",
    "order",
    "system",
];

pub(super) struct Content {
    pub content_type: ContentType,
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// More than text and attachments tell is in the JSON.
    pub unread: bool,
}

impl Content {
    fn new(content_type: ContentType, text: String, attachments: Vec<Attachment>) -> Self {
        Self { content_type, text, attachments, unread: false }
    }

    fn unsupported(text: String) -> Self {
        Self::new(ContentType::Unsupported, text, Vec::new())
    }
}

/// The type's name; where it is missing, the object that is there tells.
pub(super) fn kind(message: &Value) -> String {
    let kind = message.id("type");
    if !kind.is_empty() {
        return kind;
    }
    let found = TYPES.into_iter().find(|name| message.field(name).is_some());
    found.unwrap_or_default().to_owned()
}

pub(super) fn read(kind: &str, message: &Value) -> Content {
    let understood = message.field(kind).and_then(|object| match kind {
        "text" => text(object),
        "location" => location(object),
        "contacts" => contacts(message.items("contacts")),
        "button" => pressed(object.first_id(&["text", "payload"])),
        "interactive" => interactive(object),
        // The city sells nothing: the operator sees what the citizen meant to order.
        "order" => Some(Content::unsupported(object.text("text"))),
        _ => MEDIA.iter().find(|(name, _)| *name == kind).and_then(|(_, media_type)| media(*media_type, object)),
    });
    understood.unwrap_or_else(|| Content::unsupported(String::new()))
}

fn text(object: &Value) -> Option<Content> {
    let body = object.text("body");
    (!body.is_empty()).then(|| Content::new(ContentType::Text, body, Vec::new()))
}

fn media(media_type: Type, object: &Value) -> Option<Content> {
    let attachment = Attachment {
        r#type: media_type.into(),
        media_id: object.id("id"),
        url: object.id("url"),
        mime_type: object.text("mime_type"),
        sha256: object.id("sha256"),
        filename: object.text("filename"),
        detail: if object.flag("voice") { "voice".to_owned() } else { String::new() },
        ..Attachment::default()
    };
    object.is_object().then(|| Content::new(ContentType::Media, object.text("caption"), vec![attachment]))
}

fn location(object: &Value) -> Option<Content> {
    let attachment = Attachment {
        r#type: Type::Location.into(),
        latitude: object.number("latitude"),
        longitude: object.number("longitude"),
        title: object.text("name"),
        detail: object.text("address"),
        url: object.id("url"),
        ..Attachment::default()
    };
    let somewhere = attachment.latitude.is_some() && attachment.longitude.is_some();
    somewhere.then(|| Content::new(ContentType::Location, String::new(), vec![attachment]))
}

fn contacts(cards: &[Value]) -> Option<Content> {
    let attachments: Vec<Attachment> = cards.iter().filter(|card| card.is_object()).map(contact).collect();
    (!attachments.is_empty()).then(|| Content::new(ContentType::Contacts, String::new(), attachments))
}

/// Name, and every number and address by which the person can be reached.
fn contact(card: &Value) -> Attachment {
    let name = card.field("name").unwrap_or(&Value::Null);
    let reach = |list: &str, key: &'static str| -> Vec<String> {
        card.items(list).iter().map(|item| item.text(key)).filter(|text| !text.is_empty()).collect()
    };
    Attachment {
        r#type: Type::Contact.into(),
        title: name.first_id(&["formatted_name", "first_name", "last_name"]),
        detail: [reach("phones", "phone"), reach("emails", "email")].concat().join(", "),
        ..Attachment::default()
    }
}

fn interactive(object: &Value) -> Option<Content> {
    for reply in ["button_reply", "list_reply"] {
        if let Some(reply) = object.field(reply) {
            return pressed(reply.first_id(&["title", "id"]));
        }
    }
    let form = object.field("nfm_reply")?;
    let mut content = pressed(answers(&form.text("response_json")))?;
    content.unread = true;
    Some(content)
}

fn pressed(text: String) -> Option<Content> {
    (!text.is_empty()).then(|| Content::new(ContentType::Interactive, text, Vec::new()))
}

/// A form's fields, one a line.
fn answers(response: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(response) else {
        return response.to_owned();
    };
    let lines: Vec<String> = fields
        .iter()
        .filter(|(name, _)| *name != "flow_token")
        .map(|(name, value)| (name, plain(value)))
        .filter(|(_, answer)| !answer.is_empty())
        .map(|(name, answer)| format!("{name}: {answer}"))
        .collect();
    lines.join("\n")
}

/// `131052: Media file too big`, several with `; ` between.
pub(super) fn errors(errors: &[Value]) -> String {
    let shown: Vec<String> =
        errors.iter().take(ERRORS_SHOWN).map(|error| format!("{}: {}", error.id("code"), detail(error))).collect();
    shown.join("; ")
}

/// An error's most telling words: they stand at different places in old and new ones.
pub(super) fn detail(error: &Value) -> String {
    let data = error.field("error_data").unwrap_or(&Value::Null);
    let details = data.first_id(&["details"]);
    let words = if details.is_empty() { error.first_id(&["details", "message", "title"]) } else { details };
    words.chars().take(DETAIL_LENGTH).collect()
}
