//! A city whose clock can be moved, and what its log says of terms.

use super::city::{City, SOON};
use jiff::Timestamp;
use segnalalo_proto::{convert, registry::v1::WatchRequest};
use segnalalo_tests::{harness::wait_until, terms::Terms};

pub async fn city() -> City {
    let mut city = City::prepare().await;
    city.processes.set("SEGNALALO_DEMO_CLOCK", "on");
    // What was said to a registry that was being restarted is said again soon.
    city.processes.set("SLA_CLOCK_RETRY_SECONDS", "2");
    city.processes.start_all().await.unwrap();
    city
}

/// `segnalalo clock ...`; the time that it says it is, or why not.
pub fn clock(city: &City, arguments: &[&str]) -> Result<Timestamp, String> {
    let arguments = [&["clock"], arguments, &["--json"]].concat();
    let done = city.processes.command(&arguments).unwrap().output().unwrap();
    if !done.status.success() {
        return Err(String::from_utf8(done.stderr).unwrap());
    }
    let said: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    Ok(said["now"].as_str().unwrap().parse().unwrap())
}

pub fn to(city: &City, local: &str) -> Timestamp {
    clock(city, &["to", local]).unwrap()
}

/// What the log says of terms.
pub async fn terms(city: &City) -> Terms {
    let records = city.verify().await.records;
    let mut watched = city.tickets_client().await.watch(WatchRequest { after_position: 0 }).await.unwrap().into_inner();
    let mut log = Vec::new();
    for _ in 0..records {
        log.push(convert::read(&watched.message().await.unwrap().unwrap().record).unwrap());
    }
    Terms::of(&log)
}

pub async fn all_came(city: &City, about: &str, now: Timestamp) -> Terms {
    wait_until(&format!("{about}: all rungs until {now}"), SOON, async || terms(city).await.missing(now).is_empty())
        .await
        .unwrap();
    let terms = terms(city).await;
    assert_eq!(terms.wrong(), [""; 0], "{about}");
    terms
}
