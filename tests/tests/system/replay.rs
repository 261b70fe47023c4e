//! Every recorded body, posted twice: each report is one ticket with one receipt, and the second time changes nothing.

use super::city::City;
use segnalalo_tests::harness::{Folder, root};
use std::{collections::BTreeSet, time::Duration};

/// When the youngest fixtures were recorded, in seconds since 1970: 22 November 2026.
const RECORDED: i64 = 1_795_366_000;

/// The fixtures as if they were recorded now: Meta's windows for answers run from when a citizen wrote.
fn recorded_now() -> Folder {
    let folder = Folder::new("fixtures").unwrap();
    let shift = segnalalo_kit::clock::Clock::now(&segnalalo_kit::clock::SystemClock).as_second() - RECORDED;
    for kind in ["facebook", "messenger", "whatsapp"] {
        std::fs::create_dir_all(folder.join(kind)).unwrap();
        for entry in std::fs::read_dir(root().join("tests/fixtures").join(kind)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = shifted(&std::fs::read_to_string(&path).unwrap(), shift);
                std::fs::write(folder.join(kind).join(path.file_name().unwrap()), text).unwrap();
            }
        }
    }
    folder
}

/// Instants in seconds (10 digits) and milliseconds (13 digits), moved; ids have other lengths or beginnings.
fn shifted(text: &str, seconds: i64) -> String {
    let mut moved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        moved.push_str(&rest[..at]);
        let length = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = rest[at..].split_at(length);
        let inside_word = moved.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        match (length, digits.starts_with("1795"), inside_word) {
            (10, true, false) => moved.push_str(&(digits.parse::<i64>().unwrap() + seconds).to_string()),
            (13, true, false) => moved.push_str(&(digits.parse::<i64>().unwrap() + seconds * 1000).to_string()),
            _ => moved.push_str(digits),
        }
        rest = after;
    }
    moved + rest
}

/// Replays the fixtures by the binary, as an operator would; what it printed.
fn replay(city: &City, folder: &Folder) -> String {
    let folder = folder.join("");
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
    let fixtures = recorded_now();
    println!("{}", replay(&city, &fixtures));
    let (_, sent) = quiet(&city).await;
    let tickets = city.tickets().await;
    assert!(tickets.len() >= 20, "only {} tickets", tickets.len());
    let receipts = city.sent().await;
    for ticket in &tickets {
        let with_code = receipts.iter().filter(|sent| sent.text.contains(&ticket.code)).count();
        let expected = usize::from(ticket.kind() != segnalalo_proto::common::v1::Kind::AbusiveOrSpam);
        assert_eq!(with_code, expected, "receipts for {} ({})", ticket.code, ticket.summary);
    }
    println!("{}", replay(&city, &fixtures));
    let (_, sent_after) = quiet(&city).await;
    let again = city.tickets().await;
    let names = |tickets: &[segnalalo_proto::registry::v1::Ticket]| {
        tickets.iter().map(|ticket| ticket.ticket_id.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&again), names(&tickets), "the second time changes nothing");
    assert_eq!(sent_after, sent, "nobody is answered twice");
    assert_eq!(city.verify().await.fault, "");
}
