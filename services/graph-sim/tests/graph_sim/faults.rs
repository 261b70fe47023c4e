use crate::given::{Rehearsal, code, rehearsal};
use serde_json::{Value, json};
use std::time::Duration;

async fn given() -> Rehearsal {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    rehearsal
}

/// No answer that one could read.
async fn breaks(rehearsal: &Rehearsal) {
    let body = json!({
        "messaging_product": "whatsapp", "to": crate::given::PHONE, "type": "text",
        "text": {"body": "Ciao"}, "biz_opaque_callback_data": "aa.1",
    });
    let request = rehearsal.graph("POST", &format!("{}/messages", crate::given::NUMBER)).json(&body);
    let answer = match request.timeout(Duration::from_millis(400)).send().await {
        Ok(answer) => answer.json::<Value>().await.is_err(),
        Err(_) => true,
    };
    assert!(answer, "an answer came");
}

async fn ledger_holds(rehearsal: &Rehearsal, accepted: usize, refused: usize) {
    let ledger = rehearsal.ledger().await;
    assert_eq!((ledger.0.len(), ledger.1.len()), (accepted, refused), "{ledger:?}");
}

#[tokio::test]
async fn what_is_accepted_before_the_connection_breaks_is_in_the_ledger_and_has_its_statuses() {
    for fault in ["timeout_after", "reset_after", "reset_mid_answer", "garbage_200"] {
        let rehearsal = given().await;
        rehearsal.fault(json!(fault)).await;
        breaks(&rehearsal).await;
        ledger_holds(&rehearsal, 1, 0).await;
        assert_eq!(rehearsal.ledger().await.0[0]["callback"], "aa.1", "{fault}");
        let told = |events: &[Value]| events.iter().any(|event| event["statuses"][0]["status"] == "delivered");
        rehearsal.receiver.until("delivered", told).await;
        rehearsal.stop().await;
    }
}

#[tokio::test]
async fn what_breaks_before_it_is_accepted_reaches_nobody() {
    for fault in [
        json!("timeout_before"),
        json!("reset_before"),
        json!("http_500"),
        json!({"garbage_200": true, "accepted": false}),
    ] {
        let rehearsal = given().await;
        rehearsal.fault(fault).await;
        breaks(&rehearsal).await;
        ledger_holds(&rehearsal, 0, 1).await;
        let chat = rehearsal.see("state").await["chats"][0]["messages"].as_array().unwrap().len();
        assert_eq!(chat, 1);
        assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.2").await.0, 200);
        rehearsal.stop().await;
    }
}

#[tokio::test]
async fn a_500_may_hide_an_accepted_message() {
    let rehearsal = given().await;
    rehearsal.fault(json!({"http_500": true, "accepted": true})).await;
    assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.1").await.0, 500);
    ledger_holds(&rehearsal, 1, 0).await;
}

#[tokio::test]
async fn an_error_is_answered_as_it_was_ordered_as_often_as_it_was_ordered() {
    let rehearsal = given().await;
    let error = json!({
        "code": 4, "subcode": 99, "http": 429, "message": "(#4) Troppe richieste", "is_transient": true,
        "headers": {"x-app-usage": "{\"call_count\":100}"},
    });
    rehearsal.act("faults", json!({"fault": {"error": error}, "times": 2})).await;
    for _ in 0..2 {
        let answer = rehearsal.send_whatsapp("Ciao", "aa.1").await;
        assert_eq!(code(&answer), (429, 4, 99));
        assert_eq!(answer.1["error"]["is_transient"], true);
    }
    assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.2").await.0, 200);
    ledger_holds(&rehearsal, 1, 2).await;
}

#[tokio::test]
async fn a_fault_waits_for_its_channel_and_its_text() {
    let rehearsal = given().await;
    let wanted = json!({"channel": "whatsapp", "text_contains": "protocollo"});
    rehearsal.act("faults", json!({"match": wanted, "fault": {"error": {"code": 131_016}}})).await;
    assert_eq!(rehearsal.send_whatsapp("Grazie", "aa.1").await.0, 200);
    let post = rehearsal.act("facebook/posts", json!({"author": "Ada", "text": "ciao"})).await;
    let comments = format!("{}/comments", post["id"].as_str().unwrap());
    assert_eq!(rehearsal.post(&comments, json!({"message": "protocollo 1"})).await.0, 200);
    assert_eq!(code(&rehearsal.send_whatsapp("Il protocollo è 1", "bb.1").await), (500, 131_016, 0));
    assert!(rehearsal.see("faults").await["faults"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn faults_are_listed_and_cleared() {
    let rehearsal = given().await;
    let id = rehearsal.act("faults", json!({"match": "any", "fault": "http_500", "times": 0})).await["id"].clone();
    let listed = rehearsal.see("faults").await;
    assert_eq!(listed["faults"][0]["fault"]["http_500"], true);
    assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.1").await.0, 500);
    assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.1").await.0, 500);
    let url = format!("{}/_sim/faults/{id}", rehearsal.base);
    assert!(rehearsal.http.delete(url).send().await.unwrap().status().is_success());
    assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.1").await.0, 200);
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused() {
    let rehearsal = given().await;
    let url = format!("{}/_sim/faults", rehearsal.base);
    let answer = rehearsal.http.post(url).json(&json!({"fault": "explode"})).send().await.unwrap();
    assert!(answer.status().is_client_error());
}

#[tokio::test]
async fn a_delay_is_kept() {
    let rehearsal = given().await;
    rehearsal.fault(json!({"delay_ms": 200})).await;
    let start = segnalalo_kit::clock::monotonic();
    assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.1").await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(200));
}
