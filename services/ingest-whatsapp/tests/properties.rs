//! Bodies that nobody thought of: nothing panics, no element disappears, and whoever wrote to us is heard.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use proptest::{collection::vec, prelude::*};
use segnalalo_ingest_whatsapp::normalize::{Settings, normalize};
use segnalalo_kit::webhook::Accepted;
use segnalalo_proto::{json::view, observation::v1::inbound::Observation};
use serde_json::{Map, Value, json};

const NUMBER: &str = "106540352242922";

fn settings() -> Settings {
    Settings { phone_number_id: NUMBER.to_owned() }
}

fn read(body: &Value) -> Accepted {
    normalize(body.to_string().as_bytes(), &settings(), "2026-11-23T06:00:00Z".parse().unwrap()).unwrap()
}

/// Names that mean something to the normaliser, so that random objects get past its first questions.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "id", "from_user_id", "timestamp", "text", "body", "image", "caption", "location", "latitude", "longitude",
            "contacts", "name", "phones", "button", "interactive", "list_reply", "nfm_reply", "response_json", "title",
            "errors", "code", "context", "forwarded", "reaction", "message_id", "emoji", "status", "edit", "order",
            "original_message_id", "message", "wa_id", "user_id", "profile", "metadata", "messages", "statuses",
        ]).prop_map(str::to_owned),
        1 => "[a-z_]{1,8}",
    ]
}

fn kind() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "text",
            "image",
            "audio",
            "document",
            "location",
            "contacts",
            "button",
            "interactive",
            "reaction",
            "order",
            "unsupported",
            "edit",
            "revoke",
        ])
        .prop_map(str::to_owned),
        "[a-z]{9}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((key(), inner), 0..6).prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    vec((key(), value()), 0..8).prop_map(|fields| fields.into_iter().collect())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in vec(any::<u8>(), 0..200)) {
        let _ = normalize(&body, &settings(), jiff::Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn no_element_of_any_list_disappears(messages in vec(value(), 0..4), statuses in vec(value(), 0..4), contacts in value()) {
        let elements = messages.len() + statuses.len();
        let accepted = read(&json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages",
            "value": {"messages": messages, "statuses": statuses, "contacts": contacts}}]}]}));
        prop_assert!(accepted.inbound.len() as u64 + accepted.ignored >= elements as u64);
        prop_assert!(accepted.inbound.iter().all(|one| !one.dedupe_key.is_empty() && one.channel != 0));
    }

    #[test]
    fn whoever_writes_to_us_is_heard(fields in object(), kind in kind(), content in value(), contacts in value()) {
        let mut message = fields;
        message.insert("from".to_owned(), json!("393330000101"));
        message.insert("type".to_owned(), json!(kind));
        message.insert(kind, content);
        let accepted = read(&json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages",
            "value": {"messages": [message], "contacts": contacts}}]}]}));
        prop_assert_eq!(accepted.inbound.len(), 1);
        let author = match &accepted.inbound[0].observation {
            Some(Observation::Message(message)) => message.author.clone(),
            Some(Observation::Edit(edit)) => edit.author.clone(),
            Some(Observation::Reaction(reaction)) => reaction.author.clone(),
            // What was taken back needs no author.
            Some(Observation::Removal(_)) => return Ok(()),
            _ => None,
        };
        let shown = view::inbound(&accepted.inbound[0]);
        prop_assert_eq!(author.map(|author| author.id), Some("393330000101".to_owned()), "{}", shown);
    }
}
