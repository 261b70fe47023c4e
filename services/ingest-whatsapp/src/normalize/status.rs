//! `statuses[]`: what became of a message that we sent.

use super::{content, identity, sink::Sink};
use segnalalo_proto::{
    json::reading::Fields,
    observation::v1::{DeliveryStatus, delivery_status::Status, inbound::Observation},
};
use serde_json::Value;

pub(super) fn read(element: &Value, sink: &mut Sink<'_>) {
    let word = element.id("status");
    let said = element.instant("timestamp");
    let (wamid, callback_data) = (element.id("id"), element.text("biz_opaque_callback_data"));
    let status = match word.as_str() {
        "sent" => Status::Sent,
        "delivered" => Status::Delivered,
        // A voice message that was heard was read.
        "read" | "played" => Status::Read,
        "failed" => Status::Failed,
        _ => return sink.notice("statuses", element, said, false),
    };
    if wamid.is_empty() && callback_data.is_empty() {
        return sink.notice("statuses", element, said, false);
    }
    let error = element.items("errors").first().unwrap_or(&Value::Null);
    let key = format!("whatsapp:status:{wamid}:{callback_data}:{word}");
    let observation = DeliveryStatus {
        provider_id: wamid,
        status: status.into(),
        callback_data,
        error_code: error.id("code"),
        error_detail: content::detail(error),
        recipient: identity::person(&element.id("recipient_id"), &element.id("recipient_user_id"))
            .as_ref()
            .and_then(identity::address),
        watermark: None,
    };
    sink.publish(key, said, Observation::Status(observation));
}
