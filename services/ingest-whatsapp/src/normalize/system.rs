//! The same person under another id: a changed number, or a business-scoped id that was drawn anew.

use super::{identity, sink::Sink};
use jiff::Timestamp;
use segnalalo_proto::{
    common::v1::Author,
    json::reading::{Fields, fingerprint},
    observation::v1::{IdentityChange, inbound::Observation},
};
use serde_json::Value;

/// A message of type `system`: WhatsApp speaks, not the citizen.
pub(super) fn read(message: &Value, sink: &mut Sink<'_>) {
    let system = message.field("system").unwrap_or(&Value::Null);
    let said = message.instant("timestamp");
    let kind = system.id("type");
    let (old_phone, old_user_id) = (message.id("from"), message.id("from_user_id"));
    let (phone, user_id) = (system.first_id(&["wa_id", "new_wa_id"]), system.id("user_id"));
    let current = match kind.as_str() {
        "user_changed_number" | "customer_changed_number" => identity::person(&phone, &user_id),
        "user_changed_user_id" if phone.is_empty() => identity::person(&old_phone, &user_id),
        "user_changed_user_id" => identity::person(&phone, &user_id),
        _ => None,
    };
    match (identity::person(&old_phone, &old_user_id), current) {
        (Some(previous), Some(current)) => changed(message, previous, current, said, sink),
        // Another phone or app: the same person, and nothing for us to do.
        _ => sink.notice("system", message, said, kind == "customer_identity_changed"),
    }
}

/// An element of the field `user_id_update`.
pub(super) fn user_id_update(update: &Value, entry_time: Option<Timestamp>, sink: &mut Sink<'_>) {
    let ids = update.field("user_id").unwrap_or(&Value::Null);
    let said = update.instant("timestamp").or(entry_time);
    let current = ids.id("current");
    let (previous, current) = (
        identity::person("", &ids.id("previous")),
        (!current.is_empty()).then(|| identity::person(&update.id("wa_id"), &current)).flatten(),
    );
    match (previous, current) {
        (Some(previous), Some(current)) => changed(update, previous, current, said, sink),
        _ => sink.notice("user_id_update", update, said, false),
    }
}

fn changed(raw: &Value, previous: Author, current: Author, said: Option<Timestamp>, sink: &mut Sink<'_>) {
    let ids = [&previous, &current].map(|who| format!("{}/{}", who.id, who.business_scoped_id));
    let instant = said.map(|at| at.to_string()).unwrap_or_default();
    let key = format!("whatsapp:identity:{}", fingerprint(&[&ids[0], &ids[1], &instant]));
    let change = IdentityChange { previous: Some(previous), current: Some(current), raw: raw.to_string() };
    sink.publish(key, said, Observation::IdentityChange(change));
}
