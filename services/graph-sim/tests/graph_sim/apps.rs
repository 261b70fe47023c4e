//! What Meta tells of apps, tokens and subscriptions.

use crate::given::{NUMBER, answer, code, rehearsal};
use serde_json::{Value, json};

const APP: &str = "1929931607227568";
const OTHER_APP: &str = "1929931607227569";
const ACCOUNT: &str = "102290129340398";

async fn ask(rehearsal: &crate::given::Rehearsal, path: &str, token: &str) -> (u16, Value) {
    answer(rehearsal.http.get(format!("{}/v25.0/{path}", rehearsal.base)).bearer_auth(token)).await
}

#[tokio::test]
async fn a_token_s_app_looks_into_it_and_nobody_else() {
    let rehearsal = rehearsal().await;
    assert_eq!(ask(&rehearsal, "app", "page-token").await.1["id"], APP);
    assert_eq!(ask(&rehearsal, "app", "number-token").await.1["id"], OTHER_APP);
    let app = format!("{APP}|page-secret");
    let look = |token: &str| format!("debug_token?input_token={token}");
    let seen = ask(&rehearsal, &look("page-token"), &app).await.1["data"].clone();
    assert_eq!((&seen["is_valid"], &seen["expires_at"]), (&json!(true), &json!(0)), "{seen}");
    assert_eq!(ask(&rehearsal, &look("nonsense"), &app).await.1["data"]["is_valid"], false);
    assert_eq!(code(&ask(&rehearsal, &look("number-token"), &app).await).1, 100);
    assert_eq!(code(&ask(&rehearsal, &look("page-token"), &format!("{APP}|guessed")).await).1, 190);
    let expired = json!({"state": "expired", "product": "facebook", "expires_at": 1_700_000_000});
    rehearsal.act("token", expired).await;
    let seen = ask(&rehearsal, &look("page-token"), &app).await.1["data"].clone();
    assert_eq!((&seen["is_valid"], &seen["error"]["subcode"]), (&json!(false), &json!(463)), "{seen}");
    rehearsal.stop().await;
}

#[tokio::test]
async fn subscriptions_and_templates_are_told() {
    let rehearsal = rehearsal().await;
    let page = format!("{}/subscribed_apps", crate::given::PAGE);
    let (_, before) = ask(&rehearsal, &page, "page-token").await;
    assert!(before["data"][0]["subscribed_fields"].as_array().unwrap().contains(&json!("feed")), "{before}");
    let url = format!("{}/v25.0/{page}", rehearsal.base);
    let less = rehearsal.http.post(&url).query(&[("subscribed_fields", "messages")]).bearer_auth("page-token");
    assert_eq!(answer(less).await.1["success"], true);
    let (_, after) = ask(&rehearsal, &page, "page-token").await;
    assert_eq!(after["data"][0]["subscribed_fields"], json!(["messages"]));
    assert_eq!(answer(rehearsal.http.delete(&url).bearer_auth("page-token")).await.1["success"], true);
    assert_eq!(ask(&rehearsal, &page, "page-token").await.1["data"], json!([]));

    let (_, dashboard) = ask(&rehearsal, &format!("{APP}/subscriptions"), &format!("{APP}|page-secret")).await;
    assert_eq!(dashboard["data"][0]["object"], "page", "{dashboard}");
    let (_, account) = ask(&rehearsal, &format!("{ACCOUNT}/subscribed_apps"), "number-token").await;
    assert_eq!(account["data"][0]["whatsapp_business_api_data"]["id"], OTHER_APP);
    let templates = format!("{ACCOUNT}/message_templates?name=segnalalo_ricevuta");
    let (_, templates) = ask(&rehearsal, &templates, "number-token").await;
    assert_eq!(templates["data"][0]["status"], "APPROVED", "{templates}");
    let (_, number) = ask(&rehearsal, &format!("{NUMBER}?fields=status,quality_rating"), "number-token").await;
    assert_eq!(number["status"], "CONNECTED", "{number}");
    rehearsal.stop().await;
}
