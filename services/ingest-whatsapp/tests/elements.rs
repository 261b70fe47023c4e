//! The rules that the recorded bodies don't show one by one.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_ingest_whatsapp::normalize::{Settings, normalize};
use segnalalo_kit::webhook::Accepted;
use segnalalo_proto::json::view;
use serde_json::{Value, json};

const NUMBER: &str = "106540352242922";

fn read(body: &Value) -> Accepted {
    let settings = Settings { phone_number_id: NUMBER.to_owned() };
    normalize(body.to_string().as_bytes(), &settings, "2026-11-23T06:00:00Z".parse().unwrap()).unwrap()
}

fn change(field: &str, value: Value) -> Accepted {
    read(&json!({"object": "whatsapp_business_account", "entry": [
        {"id": "102290129340398", "changes": [{"field": field, "value": value}]}
    ]}))
}

fn value(more: Value) -> Accepted {
    let mut value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}});
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    change("messages", value)
}

fn message(more: Value) -> Value {
    let mut message = json!({"from": "393330000101", "id": "wamid.1", "timestamp": "1795381000"});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    message
}

/// What becomes of the only message, as it is shown.
fn only(message: Value) -> Value {
    let accepted = value(json!({"messages": [message]}));
    assert_eq!(accepted.inbound.len(), 1, "{accepted:?}");
    view::inbound(&accepted.inbound[0])
}

#[test]
fn a_person_is_known_by_number_by_business_scoped_id_or_by_both() {
    let text = json!({"type": "text", "text": {"body": "buca"}});
    let by_number = only(message(text.clone()));
    assert_eq!(by_number["author"], json!({"id_type": "phone", "id": "393330000101"}));
    assert_eq!(by_number["answer_to"], json!({"whatsapp_phone": "393330000101"}));
    let mut both = message(text.clone());
    both["from_user_id"] = json!("IT.77");
    assert_eq!(
        only(both.clone())["author"],
        json!({"id_type": "phone", "id": "393330000101", "business_scoped_id": "IT.77"})
    );
    both["from"] = Value::Null;
    let hidden = only(both);
    assert_eq!(hidden["author"], json!({"id_type": "business_scoped", "id": "IT.77"}));
    assert_eq!(hidden["answer_to"], json!({"whatsapp_user_id": "IT.77"}));
    let mut misplaced = message(text);
    misplaced["from"] = json!("IT.77");
    assert_eq!(only(misplaced)["author"], json!({"id_type": "business_scoped", "id": "IT.77"}));
}

#[test]
fn each_message_of_a_batch_has_its_own_contact() {
    let text = |from: &str, id: &str| json!({"from": from, "id": id, "type": "text", "text": {"body": "x"}});
    let accepted = value(json!({
        "contacts": [
            {"wa_id": "393330000102", "profile": {"name": "Beatrice"}},
            {"wa_id": "393330000101", "user_id": "IT.1", "profile": {"name": "Anna", "username": "@anna"}},
        ],
        "messages": [text("393330000101", "wamid.1"), text("+39 333 0000102", "wamid.2"), text("393330000103", "wamid.3")],
    }));
    let names: Vec<Value> = accepted.inbound.iter().map(|one| view::inbound(one)["author"]["name"].clone()).collect();
    assert_eq!(names, [json!("Anna"), json!("Beatrice"), Value::Null]);
    assert_eq!(view::inbound(&accepted.inbound[0])["author"]["business_scoped_id"], "IT.1");
}

#[test]
fn the_only_contact_belongs_to_the_only_message_also_when_a_digit_differs() {
    let accepted = value(json!({
        "contacts": [{"wa_id": "5215550000", "profile": {"name": "Luz"}}],
        "messages": [{"from": "525550000", "id": "wamid.1", "type": "text", "text": {"body": "hola"}}],
    }));
    let shown = view::inbound(&accepted.inbound[0]);
    assert_eq!(shown["author"], json!({"id_type": "phone", "id": "525550000", "name": "Luz"}));
}

#[test]
fn a_type_that_is_missing_unknown_or_empty_is_still_a_message() {
    assert_eq!(only(message(json!({"text": {"body": "senza tipo"}})))["text"], "senza tipo");
    for odd in [
        json!({"type": "hologram", "hologram": {}}),
        json!({"type": "text"}),
        json!({"type": "text", "text": "not an object"}),
        json!({"type": "image", "image": "x"}),
        json!({"type": "location", "location": {"latitude": "x"}}),
        json!({"type": "interactive", "interactive": {"type": "call_permission_reply"}}),
        json!({"type": "reaction", "reaction": {}}),
        json!({"type": "edit"}),
        json!({"type": "contacts", "contacts": [1]}),
        json!({}),
    ] {
        let shown = only(message(odd.clone()));
        assert_eq!((&shown["kind"], &shown["content"]), (&json!("message"), &json!("unsupported")), "{odd}");
        assert_eq!(shown["raw"]["from"], "393330000101", "{odd}");
    }
}

#[test]
fn a_message_that_nobody_wrote_is_kept_for_the_operator() {
    let accepted = value(json!({"messages": [{"id": "wamid.1", "type": "text", "text": {"body": "x"}}, 7]}));
    assert!(accepted.inbound.iter().all(|one| view::inbound(one)["kind"] == "notice"));
    assert_eq!(accepted.inbound.len(), 2);
}

