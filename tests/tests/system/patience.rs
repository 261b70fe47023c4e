//! Triage or the registry stopped: webhooks are still answered, nobody is forgotten, and all is caught up after.

use super::city::{City, SOON};
use segnalalo_tests::harness::{Service, wait_until};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn triage_may_be_down_for_a_minute_under_load() {
    const REPORTS: usize = 60;
    let mut city = City::start().await;
    city.processes.kill(Service::Triage).unwrap();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    for n in 0..REPORTS {
        seconds.tick().await;
        city.whatsapp(&format!("39320{n:07}"), &format!("lampione spento in via Torino {n}")).await;
    }
    let url = format!("{}/_sim/webhooks", city.processes.url(Service::GraphSim));
    wait_until("every webhook is answered 200", SOON, async || {
        let webhooks = city.http.json(&url).await.unwrap();
        webhooks["counts"]["pending"] == 0 && webhooks["counts"]["given_up"] == 0
    })
    .await
    .unwrap();
    let waiting = city.tickets().await;
    assert!(waiting.len() >= REPORTS / 3, "tickets for the URP after thirty seconds: {}", waiting.len());
    assert!(waiting.iter().all(|ticket| !ticket.classified));

    city.processes.start(Service::Triage).await.unwrap();
    wait_until("all are classified", PATIENCE, async || {
        let tickets = city.tickets().await;
        tickets.len() == REPORTS && tickets.iter().all(|ticket| ticket.classified && ticket.office == "LUCE")
    })
    .await
    .unwrap();
    wait_until("every citizen has a receipt", SOON, async || city.sent().await.len() == REPORTS).await.unwrap();
}

#[tokio::test]
async fn without_the_registry_messages_wait_in_the_broker() {
    let mut city = City::start().await;
    city.processes.kill(Service::Registry).unwrap();
    for n in 0..20 {
        city.whatsapp(&format!("39330{n:07}"), &format!("buca in via Italia {n}")).await;
    }
    let url = format!("{}/_sim/webhooks", city.processes.url(Service::GraphSim));
    wait_until("every webhook is answered 200", SOON, async || {
        city.http.json(&url).await.unwrap()["counts"]["delivered"].as_u64() >= Some(20)
    })
    .await
    .unwrap();
    city.processes.start(Service::Registry).await.unwrap();
    wait_until("every report is a ticket", SOON, async || city.tickets().await.len() == 20).await.unwrap();
    wait_until("every citizen has a receipt", SOON, async || city.sent().await.len() == 20).await.unwrap();
}
