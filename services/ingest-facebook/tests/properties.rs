//! Bodies that nobody thought of: nothing panics, no element disappears, and whoever wrote to us is heard.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use proptest::{collection::vec, prelude::*};
use segnalalo_ingest_facebook::normalize::{Settings, normalize};
use segnalalo_kit::webhook::Accepted;
use segnalalo_proto::observation::v1::inbound::Observation;
use serde_json::{Map, Value, json};

const PAGE: &str = "104587321965874";

fn settings() -> Settings {
    Settings { page_id: PAGE.to_owned(), hashtag: "segnalaloaBiella".to_owned() }
}

fn read(body: &Value) -> Accepted {
    normalize(body.to_string().as_bytes(), &settings(), "2026-11-23T06:00:00Z".parse().unwrap()).unwrap()
}

/// Names that mean something to the normaliser, so that random objects get past its first questions.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "id", "mid", "text", "item", "verb", "field", "value", "from", "message", "post_id", "comment_id",
            "parent_id", "created_time", "photo", "photos", "link", "attachments", "payload", "type", "url", "is_echo",
            "is_deleted", "mids", "watermark", "sender", "recipient", "timestamp", "postback", "title", "reaction",
        ]).prop_map(str::to_owned),
        1 => "[a-z_]{1,8}",
    ]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "comment",
            "post",
            "photo",
            "reaction",
            "like",
            "add",
            "edited",
            "remove",
            "hide",
            "feed",
            "mention",
            PAGE,
            "104587321965874_1",
            "1_7",
            "#segnalaloaBiella",
            "image",
            "sticker",
            "location",
            "1795381000",
            "-1",
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
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
    fn no_element_of_any_list_disappears(
        changes in vec(value(), 0..4), messaging in vec(value(), 0..4), standby in vec(value(), 0..4),
    ) {
        let elements = changes.len() + messaging.len() + standby.len();
        let accepted = read(&json!({"object": "page", "entry": [
            {"id": PAGE, "changes": changes, "messaging": messaging, "standby": standby}
        ]}));
        prop_assert!(accepted.inbound.len() as u64 + accepted.ignored >= elements as u64);
        prop_assert!(accepted.inbound.iter().all(|one| !one.dedupe_key.is_empty() && one.channel != 0));
    }

    #[test]
    fn whoever_writes_to_the_page_in_private_is_heard(fields in object(), event in "[a-z]{8}", message in value()) {
        prop_assume!(!message.is_null());
        let mut element = fields;
        element.insert("sender".to_owned(), json!({"id": "555"}));
        element.insert("message".to_owned(), message.clone());
        element.insert(event, json!({}));
        let accepted = read(&json!({"object": "page", "entry": [{"id": PAGE, "messaging": [element]}]}));
        let heard = accepted.inbound.iter().any(|one| match &one.observation {
            Some(Observation::Message(message)) => message.author.as_ref().is_some_and(|author| author.id == "555"),
            // It says of itself that the page sent it.
            Some(Observation::OwnMessage(_)) => !message["is_echo"].is_null(),
            Some(Observation::Removal(_)) => true,
            _ => false,
        });
        prop_assert!(heard, "{accepted:?}");
    }

    #[test]
    fn whoever_writes_the_hashtag_on_the_page_is_heard(
        fields in object(), item in "[a-z]{4,12}", before in ".{0,20}", after in "([ .,!?].{0,20})?",
    ) {
        let mut value = fields;
        value.remove("comment_id");
        value.insert("item".to_owned(), json!(item));
        value.insert("verb".to_owned(), json!("add"));
        value.insert("from".to_owned(), json!({"id": "555"}));
        value.insert("post_id".to_owned(), json!("104587321965874_1"));
        value.insert("message".to_owned(), json!(format!("{before}#segnalaloaBiella{after}")));
        let accepted = read(&json!({"object": "page", "entry": [
            {"id": PAGE, "changes": [{"field": "feed", "value": value}]}
        ]}));
        let message = accepted.inbound.iter().any(|one| matches!(&one.observation, Some(Observation::Message(_))));
        prop_assert!(message, "{accepted:?}");
    }
}