#[test]
fn a_reaction_is_taken_back_without_emoji_or_with_an_empty_one() {
    let reaction = |reaction: Value| only(message(json!({"type": "reaction", "reaction": reaction})));
    assert_eq!(reaction(json!({"message_id": "wamid.9", "emoji": "🙏"}))["reaction"], "🙏");
    assert_eq!(reaction(json!({"message_id": "wamid.9", "emoji": ""}))["reaction"], "");
    assert_eq!(reaction(json!({"message_id": "wamid.9"}))["reaction"], "");
}

#[test]
fn every_status_is_told_and_an_unknown_one_is_kept() {
    for (word, kind, status) in [
        ("sent", "status", "sent"),
        ("delivered", "status", "delivered"),
        ("read", "status", "read"),
        ("played", "status", "read"),
        ("failed", "status", "failed"),
        ("pondered", "notice", ""),
    ] {
        let accepted = value(json!({"statuses": [{"id": "wamid.9", "status": word, "recipient_id": 393330000101u64,
            "timestamp": 1795381000, "biz_opaque_callback_data": "ab.1"}]}));
        let shown = view::inbound(&accepted.inbound[0]);
        assert_eq!(shown["kind"], kind, "{word}");
        assert_eq!(shown["status"].as_str().unwrap_or_default(), status, "{word}");
    }
}

#[test]
fn a_failure_tells_code_and_words_old_and_new() {
    let failed = |error: Value| {
        let accepted = value(json!({"statuses": [{"id": "wamid.9", "status": "failed", "errors": [error]}]}));
        view::inbound(&accepted.inbound[0])
    };
    let new = failed(json!({"code": 131047, "title": "t", "error_data": {"details": "more than 24 hours"}}));
    assert_eq!((&new["error_code"], &new["error_detail"]), (&json!("131047"), &json!("more than 24 hours")));
    let old = failed(json!({"code": "131026", "title": "t", "details": "undeliverable"}));
    assert_eq!((&old["error_code"], &old["error_detail"]), (&json!("131026"), &json!("undeliverable")));
    assert_eq!(failed(json!({"code": 1, "title": "t"}))["error_detail"], "t");
}

#[test]
fn another_number_is_counted_and_one_that_is_not_named_is_ours() {
    let of = |metadata: Value| {
        change(
            "messages",
            json!({"metadata": metadata, "messages": [message(json!({"type": "text",
        "text": {"body": "x"}})), message(json!({"id": "wamid.2", "type": "text", "text": {"body": "y"}}))]}),
        )
    };
    assert_eq!(of(json!({"phone_number_id": "1"})).ignored, 2);
    assert_eq!(of(json!({"phone_number_id": 106540352242922u64})).inbound.len(), 2);
    assert_eq!(of(Value::Null).inbound.len(), 2);
}

#[test]
fn a_changed_number_names_both_persons_in_either_spelling() {
    for key in ["wa_id", "new_wa_id"] {
        let shown =
            only(message(json!({"type": "system", "system": {"type": "user_changed_number", key: "393330000177"}})));
        assert_eq!(shown["previous"]["id"], "393330000101", "{key}");
        assert_eq!(shown["current"]["id"], "393330000177", "{key}");
    }
    let nothing = only(message(json!({"type": "system", "system": {"type": "user_changed_number"}})));
    assert_eq!((&nothing["kind"], &nothing["known"]), (&json!("notice"), &json!(false)));
}

#[test]
fn a_form_is_told_field_by_field() {
    let form = |response: &str| {
        only(message(json!({"type": "interactive", "interactive": {"type": "nfm_reply",
        "nfm_reply": {"name": "flow", "body": "Sent", "response_json": response}}})))
    };
    assert_eq!(form(r#"{"dove":"via Italia","flow_token":"x","quanti":2}"#)["text"], "dove: via Italia\nquanti: 2");
    assert_eq!(form("not json")["text"], "not json");
    assert_eq!(form("{}")["content"], "unsupported");
}

#[test]
fn the_platforms_time_is_taken_unless_it_can_not_be() {
    let at = |timestamp: Value| {
        only(message(json!({"type": "text", "text": {"body": "x"}, "timestamp": timestamp})))["occurred_at"].clone()
    };
    assert_eq!(at(json!("1795381000")), "2026-11-22T20:56:40Z");
    assert_eq!(at(json!(1795381000)), "2026-11-22T20:56:40Z");
    for impossible in [json!("0"), json!("soon"), json!(99999999999u64), Value::Null] {
        assert_eq!(at(impossible), "2026-11-23T06:00:00Z");
    }
}

#[test]
fn errors_beside_a_message_are_told_with_it_and_never_grow_without_end() {
    let long = "x".repeat(10_000);
    let accepted = value(json!({
        "errors": [{"code": 1, "message": long}, {"code": 2}, {"code": 3}, {"code": 4}],
        "messages": [message(json!({"type": "interactive"}))],
    }));
    let error = view::inbound(&accepted.inbound[0])["platform_error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("1: xxx") && error.ends_with("; 2: ; 3: "), "{error}");
    assert!(error.len() < 600);
}
