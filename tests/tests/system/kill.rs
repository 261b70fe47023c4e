//! kill -9 of everything in the middle of 200 reports: nothing lost, nothing doubled, numbers without a gap.

use super::city::{City, Sent};
use segnalalo_proto::registry::v1::{TakeInCharge, execute_request::Command};
use segnalalo_tests::harness::{Service, wait_until};
use std::{collections::BTreeMap, time::Duration};

const REPORTS: usize = 200;
const HEALED: Duration = Duration::from_secs(120);

fn number(n: usize) -> String {
    format!("39347{n:07}")
}

/// How often each citizen got something.
fn by_citizen(sent: &[Sent]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for sent in sent {
        *counts.entry(sent.to.trim_start_matches('+').to_owned()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_everything_is_killed_once() {
    let mut city = City::prepare().await;
    // What the kill of the notifier leaves unknown is shown to a person sooner than after ten minutes.
    city.processes.set("NOTIFIER_PROOF_WAIT_S", "5");
    city.processes.start_all().await.unwrap();
    let victims = [Service::Triage, Service::Notifier, Service::Registry, Service::SlaClock, Service::IngestWhatsapp];
    for n in 0..REPORTS {
        city.whatsapp(&number(n), &format!("c'è una buca in via Italia numero {n}")).await;
        if n % 25 == 15 {
            match victims.get(n / 25) {
                Some(victim) => city.processes.restart(*victim).await.unwrap(),
                None => city.broker.restart().await.unwrap(),
            }
        }
    }
    city.broker.restart().await.unwrap();
    wait_until("every report is a ticket", HEALED, async || city.tickets().await.len() >= REPORTS).await.unwrap();
    wait_until("every citizen has a receipt, or a person must look", HEALED, async || {
        city.sent().await.len() + held(&city).await >= REPORTS
    })
    .await
    .unwrap();

    let tickets = city.tickets().await;
    assert_eq!(tickets.len(), REPORTS);
    let counts = by_citizen(&city.sent().await);
    let doubled = counts.iter().filter(|(_, count)| **count > 1).collect::<Vec<_>>();
    assert!(doubled.is_empty(), "answered twice: {doubled:?}");

    for ticket in &tickets {
        city.act(ticket, Command::TakeInCharge(TakeInCharge::default())).await;
    }
    let mut numbers = city.tickets().await.into_iter().map(|ticket| ticket.protocol).collect::<Vec<_>>();
    numbers.sort();
    let year = numbers[0][..4].to_owned();
    let expected = (1..=REPORTS).map(|n| format!("{year}/{n:07}")).collect::<Vec<_>>();
    assert_eq!(numbers, expected);
    let report = city.verify().await;
    assert_eq!(report.fault, "", "at {}", report.fault_position);
}

async fn held(city: &City) -> usize {
    let request = segnalalo_proto::registry::v1::ListHeldRepliesRequest {};
    city.tickets_client().await.list_held_replies(request).await.map_or(0, |held| held.into_inner().replies.len())
}

#[tokio::test]
async fn after_a_restart_lists_and_states_are_the_same() {
    let mut city = City::start().await;
    for n in 0..20 {
        city.whatsapp(&number(n), &format!("lampione spento in via Torino {n}")).await;
    }
    wait_until("every report is a ticket", HEALED, async || city.tickets().await.len() == 20).await.unwrap();
    wait_until("every receipt is delivered", HEALED, async || city.sent().await.len() == 20).await.unwrap();
    let first = city.tickets().await[0].clone();
    city.act(&first, Command::TakeInCharge(TakeInCharge::default())).await;
    city.got("", "/0000001").await;
    let before = settled(&city).await;
    city.processes.restart(Service::Registry).await.unwrap();
    assert_eq!(city.tickets().await, before);
    for service in [Service::Triage, Service::Notifier, Service::SlaClock] {
        city.processes.restart(service).await.unwrap();
    }
    assert_eq!(city.tickets().await, before);
    assert_eq!(city.sent().await.len(), 21, "a rebuilt notifier sends nothing again");
}

/// The list once nothing changes any more.
async fn settled(city: &City) -> Vec<segnalalo_proto::registry::v1::Ticket> {
    let mut last = city.tickets().await;
    let mut same = 0;
    while same < 10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = city.tickets().await;
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}
