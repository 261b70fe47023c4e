//! The rules that the recorded bodies don't show one by one.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_ingest_facebook::normalize::{Settings, normalize};
use segnalalo_kit::webhook::Accepted;
use segnalalo_proto::{json::view, observation::v1::inbound::Observation};
use serde_json::{Value, json};

const PAGE: &str = "104587321965874";
const POST: &str = "104587321965874_1";

fn read(body: &Value) -> Accepted {
    let settings = Settings { page_id: PAGE.to_owned(), hashtag: "segnalaloaBiella".to_owned() };
    normalize(body.to_string().as_bytes(), &settings, "2026-11-23T06:00:00Z".parse().unwrap()).unwrap()
}

fn feed(value: Value) -> Accepted {
    read(&json!({"object": "page", "entry": [
        {"id": PAGE, "time": 1795381200, "changes": [{"field": "feed", "value": value}]}
    ]}))
}

fn messaging(element: Value) -> Accepted {
    read(&json!({"object": "page", "entry": [{"id": PAGE, "time": 1795381200000u64, "messaging": [element]}]}))
}

/// The only observation, as it is shown.
fn only(accepted: &Accepted) -> Value {
    assert_eq!(accepted.inbound.len(), 1, "{accepted:?}");
    view::inbound(&accepted.inbound[0])
}

