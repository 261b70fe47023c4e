//! What Messenger says became of a message: delivered, read, reacted to.

use super::{
    messenger::{CHANNEL, Event},
    sink::{self, Sink},
};
use segnalalo_proto::{
    json::reading::{Fields, plain},
    observation::v1::{DeliveryStatus, MessageReaction, delivery_status::Status, inbound::Observation},
    time,
};
use serde_json::Value;

/// Whether it says of which messages: by name, or those to somebody up to an instant.
pub(super) fn tells(event: &Event<'_>, receipt: &Value) -> bool {
    let named = !receipt.id("mid").is_empty() || !receipt.items("mids").is_empty();
    named || (!event.sender.is_empty() && receipt.instant("watermark").is_some())
}

/// By message where it names them, else everything up to the watermark.
pub(super) fn delivered(event: &Event<'_>, delivery: &Value, sink: &mut Sink<'_>) {
    let mids: Vec<String> = delivery.items("mids").iter().map(plain).filter(|mid| !mid.is_empty()).collect();
    for mid in &mids {
        status(event, delivery, mid, Status::Delivered, sink);
    }
    if mids.is_empty() {
        status(event, delivery, "", Status::Delivered, sink);
    }
}

pub(super) fn read(event: &Event<'_>, read: &Value, sink: &mut Sink<'_>) {
    status(event, read, &read.id("mid"), Status::Read, sink);
}

fn status(event: &Event<'_>, value: &Value, mid: &str, status: Status, sink: &mut Sink<'_>) {
    let watermark = value.instant("watermark");
    let what = if mid.is_empty() { format!("{}:{}", event.sender, value.id("watermark")) } else { mid.to_owned() };
    let word = if status == Status::Read { "read" } else { "delivered" };
    let key = format!("messenger:status:{what}:{word}");
    let observation = DeliveryStatus {
        provider_id: mid.to_owned(),
        status: status.into(),
        watermark: watermark.map(time::to_wire),
        recipient: sink::messenger(&event.sender),
        ..DeliveryStatus::default()
    };
    let [said, entry_time] = event.said();
    sink.publish(CHANNEL, key, [said, watermark, entry_time], Observation::Status(observation));
}

pub(super) fn reaction(event: &Event<'_>, reaction: &Value, sink: &mut Sink<'_>) {
    let mid = reaction.id("mid");
    let taken_back = reaction.id("action") == "unreact";
    let word = if taken_back { String::new() } else { reaction.first_id(&["emoji", "reaction"]) };
    let key = format!(
        "messenger:reaction:{mid}:{}:{}:{word}:{}",
        event.sender,
        if taken_back { "unreact" } else { "react" },
        event.element.id("timestamp"),
    );
    let observation = MessageReaction { provider_id: mid, author: Some(event.author()), reaction: word };
    sink.publish(CHANNEL, key, event.said(), Observation::Reaction(observation));
}
