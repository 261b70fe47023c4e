//! Every recorded body, posted twice: each report is one ticket with one receipt, and the second time changes nothing.

use super::city::City;
use segnalalo_tests::harness::root;
use std::{collections::BTreeSet, time::Duration};

/// Replays the fixtures by the binary, as an operator would; what it printed.
fn replay(city: &City) -> String {
    let folder = root().join("tests/fixtures");
    let output = city.processes.command(&["replay", folder.to_str().unwrap()]).unwrap().output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    text
}

/// Waits until neither the log nor the ledger grows.
async fn quiet(city: &City) -> (u64, usize) {
    let mut last = (0, 0);
    let mut same = 0;
    while same < 15 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = (city.verify().await.records, city.sent().await.len());
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

#[tokio::test]
async fn every_fixture_twice_gives_each_report_one_ticket_and_one_receipt() {
    let city = City::start().await;
    let url = city.processes.url(segnalalo_tests::harness::Service::IngestFacebook);
    assert!(url.starts_with("http://127.0.0.1"));
    println!("{}", replay(&city));
    let (_, sent) = quiet(&city).await;
    let tickets = city.tickets().await;
    assert!(tickets.len() >= 20, "only {} tickets", tickets.len());
    let receipts = city.sent().await;
    for ticket in &tickets {
        let with_code = receipts.iter().filter(|sent| sent.text.contains(&ticket.code)).count();
        let expected = usize::from(ticket.kind() != segnalalo_proto::common::v1::Kind::AbusiveOrSpam);
        assert_eq!(with_code, expected, "receipts for {} ({})", ticket.code, ticket.summary);
    }
    println!("{}", replay(&city));
    let (_, sent_after) = quiet(&city).await;
    let again = city.tickets().await;
    let names = |tickets: &[segnalalo_proto::registry::v1::Ticket]| {
        tickets.iter().map(|ticket| ticket.ticket_id.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&again), names(&tickets), "the second time changes nothing");
    assert_eq!(sent_after, sent, "nobody is answered twice");
    assert_eq!(city.verify().await.fault, "");
}
