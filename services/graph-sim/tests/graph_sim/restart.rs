use crate::given::{PAGE, with};
use serde_json::json;

#[tokio::test]
async fn wall_chats_and_ledger_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let before = with([("SEGNALALO_DATA_DIR", data)]).await;
    let post = before.act("facebook/posts", json!({"author": "Ada", "text": "buca", "photo": "buca"})).await;
    let post = post["id"].as_str().unwrap().to_owned();
    before.post(&format!("{post}/comments"), json!({"message": "Presa in carico"})).await;
    before.citizen_writes("Ciao").await;
    before.send_whatsapp("Grazie", "aa.1").await;
    let written = json!({"author": "Ada", "text": "privato"});
    let person = before.act("messenger/messages", written).await["author_id"].clone();
    before.receiver.count(6).await;
    let (wall, ledger) = (before.see("state").await["wall"].clone(), before.see("ledger").await);
    before.stop().await;

    let after = with([("SEGNALALO_DATA_DIR", data)]).await;
    assert_eq!(after.see("state").await["wall"], wall);
    assert_eq!(after.see("ledger").await, ledger);
    assert_eq!(after.send_whatsapp("Ancora", "aa.2").await.0, 200);
    let body = json!({"recipient": {"id": person}, "message": {"text": "Grazie"}});
    assert_eq!(after.post(&format!("{PAGE}/messages"), body).await.0, 200);
    let (accepted, _) = after.ledger().await;
    let numbers: Vec<u64> = accepted.iter().map(|entry| entry["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_webhook_that_nobody_took_is_sent_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let before = with([("SEGNALALO_DATA_DIR", data), ("GRAPH_SIM_RETRIES_MS", "60000")]).await;
    before.receiver.refuse(100);
    before.citizen_writes("Lampione spento").await;
    before.stop().await;

    let after = with([("SEGNALALO_DATA_DIR", data)]).await;
    let events = after.receiver.count(1).await;
    assert_eq!(events[0]["messages"][0]["text"]["body"], "Lampione spento");
    after.stop().await;

    let third = with([("SEGNALALO_DATA_DIR", data)]).await;
    assert_eq!(third.see("webhooks").await["counts"]["pending"], 0);
}

#[tokio::test]
async fn without_a_data_folder_it_begins_anew() {
    let before = with::<&str>([]).await;
    before.citizen_writes("Ciao").await;
    before.stop().await;
    let after = with::<&str>([]).await;
    assert!(after.see("state").await["chats"].as_array().unwrap().is_empty());
}