fn comment(more: Value) -> Value {
    let mut value = json!({
        "item": "comment", "verb": "add", "post_id": POST, "parent_id": POST, "comment_id": "1_7",
        "from": {"id": "555", "name": "Chi Scrive"}, "message": "anche qui", "created_time": 1795381000
    });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

#[test]
fn a_visitors_post_is_published_with_the_hashtag_and_counted_without_it() {
    let post = |text: &str| {
        feed(json!({"item": "post", "verb": "add", "post_id": POST, "from": {"id": "555"}, "message": text}))
    };
    let report = only(&post("Buca! #SegnalaloABIELLA, grazie"));
    assert_eq!(report["channel"], "facebook_post");
    assert_eq!(report["answer_to"], json!({"facebook_object_id": POST}));
    assert_eq!(report["thread"], json!({"post": POST}));
    assert_eq!(report["hashtag"], true);
    for other in ["Buca!", "#segnalaloaBiellaMare", ""] {
        let accepted = post(other);
        assert_eq!((accepted.inbound.len(), accepted.ignored), (0, 1), "{other}");
    }
}

#[test]
fn a_comments_thread_is_its_post_and_its_root_comment() {
    let first = only(&feed(comment(json!({}))));
    assert_eq!(first["thread"], json!({"post": POST, "root_comment": "1_7"}));
    assert_eq!(first["answer_to"], json!({"facebook_object_id": "1_7"}));
    assert_eq!(first["hashtag"], false);
    assert!(first.get("quoted").is_none());
    let reply = only(&feed(comment(json!({"parent_id": "1_3"}))));
    assert_eq!(reply["thread"], json!({"post": POST, "root_comment": "1_3"}));
    assert_eq!(reply["answer_to"], json!({"facebook_object_id": "1_3"}));
    assert_eq!(reply["quoted"], "1_3");
}

#[test]
fn a_comment_on_a_picture_of_the_post_is_no_reply() {
    let parent = format!("{PAGE}_998");
    let shown = only(&feed(comment(json!({"parent_id": parent}))));
    assert_eq!(shown["thread"]["root_comment"], "1_7");
}

#[test]
fn a_comment_that_names_no_post_has_the_one_in_its_id() {
    let shown = only(&feed(comment(json!({"post_id": null, "parent_id": null}))));
    assert_eq!(shown["thread"], json!({"post": POST, "root_comment": "1_7"}));
}

#[test]
fn what_the_page_says_itself_is_never_a_citizens_message() {
    let comment = feed(comment(json!({"from": {"id": PAGE}, "message": "Grazie! #segnalaloaBiella"})));
    assert_eq!(only(&comment)["kind"], "own_message");
    let post = json!({"item": "status", "verb": "add", "post_id": POST, "from": {"id": 104587321965874u64},
        "message": "Scrivete con #segnalaloaBiella"});
    assert_eq!(only(&feed(post))["kind"], "own_message");
    let echo = json!({"sender": {"id": PAGE}, "recipient": {"id": "555"}, "message": {"mid": "m_1", "text": "Grazie"}});
    let shown = only(&messaging(echo));
    assert_eq!((&shown["kind"], &shown["recipient"]), (&json!("own_message"), &json!({"messenger_psid": "555"})));
}

#[test]
fn both_spellings_of_every_verb_are_understood() {
    for (verb, kind) in [
        ("edit", "edit"),
        ("edited", "edit"),
        ("update", "edit"),
        ("remove", "removal"),
        ("delete", "removal"),
        ("hide", "removal"),
        ("unhide", "removal"),
    ] {
        assert_eq!(only(&feed(comment(json!({"verb": verb}))))["kind"], kind, "{verb}");
        let post = json!({"item": "post", "verb": verb, "post_id": POST, "from": {"id": "555"}, "message": "x"});
        assert_eq!(only(&feed(post))["kind"], kind, "{verb}");
    }
}

#[test]
fn a_second_delivery_has_the_same_key_and_another_edit_another() {
    let key = |more: Value| feed(comment(more)).inbound[0].dedupe_key.clone();
    assert_eq!(key(json!({})), key(json!({})));
    let edited = |text: &str, at: u64| key(json!({"verb": "edited", "message": text, "created_time": at}));
    assert_eq!(edited("a", 1795381000), edited("a", 1795381000));
    assert_ne!(edited("a", 1795381000), edited("b", 1795381000));
    assert_ne!(edited("a", 1795381000), edited("a", 1795381600));
    let signed = |signature: &str| key(json!({"verb": "edited", "photo": format!("https://cdn/x.jpg?oh={signature}")}));
    assert_eq!(signed("1"), signed("2"));
}

#[test]
fn a_mention_and_the_feed_tell_of_the_same_comment_under_the_same_key() {
    let value = comment(json!({"message": "#segnalaloaBiella buca"}));
    let mention =
        read(&json!({"object": "page", "entry": [{"id": PAGE, "changes": [{"field": "mention", "value": value}]}]}));
    assert_eq!(mention.inbound[0].dedupe_key, feed(value).inbound[0].dedupe_key);
}

#[test]
fn the_platforms_time_is_taken_unless_it_can_not_be() {
    let at = |created: Value| only(&feed(comment(json!({"created_time": created}))))["occurred_at"].clone();
    assert_eq!(at(json!(1795381000)), "2026-11-22T20:56:40Z");
    assert_eq!(at(json!("1795381000")), "2026-11-22T20:56:40Z");
    assert_eq!(at(json!(1795381000123u64)), "2026-11-22T20:56:40.123Z");
    // The entry's, where the element's own can't be.
    assert_eq!(at(json!(0)), "2026-11-22T21:00:00Z");
    assert_eq!(at(json!(99999999999u64)), "2026-11-22T21:00:00Z");
}

#[test]
fn a_sticker_that_is_sent_twice_counts_once() {
    let sticker = |kind: &str| json!({"type": kind, "payload": {"url": "https://cdn/s.png", "sticker_id": 7}});
    let message = json!({"mid": "m_1", "attachments": [sticker("image"), sticker("sticker"),
        {"type": "image", "payload": {"url": "https://cdn/photo.jpg"}}]});
    let shown = only(&messaging(json!({"sender": {"id": "555"}, "recipient": {"id": PAGE}, "message": message})));
    let types: Vec<&Value> = shown["attachments"].as_array().unwrap().iter().map(|found| &found["type"]).collect();
    assert_eq!(types, ["sticker", "image"]);
    let lone =
        messaging(json!({"sender": {"id": "555"}, "message": {"mid": "m_2", "attachments": [sticker("image")]}}));
    assert_eq!(only(&lone)["attachments"][0]["type"], "sticker");
}

#[test]
fn what_a_citizen_sends_and_nobody_understands_is_still_his_message() {
    for element in [
        json!({"sender": {"id": "555"}, "hologram": {"x": 1}}),
        json!({"sender": {"id": "555"}, "message": "just a string"}),
        json!({"sender": {"id": 555}, "message": {}}),
        json!({"sender": {"id": "555"}}),
        json!({"sender": {"id": "555"}, "reaction": {"action": "react"}}),
        json!({"sender": {"id": "555"}, "message_edit": {"text": "of nothing"}}),
    ] {
        let shown = only(&messaging(element.clone()));
        assert_eq!((&shown["kind"], &shown["content"]), (&json!("message"), &json!("unsupported")), "{element}");
        assert_eq!(shown["answer_to"], json!({"messenger_psid": "555"}), "{element}");
        assert!(!shown["raw"].is_null(), "{element}");
    }
}

#[test]
fn what_names_no_sender_is_kept_for_the_operator() {
    for element in
        [json!({"message": {"mid": "m_1", "text": "x"}}), json!({"sender": {"user_ref": "u"}, "message": {}}), json!(7)]
    {
        let shown = only(&messaging(element.clone()));
        assert_eq!((&shown["kind"], &shown["known"]), (&json!("notice"), &json!(false)), "{element}");
    }
}

#[test]
fn another_apps_conversation_is_never_taken_for_ours() {
    let standby = |element: Value| read(&json!({"object": "page", "entry": [{"id": PAGE, "standby": [element]}]}));
    let message = standby(json!({"sender": {"id": "555"}, "message": {"mid": "m_1", "text": "ciao"}}));
    assert_eq!(only(&message)["subject"], "standby");
    assert_eq!(standby(json!({"sender": {"id": "555"}, "read": {"watermark": 1}})).ignored, 1);
}

#[test]
fn one_element_that_can_not_be_read_takes_no_other_with_it() {
    let accepted = read(&json!({"object": "page", "entry": [
        7, null, {"id": PAGE},
        {"id": PAGE, "changes": [null, "x", {"field": "feed"}, {"field": "feed", "value": comment(json!({}))}]},
        {"id": PAGE, "changes": {"field": "feed", "value": comment(json!({"comment_id": "1_8"}))}},
        {"id": "999", "changes": [{"field": "feed", "value": {}}, {"field": "feed", "value": {}}]},
    ]}));
    let messages = accepted.inbound.iter().filter(|one| matches!(one.observation, Some(Observation::Message(_))));
    assert_eq!(messages.count(), 2);
    assert_eq!(accepted.ignored, 2);
}

#[test]
fn bodies_about_other_objects_are_counted() {
    let accepted = read(&json!({"object": "instagram", "entry": [{"id": "1", "changes": [{}, {}]}, {"id": "2"}]}));
    assert_eq!((accepted.inbound.len(), accepted.ignored), (0, 3));
}
