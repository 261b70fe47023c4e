//! Triage or the registry stopped: webhooks are still answered, nobody is forgotten, and all is caught up after.

use super::city::{City, SOON};
use segnalalo_tests::harness::{Service, wait_until};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn without_triage_the_urp_gets_tickets_after_thirty_seconds_and_they_are_classified_after() {
    let mut city = City::start().await;
    city.processes.kill(Service::Triage).unwrap();
    for n in 0..10 {
        city.whatsapp(&format!("39320{n:07}"), &format!("lampione spento in via Torino {n}")).await;
    }
    wait_until("tickets for the URP", PATIENCE, async || city.tickets().await.len() == 10).await.unwrap();
    assert!(city.tickets().await.iter().all(|ticket| !ticket.classified));
    city.processes.start(Service::Triage).await.unwrap();
    wait_until("all are classified", SOON, async || city.tickets().await.iter().all(|ticket| ticket.classified))
        .await
        .unwrap();
    assert!(city.tickets().await.iter().all(|ticket| ticket.office == "LUCE"));
    assert_eq!(city.tickets().await.len(), 10);
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
