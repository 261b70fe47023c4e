use crate::given::{Answer, PAGE, Rehearsal, code, rehearsal};
use serde_json::{Value, json};

async fn citizen_writes(rehearsal: &Rehearsal) -> String {
    let done = rehearsal.act("messenger/messages", json!({"author": "Giulia", "text": "Buonasera"})).await;
    done["author_id"].as_str().unwrap().to_owned()
}

async fn send(rehearsal: &Rehearsal, recipient: Value, more: Value) -> Answer {
    let mut body = json!({
        "recipient": recipient, "messaging_type": "RESPONSE", "message": {"text": "Grazie", "metadata": "aa.1"},
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rehearsal.post(&format!("{PAGE}/messages"), body).await
}

#[tokio::test]
async fn a_message_is_echoed_with_its_metadata_and_its_delivery_told() {
    let rehearsal = rehearsal().await;
    let person = citizen_writes(&rehearsal).await;
    let (status, done) = send(&rehearsal, json!({"id": person}), json!({})).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(done["recipient_id"], person);
    let events = rehearsal.receiver.count(3).await;
    assert_eq!(events[0]["sender"]["id"], person);
    assert_eq!(events[0]["timestamp"], 1_772_442_000_000_i64);
    let echo = &events[1]["message"];
    assert_eq!((&events[1]["sender"]["id"], &events[1]["recipient"]["id"]), (&json!(PAGE), &json!(person)));
    assert_eq!(
        (&echo["is_echo"], &echo["metadata"], &echo["mid"]),
        (&json!(true), &json!("aa.1"), &done["message_id"])
    );
    assert!(echo["app_id"].is_number());
    assert_eq!(events[2]["delivery"]["mids"][0], done["message_id"]);
    assert_eq!(rehearsal.ledger().await.0[0]["callback"], "aa.1");
}

#[tokio::test]
async fn the_window_closes_after_24_hours_and_after_7_days_for_people() {
    let rehearsal = rehearsal().await;
    let person = json!({"id": citizen_writes(&rehearsal).await});
    let human = json!({"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"});
    rehearsal.later(25).await;
    assert_eq!(code(&send(&rehearsal, person.clone(), json!({})).await), (403, 10, 2_018_278));
    assert_eq!(send(&rehearsal, person.clone(), human.clone()).await.0, 200);
    rehearsal.later(6 * 24).await;
    assert_eq!(code(&send(&rehearsal, person, human).await), (403, 10, 2_018_278));
}

#[tokio::test]
async fn what_meta_would_refuse_is_refused() {
    let rehearsal = rehearsal().await;
    let person = json!({"id": citizen_writes(&rehearsal).await});
    let text = |text: String| json!({"message": {"text": text}});
    assert_eq!(code(&send(&rehearsal, json!({"id": "7"}), json!({})).await), (400, 100, 2_018_001));
    assert_eq!(code(&send(&rehearsal, person.clone(), text("à".repeat(2000))).await), (400, 100, 0));
    assert_eq!(send(&rehearsal, person.clone(), text("à".repeat(1999))).await.0, 200);
    let retired = json!({"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"});
    assert_eq!(code(&send(&rehearsal, person.clone(), retired).await), (400, 100, 0));
    assert_eq!(code(&send(&rehearsal, person.clone(), json!({"messaging_type": "SHOUT"})).await), (400, 100, 0));
    let both = send(&rehearsal, person.clone(), json!({"sender_action": "typing_on"})).await;
    assert_eq!(code(&both), (400, 100, 2_018_014));
    let (status, typing) =
        rehearsal.post("me/messages", json!({"recipient": person, "sender_action": "typing_on"})).await;
    assert_eq!((status, &typing["recipient_id"]), (200, &person["id"]));
}

#[tokio::test]
async fn a_comment_is_replied_to_in_private_once_and_within_a_week() {
    let rehearsal = rehearsal().await;
    let post = rehearsal.act("facebook/posts", json!({"author": "Elena", "text": "ciao"})).await;
    let path = format!("facebook/posts/{}/comments", post["id"].as_str().unwrap());
    let first = rehearsal.act(&path, json!({"author": "Marco", "text": "uno"})).await;
    let second = rehearsal.act(&path, json!({"author": "Marco", "text": "due"})).await;
    let (status, done) = send(&rehearsal, json!({"comment_id": first["id"]}), json!({})).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(done["recipient_id"], first["author_id"]);
    assert_eq!(code(&send(&rehearsal, json!({"comment_id": first["id"]}), json!({})).await), (400, 10_900, 0));
    // Only when he answers is the window open.
    assert_eq!(code(&send(&rehearsal, json!({"id": first["author_id"]}), json!({})).await).2, 2_018_278);
    assert_eq!(code(&send(&rehearsal, json!({"comment_id": "1_2"}), json!({})).await).2, 2_534_025);
    rehearsal.later(8 * 24).await;
    assert_eq!(code(&send(&rehearsal, json!({"comment_id": second["id"]}), json!({})).await).2, 2_534_022);
    let entry = &rehearsal.ledger().await.0[0];
    assert_eq!(entry["to"], format!("comment:{}", first["id"].as_str().unwrap()));
}
