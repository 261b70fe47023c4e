use crate::given::{NUMBER, PHONE, Rehearsal, answer, code, rehearsal, with};
use serde_json::{Value, json};

fn statuses(events: &[Value]) -> Vec<&Value> {
    events.iter().filter_map(|event| event["statuses"].get(0)).collect()
}

fn words<'a>(statuses: &[&'a Value]) -> Vec<&'a str> {
    statuses.iter().map(|status| status["status"].as_str().unwrap()).collect()
}

async fn until_statuses(rehearsal: &Rehearsal, count: usize) -> Vec<Value> {
    rehearsal.receiver.until("statuses", |events| statuses(events).len() >= count).await
}

#[tokio::test]
async fn a_citizens_message_comes_with_number_name_and_business_scoped_id() {
    let rehearsal = rehearsal().await;
    let done = rehearsal.citizen_writes("Lampione spento").await;
    let events = rehearsal.receiver.count(1).await;
    assert_eq!(events[0]["metadata"]["phone_number_id"], NUMBER);
    assert_eq!(events[0]["contacts"][0]["profile"]["name"], "Marco");
    let message = &events[0]["messages"][0];
    assert_eq!(message["from"], PHONE);
    assert_eq!(message["from_user_id"], done["user_id"]);
    assert_eq!(message["id"], done["id"]);
    assert_eq!(message["timestamp"], "1772442000");
    assert_eq!(message["text"]["body"], "Lampione spento");
}

#[tokio::test]
async fn an_accepted_message_goes_through_sent_and_delivered_with_our_own_data() {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    let (status, done) = rehearsal.send_whatsapp("Presa in carico", "aa.1").await;
    assert_eq!(status, 200);
    assert_eq!(done["contacts"][0]["wa_id"], PHONE);
    let id = done["messages"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("wamid."));
    let events = until_statuses(&rehearsal, 2).await;
    let statuses = statuses(&events);
    assert_eq!(words(&statuses), ["sent", "delivered"]);
    assert!(statuses.iter().all(|status| status["id"] == id && status["biz_opaque_callback_data"] == "aa.1"));
    let (accepted, _) = rehearsal.ledger().await;
    assert_eq!(accepted[0]["callback"], "aa.1");
    assert_eq!(accepted[0]["to"], PHONE);
    assert_eq!(accepted[0]["channel"], "whatsapp");
}

#[tokio::test]
async fn who_has_the_chat_open_reads_at_once() {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    rehearsal.send_whatsapp("Prima", "aa.1").await;
    until_statuses(&rehearsal, 2).await;
    let stream = rehearsal.http.get(format!("{}/_sim/stream?phone={PHONE}", rehearsal.base)).send().await.unwrap();
    until_statuses(&rehearsal, 3).await;
    rehearsal.send_whatsapp("Dopo", "bb.1").await;
    let events = until_statuses(&rehearsal, 6).await;
    assert_eq!(words(&statuses(&events)), ["sent", "delivered", "read", "sent", "delivered", "read"]);
    drop(stream);
}

#[tokio::test]
async fn after_24_hours_only_a_template_reaches_the_citizen() {
    let rehearsal = rehearsal().await;
    assert_eq!(code(&rehearsal.send_whatsapp("Ciao", "aa.1").await), (400, 131_047, 0));
    rehearsal.citizen_writes("Ciao").await;
    rehearsal.later(24).await;
    assert_eq!(rehearsal.send_whatsapp("Ancora in tempo", "aa.2").await.0, 200);
    rehearsal.later(1).await;
    let late = rehearsal.send_whatsapp("Troppo tardi", "aa.3").await;
    assert_eq!(code(&late), (400, 131_047, 0));
    assert!(late.1["error"]["error_data"]["details"].as_str().unwrap().contains("24 hours"));
    assert_eq!(template(&rehearsal, "segnalalo_aggiornamento").await.0, 200);
    assert_eq!(code(&template(&rehearsal, "mai_approvato").await), (404, 132_001, 0));
    let (accepted, refused) = rehearsal.ledger().await;
    assert_eq!(accepted[1]["text"], "segnalalo_aggiornamento: 2026/0000001 | strade");
    assert_eq!(refused.len(), 3);
}

async fn template(rehearsal: &Rehearsal, name: &str) -> (u16, Value) {
    let parameters = json!([{"type": "text", "text": "2026/0000001"}, {"type": "text", "text": "strade"}]);
    let body = json!({
        "messaging_product": "whatsapp", "to": PHONE, "type": "template",
        "template": {"name": name, "language": {"code": "it"}, "components": [{"type": "body", "parameters": parameters}]},
    });
    rehearsal.post(&format!("{NUMBER}/messages"), body).await
}

#[tokio::test]
async fn what_meta_would_refuse_is_refused() {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    let send = |body: Value| rehearsal.post("106540352242922/messages", body);
    let whole = json!({"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": "ciao"}});
    let changed = |key: &str, value: Value| {
        let mut body = whole.clone();
        body[key] = value;
        body
    };
    assert_eq!(code(&send(changed("messaging_product", json!(null))).await).1, 100);
    assert_eq!(code(&send(changed("to", json!(""))).await).1, 100);
    assert_eq!(code(&send(changed("type", json!("fax"))).await).1, 100);
    assert_eq!(code(&send(changed("text", json!({}))).await).1, 131_008);
    assert_eq!(code(&send(changed("text", json!({"body": "à".repeat(4097)}))).await).1, 100);
    assert_eq!(code(&send(changed("to", json!("393601075737"))).await).1, 131_021);
    assert_eq!(send(changed("text", json!({"body": "à".repeat(4096)}))).await.0, 200);
    assert_eq!(rehearsal.ledger().await.1.len(), 6);
}

