use crate::given::{Rehearsal, rehearsal, with};
use segnalalo_kit::{config::Secret, webhook::signature};
use serde_json::json;

async fn post(rehearsal: &Rehearsal, text: &str) -> String {
    let done = rehearsal.act("facebook/posts", json!({"author": "Giulia", "text": text})).await;
    done["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_webhook_is_escaped_as_metas_and_signed_over_exactly_its_bytes() {
    let rehearsal = rehearsal().await;
    post(&rehearsal, "Perché la città è al buio? 50% <spenti> 🙏 a/b @sindaco #segnalaloaBiella").await;
    rehearsal.receiver.count(1).await;
    let received = rehearsal.receiver.all().remove(0);
    assert!(received.body.is_ascii());
    assert!(
        received
            .text()
            .contains(r"citt\u00e0 \u00e8 al buio? 50\u0025 \u003Cspenti\u003E \ud83d\ude4f a\/b \u0040sindaco")
    );
    let secret = [Secret::new("page-secret")];
    assert!(signature::verify(&secret, received.signature.as_ref().unwrap(), &received.body));
    let event = &received.events()[0];
    assert_eq!(event["message"], "Perché la città è al buio? 50% <spenti> 🙏 a/b @sindaco #segnalaloaBiella");
    assert_eq!(event["created_time"], 1_772_442_000);
}

#[tokio::test]
async fn raw_utf8_is_signed_over_its_own_bytes_too() {
    let rehearsal = with([("GRAPH_SIM_WEBHOOK_ENCODING", "utf8")]).await;
    post(&rehearsal, "città").await;
    rehearsal.receiver.count(1).await;
    let received = rehearsal.receiver.all().remove(0);
    assert!(received.text().contains("città"));
    assert!(signature::verify(&[Secret::new("page-secret")], received.signature.as_ref().unwrap(), &received.body));
}

#[tokio::test]
async fn a_webhook_that_is_refused_comes_again_until_it_is_taken() {
    let rehearsal = rehearsal().await;
    rehearsal.receiver.refuse(2);
    post(&rehearsal, "uno").await;
    rehearsal.receiver.count(1).await;
    let log = until_settled(&rehearsal).await;
    assert_eq!(log["webhooks"][0]["progress"], "delivered");
    let outcomes = log["webhooks"][0]["attempts"].as_array().unwrap();
    let outcomes: Vec<&str> = outcomes.iter().map(|attempt| attempt["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["503", "503", "200"]);
}

#[tokio::test]
async fn after_its_schedule_a_webhook_is_given_up() {
    let rehearsal = rehearsal().await;
    rehearsal.receiver.refuse(100);
    post(&rehearsal, "uno").await;
    let log = until_settled(&rehearsal).await;
    assert_eq!(log["webhooks"][0]["progress"], "given_up");
    assert_eq!(log["webhooks"][0]["attempts"].as_array().unwrap().len(), 4);
}

/// The receiver has a webhook before the sender knows.
async fn until_settled(rehearsal: &Rehearsal) -> serde_json::Value {
    for _ in 0..500 {
        let log = rehearsal.see("webhooks").await;
        if log["counts"]["pending"] == 0 {
            return log;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("webhooks are still pending");
}

#[tokio::test]
async fn a_fault_has_the_same_bytes_sent_twice() {
    let rehearsal = rehearsal().await;
    rehearsal.fault(json!({"duplicate_webhooks": 1})).await;
    post(&rehearsal, "doppio").await;
    rehearsal.receiver.count(2).await;
    let all = rehearsal.receiver.all();
    assert_eq!(all[0].body, all[1].body);
    post(&rehearsal, "singolo").await;
    assert_eq!(rehearsal.receiver.count(3).await.len(), 3);
}

#[tokio::test]
async fn a_signature_can_be_wrong_or_missing_on_purpose() {
    let rehearsal = rehearsal().await;
    rehearsal.fault(json!({"signature": "wrong"})).await;
    rehearsal.fault(json!({"signature": "missing"})).await;
    post(&rehearsal, "uno").await;
    rehearsal.receiver.count(1).await;
    post(&rehearsal, "due").await;
    rehearsal.receiver.count(2).await;
    let all = rehearsal.receiver.all();
    assert!(!signature::verify(&[Secret::new("page-secret")], all[0].signature.as_ref().unwrap(), &all[0].body));
    assert_eq!(all[1].signature, None);
}

#[tokio::test]
async fn webhooks_that_were_held_come_in_one_batch_last_first() {
    let rehearsal = rehearsal().await;
    rehearsal.act("webhooks/hold", json!({"to": "facebook"})).await;
    for text in ["uno", "due", "tre"] {
        post(&rehearsal, text).await;
    }
    assert_eq!(rehearsal.see("webhooks").await["counts"]["held"], 3);
    assert!(rehearsal.receiver.all().is_empty());
    let released = rehearsal.act("webhooks/release", json!({"reversed": true, "batched": true})).await;
    assert_eq!(released["released"], 3);
    let events = rehearsal.receiver.count(3).await;
    let texts: Vec<&str> = events.iter().map(|event| event["message"].as_str().unwrap()).collect();
    assert_eq!(texts, ["tre", "due", "uno"]);
    assert_eq!(rehearsal.receiver.all().len(), 1);
}

#[tokio::test]
async fn the_handshake_tells_whether_the_address_verifies_itself() {
    let rehearsal = rehearsal().await;
    let done = rehearsal.act("handshake", json!({})).await;
    assert_eq!(done["facebook"]["verified"], true);
    assert_eq!(done["whatsapp"]["verified"], false);
    assert_eq!(done["whatsapp"]["status"], 403);
}
