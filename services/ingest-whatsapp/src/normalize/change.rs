//! `changes[]`: messages and statuses of our number, and what Meta tells about the account.

use super::{message, sink::Sink, status, system};
use jiff::Timestamp;
use segnalalo_proto::json::reading::Fields;
use serde_json::Value;

/// Fields that tell of the account, its number and its templates: for the operator.
const ACCOUNT_FIELDS: [&str; 26] = [
    "account_alerts",
    "account_offers",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_status_update",
    "business_username_update",
    "calls",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
    "tracking_events",
    "user_preferences",
];
/// What a colleague's phone held before the number was connected: chats and an address book that nobody sent to us.
const FOREIGN_FIELDS: [&str; 2] = ["history", "smb_app_state_sync"];
/// What a value holds elements in.
const LISTS: [&str; 4] = ["messages", "statuses", "message_echoes", "user_id_update"];

pub(super) fn read(change: &Value, entry_time: Option<Timestamp>, sink: &mut Sink<'_>) {
    let field = change.id("field");
    let value = change.field("value").unwrap_or(&Value::Null);
    let number = value.field("metadata").map(|metadata| metadata.id("phone_number_id")).unwrap_or_default();
    if !number.is_empty() && number != sink.settings.phone_number_id {
        let elements: usize = LISTS.iter().map(|list| value.items(list).len()).sum();
        return sink.ignore(elements.max(1));
    }
    match field.as_str() {
        "messages" if value.is_object() => messages(change, value, entry_time, sink),
        "smb_message_echoes" if value.field("message_echoes").is_some() => {
            for echo in value.items("message_echoes") {
                message::sent_by_us(echo, sink);
            }
        }
        "user_id_update" if value.field("user_id_update").is_some() => {
            for update in value.items("user_id_update") {
                system::user_id_update(update, entry_time, sink);
            }
        }
        field if FOREIGN_FIELDS.contains(&field) => sink.ignore(1),
        "" => sink.notice("change", change, entry_time, false),
        // `include_values` is off: something happened, and we weren't told what.
        "messages" => sink.notice("messages", change, entry_time, value.is_null()),
        field => sink.notice(field, change, entry_time, ACCOUNT_FIELDS.contains(&field)),
    }
}

/// The lists of the field `messages`. Errors alone are the number's own ("rate limit hit"); beside messages they are
/// the messages'.
fn messages(change: &Value, value: &Value, entry_time: Option<Timestamp>, sink: &mut Sink<'_>) {
    for element in value.items("messages") {
        message::read(element, value, sink);
    }
    for element in value.items("statuses") {
        status::read(element, sink);
    }
    if value.items("messages").is_empty() && value.items("statuses").is_empty() {
        let errors = value.field("errors").is_some();
        let subject = if errors { "errors" } else { "messages" };
        sink.notice(subject, change, entry_time, errors);
    }
}
