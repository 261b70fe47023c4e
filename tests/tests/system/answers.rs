//! What is answered at once, without a person: 112, the state by protocol number, and a receipt on Messenger.

use super::city::{City, SOON};
use segnalalo_proto::registry::v1::{TakeInCharge, execute_request::Command};
use segnalalo_tests::harness::wait_until;
use serde_json::json;

#[tokio::test]
async fn an_emergency_is_answered_with_112_and_flagged() {
    let city = City::start().await;
    city.whatsapp("393330000001", "cavi elettrici scoperti che scintillano sul marciapiede di via Pajetta").await;
    let got = city.got("393330000001", "112").await;
    assert_eq!(got.len(), 1, "one message says it all: {got:#?}");
    assert!(got[0].text.contains("ATTENZIONE"), "{}", got[0].text);
    let ticket = city.ticket("scintillano").await;
    assert!(ticket.emergency);
}

#[tokio::test]
async fn who_has_the_number_learns_the_state_and_nothing_personal() {
    let city = City::start().await;
    city.whatsapp("393330000002", "lampione spento in via Torino 3").await;
    let ticket = city.ticket("lampione spento").await;
    let ticket = city.act(&ticket, Command::TakeInCharge(TakeInCharge::default())).await;
    city.got("393330000002", &ticket.protocol).await;
    city.whatsapp("393330000003", &format!("a che punto è il protocollo {}?", ticket.protocol)).await;
    let got = city.got("393330000003", "presa in carico").await;
    assert_eq!(got.len(), 1);
    for personal in ["393330000002", "Rossi", "lampione", "Torino"] {
        assert!(!got[0].text.contains(personal), "{personal} in: {}", got[0].text);
    }
    assert_eq!(city.tickets().await.len(), 1, "asking opens nothing");
}

#[tokio::test]
async fn a_report_on_messenger_is_answered_there() {
    let city = City::start().await;
    let body = json!({ "author": "Ugo Verdi", "text": "c'è una buca in via Italia davanti al 4" });
    city.sim("messenger/messages", &body).await;
    let ticket = city.ticket("buca in via Italia").await;
    wait_until("the receipt arrives on Messenger", SOON, async || {
        city.sent().await.iter().any(|sent| sent.channel == "messenger" && sent.text.contains(&ticket.code))
    })
    .await
    .unwrap();
    wait_until("its delivery stands in the history", SOON, async || {
        city.history(&ticket).await.iter().any(|entry| entry.event == "delivery_reported")
    })
    .await
    .unwrap();
    assert_eq!(city.sent().await.len(), 1);
}

#[tokio::test]
async fn a_colleagues_answer_by_hand_is_recorded() {
    let city = City::start().await;
    let post = city.post("Lucia Bianchi", "#segnalaloaBiella lampione spento in via Torino 9").await;
    let ticket = city.ticket("lampione spento").await;
    city.got(&post, &ticket.code).await;
    city.sim("facebook/colleague", &json!({ "thread": post, "text": "Buongiorno, ci pensiamo noi." })).await;
    wait_until("the colleague's words stand in the history", SOON, async || {
        let story = city.history(&ticket).await;
        story.iter().any(|entry| entry.event == "colleague_answered" && entry.text.contains("ci pensiamo"))
    })
    .await
    .unwrap();
    assert_eq!(city.tickets().await.len(), 1, "the page's own comments open nothing");
}
