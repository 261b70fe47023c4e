//! Webhooks may have been replayed to the services by somebody else: their answers still find someone.

use crate::given::{NUMBER, PAGE, Rehearsal, code, with};
use serde_json::json;

async fn rehearsal() -> Rehearsal {
    with([("GRAPH_SIM_STRANGERS", "welcome")]).await
}

#[tokio::test]
async fn a_post_and_a_comment_that_never_came_through_here_are_answered() {
    let rehearsal = rehearsal().await;
    let (status, none) = rehearsal.get("104587321965874_77/comments?filter=stream").await;
    assert_eq!((status, &none["data"]), (200, &json!([])));
    for object in ["104587321965874_77", "77_88", "99_11"] {
        let (status, done) = rehearsal.post(&format!("{object}/comments"), json!({"message": "Grazie"})).await;
        assert_eq!(status, 200, "{object}: {done}");
        let (_, back) = rehearsal.get(&format!("{object}/comments?filter=stream")).await;
        assert!(back["data"].as_array().unwrap().iter().any(|comment| comment["id"] == done["id"]));
    }
    let (accepted, _) = rehearsal.ledger().await;
    let threads: Vec<&str> = accepted.iter().map(|entry| entry["in_thread"].as_str().unwrap()).collect();
    assert_eq!(threads, ["104587321965874_77", "77_88", "99_11"]);
    assert_eq!(rehearsal.see("state").await["wall"].as_array().unwrap().len(), 2);
    let nonsense = rehearsal.post("nonsense/comments", json!({"message": "Grazie"})).await;
    assert_eq!(code(&nonsense), (400, 100, 33));
}

#[tokio::test]
async fn people_who_never_wrote_here_are_answered() {
    let rehearsal = rehearsal().await;
    let body =
        json!({"recipient": {"id": "6780462125377510"}, "messaging_type": "RESPONSE", "message": {"text": "Grazie"}});
    assert_eq!(rehearsal.post(&format!("{PAGE}/messages"), body).await.0, 200);
    assert_eq!(rehearsal.send_whatsapp("Grazie", "aa.1").await.0, 200);
    let scoped = json!({
        "messaging_product": "whatsapp", "recipient": "IT.13491208655302741918", "type": "text", "text": {"body": "Grazie"},
    });
    let (status, done) = rehearsal.post(&format!("{NUMBER}/messages"), scoped).await;
    assert_eq!((status, &done["contacts"][0]["user_id"]), (200, &json!("IT.13491208655302741918")));
    assert_eq!(rehearsal.ledger().await.0.len(), 3);
}

#[tokio::test]
async fn who_wrote_here_has_his_24_hours_and_no_more() {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    rehearsal.later(25).await;
    assert_eq!(code(&rehearsal.send_whatsapp("Grazie", "aa.1").await), (400, 131_047, 0));
}

#[tokio::test]
async fn media_of_somebody_else_are_not_there() {
    let rehearsal = rehearsal().await;
    let url = format!("{}/v25.0/1003383421387256", rehearsal.base);
    let answer = crate::given::answer(rehearsal.http.get(url).bearer_auth("number-token")).await;
    assert_eq!(code(&answer), (400, 100, 33));
}
