//! What the page's subscriber hears of Messenger: `messaging[]`.

use super::Webhook;
use crate::{state::State, tokens::Product, world::thread::Message};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Of the Page's own inbox, where colleagues write by hand.
const INBOX_APP: u64 = 263_902_037_430_900;

impl State {
    /// A citizen's.
    pub fn message_received(&self, message: &Message) -> Webhook {
        let mut said = json!({"mid": message.mid});
        self.put_content(&mut said, message);
        self.messaging(&message.with, "message", true, message.at, json!({"message": said}))
    }

    /// The page's own; without an app a colleague wrote it by hand.
    pub fn message_echoed(&self, message: &Message, by_app: bool, metadata: Option<&str>) -> Webhook {
        let app = if by_app { self.config.app_id } else { INBOX_APP };
        let mut said = json!({"mid": message.mid, "is_echo": true, "app_id": app});
        if let Some(metadata) = metadata {
            said["metadata"] = json!(metadata);
        }
        self.put_content(&mut said, message);
        self.messaging(&message.with, "message echo", false, message.at, json!({"message": said}))
    }

    pub fn message_delivered(&self, message: &Message) -> Webhook {
        let delivery = json!({"mids": [message.mid], "watermark": message.at.as_millisecond()});
        self.messaging(&message.with, "delivery", true, message.at, json!({"delivery": delivery}))
    }

    pub fn thread_read(&self, person: &str, until: Timestamp) -> Webhook {
        let read = json!({"watermark": until.as_millisecond()});
        self.messaging(person, "read", true, self.now(), json!({"read": read}))
    }

    /// Any event, as the caller wrote it.
    pub fn messaging(&self, person: &str, about: &str, from_citizen: bool, at: Timestamp, event: Value) -> Webhook {
        let page = &self.config.page.id;
        let (sender, recipient) = if from_citizen { (person, page.as_str()) } else { (page.as_str(), person) };
        let mut element = json!({
            "sender": {"id": sender},
            "recipient": {"id": recipient},
            "timestamp": at.as_millisecond(),
        });
        if let (Some(element), Value::Object(event)) = (element.as_object_mut(), event) {
            element.extend(event);
        }
        let entry = json!({"id": page, "time": self.now().as_millisecond(), "messaging": [element]});
        Webhook::new(Product::Facebook, person, about.to_owned(), entry)
    }

    fn put_content(&self, said: &mut Value, message: &Message) {
        if !message.text.is_empty() {
            said["text"] = json!(message.text);
        }
        if let Some(media) = &message.media {
            let url = format!("{}/_sim/photos/{media}", self.base_url);
            said["attachments"] = json!([{"type": "image", "payload": {"url": url}}]);
        }
    }
}
