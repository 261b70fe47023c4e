//! What the WhatsApp account's subscriber hears: `messages[]` of citizens, `statuses[]` of the city's messages.

use super::{Planned, Webhook};
use crate::{
    graph::error::Error,
    state::State,
    tokens::Product,
    world::chat::{Contact, Message, Status},
};
use serde_json::{Value, json};

impl State {
    /// A citizen's message; `said` is `type` and what belongs to it.
    pub fn chat_message_received(&self, message: &Message, said: Value) -> Webhook {
        let contact = self.contact(&message.with);
        let mut element = json!({
            "id": message.id,
            "timestamp": message.at.as_second().to_string(),
            "from_user_id": contact.user_id,
        });
        if !contact.hides_number {
            element["from"] = json!(contact.phone);
        }
        if let (Some(element), Value::Object(said)) = (element.as_object_mut(), said) {
            element.extend(said);
        }
        let value = json!({"contacts": [told(&contact)], "messages": [element]});
        let mut webhook = self.messages_field(&message.with, format!("message {}", message.kind), value);
        webhook.concerns = Some(message.id.clone());
        webhook
    }

    /// Those that a message goes through from here to `last`, each a while after the one before.
    pub fn statuses(&self, message: &Message, statuses: &[Status], why: Option<&Error>) -> Vec<Planned> {
        let step = self.config.status_delay;
        let steps = (1..).map(|n| step * n);
        statuses.iter().zip(steps).map(|(status, after)| self.chat_status(message, *status, why).after(after)).collect()
    }

    fn chat_status(&self, message: &Message, status: Status, why: Option<&Error>) -> Webhook {
        let contact = self.contact(&message.with);
        let mut element = json!({
            "id": message.id,
            "status": status.word(),
            "timestamp": self.now().as_second().to_string(),
            "recipient_user_id": contact.user_id,
        });
        if !contact.hides_number {
            element["recipient_id"] = json!(contact.phone);
        }
        if let Some(callback) = &message.callback {
            element["biz_opaque_callback_data"] = json!(callback);
        }
        let mut value = json!({});
        match (status, why) {
            (Status::Failed, why) => element["errors"] = json!([why.map(Error::in_status)]),
            (Status::Sent | Status::Delivered, _) => {
                value["contacts"] = json!([told(&contact)]);
                element["pricing"] = json!({"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"});
            }
            _ => value["contacts"] = json!([told(&contact)]),
        }
        value["statuses"] = json!([element]);
        self.messages_field(&message.with, format!("status {}", status.word()), value)
    }

    fn messages_field(&self, phone: &str, about: String, mut value: Value) -> Webhook {
        let number = &self.config.number;
        value["messaging_product"] = json!("whatsapp");
        value["metadata"] = json!({"display_phone_number": number.display, "phone_number_id": number.id});
        let entry = json!({"id": number.account, "changes": [{"field": "messages", "value": value}]});
        Webhook::new(Product::Whatsapp, phone, about, entry)
    }

    fn contact(&self, phone: &str) -> Contact {
        self.world.whatsapp.contact(phone).cloned().unwrap_or_else(|| Contact {
            phone: phone.to_owned(),
            name: phone.to_owned(),
            user_id: String::new(),
            hides_number: false,
        })
    }
}

fn told(contact: &Contact) -> Value {
    let mut told = json!({"profile": {"name": contact.name}, "user_id": contact.user_id});
    if contact.hides_number {
        let username: String = contact.name.to_lowercase().split_whitespace().collect();
        told["profile"]["username"] = json!(format!("@{username}"));
    } else {
        told["wa_id"] = json!(contact.phone);
    }
    told
}