#[tokio::test]
async fn who_hides_his_number_is_answered_by_his_business_scoped_id() {
    let rehearsal = rehearsal().await;
    let said = json!({"from": PHONE, "name": "Ada", "text": "Ciao", "hide_number": true});
    let done = rehearsal.act("whatsapp/messages", said).await;
    let events = rehearsal.receiver.count(1).await;
    assert!(events[0]["messages"][0].get("from").is_none());
    assert!(events[0]["contacts"][0].get("wa_id").is_none());
    let body = json!({
        "messaging_product": "whatsapp", "recipient": done["user_id"], "type": "text", "text": {"body": "ciao"},
    });
    let (status, sent) = rehearsal.post(&format!("{NUMBER}/messages"), body).await;
    assert_eq!(status, 200, "{sent}");
    assert_eq!(sent["contacts"][0]["user_id"], done["user_id"]);
    let events = until_statuses(&rehearsal, 2).await;
    let status = statuses(&events)[0].clone();
    assert_eq!(status["recipient_user_id"], done["user_id"]);
    assert!(status.get("recipient_id").is_none());
}

#[tokio::test]
async fn a_read_receipt_turns_the_citizens_ticks() {
    let rehearsal = rehearsal().await;
    let done = rehearsal.citizen_writes("Ciao").await;
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": done["id"]});
    let (status, said) = rehearsal.post(&format!("{NUMBER}/messages"), body).await;
    assert_eq!((status, &said["success"]), (200, &json!(true)));
    assert_eq!(rehearsal.see("state").await["chats"][0]["messages"][0]["status"], "read");
    assert!(rehearsal.ledger().await.0.is_empty());
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.none"});
    assert_eq!(code(&rehearsal.post(&format!("{NUMBER}/messages"), body).await).1, 131_009);
}

#[tokio::test]
async fn a_photograph_is_downloaded_in_two_steps_within_five_minutes() {
    let rehearsal = rehearsal().await;
    let said = json!({"from": PHONE, "image": "buca", "caption": "guardate qui"});
    rehearsal.act("whatsapp/messages", said).await;
    let events = rehearsal.receiver.count(1).await;
    let image = &events[0]["messages"][0]["image"];
    assert_eq!(image["caption"], "guardate qui");
    let url = format!("{}/v25.0/{}", rehearsal.base, image["id"].as_str().unwrap());
    let (_, described) = answer(rehearsal.http.get(&url).bearer_auth("number-token")).await;
    assert_eq!(described["mime_type"], "image/jpeg");
    let bytes = described["url"].as_str().unwrap();
    let download = |token: &'static str| rehearsal.http.get(bytes).bearer_auth(token).send();
    let got = download("number-token").await.unwrap().bytes().await.unwrap();
    assert_eq!(got.len().to_string(), described["file_size"].as_str().unwrap());
    assert_eq!(download("page-token").await.unwrap().status(), 401);
    rehearsal.later(1).await;
    assert_eq!(download("number-token").await.unwrap().status(), 404);
}

#[tokio::test]
async fn every_kind_of_message_has_its_object() {
    let rehearsal = rehearsal().await;
    let place = json!({"latitude": 45.5661, "longitude": 8.0541, "name": "Piazza Duomo"});
    let contents = [
        ("audio", json!({"audio": true})),
        ("document", json!({"document": true})),
        ("location", json!({"location": place})),
        ("unsupported", json!({"unsupported": "poll"})),
        ("button", json!({"raw": {"type": "button", "button": {"payload": "ok", "text": "Sì"}}})),
    ];
    for (count, (kind, content)) in contents.into_iter().enumerate() {
        let mut said = content;
        said["from"] = json!(PHONE);
        rehearsal.act("whatsapp/messages", said).await;
        let events = rehearsal.receiver.count(count + 1).await;
        let message = &events[count]["messages"][0];
        assert_eq!(message["type"], kind);
        assert!(message[kind].is_object(), "{message}");
    }
}

#[tokio::test]
async fn a_message_can_fail_after_it_was_accepted() {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    let failure = json!({"code": 131_026, "message": "(#131026) Message undeliverable"});
    rehearsal.fault(json!({ "later_failure": failure })).await;
    assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.1").await.0, 200);
    let events = until_statuses(&rehearsal, 2).await;
    let statuses = statuses(&events);
    assert_eq!(words(&statuses), ["sent", "failed"]);
    assert_eq!(statuses[1]["errors"][0]["code"], 131_026);
    assert_eq!(statuses[1]["errors"][0]["title"], "Message undeliverable");
}

#[tokio::test]
async fn statuses_can_come_in_the_wrong_order() {
    let rehearsal = rehearsal().await;
    rehearsal.citizen_writes("Ciao").await;
    rehearsal.receiver.count(1).await;
    rehearsal.fault(json!({"reorder_webhooks": true})).await;
    rehearsal.send_whatsapp("Ciao", "aa.1").await;
    let events = until_statuses(&rehearsal, 2).await;
    assert_eq!(words(&statuses(&events)), ["delivered", "sent"]);
}

#[tokio::test]
async fn too_many_messages_to_one_person_are_refused_when_asked_for() {
    let rehearsal = with([("GRAPH_SIM_PAIR_RATE", "true")]).await;
    rehearsal.citizen_writes("Ciao").await;
    for _ in 0..45 {
        assert_eq!(rehearsal.send_whatsapp("Ciao", "aa.1").await.0, 200);
    }
    assert_eq!(code(&rehearsal.send_whatsapp("Ciao", "aa.1").await), (400, 131_056, 0));
}
