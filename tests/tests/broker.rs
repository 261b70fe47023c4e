//! The broker as the tests and production start it: what it has acknowledged survives its death.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use bytes::Bytes;
use segnalalo_kit::bus::{AppendError, Bus, BusConfig};
use segnalalo_tests::harness::{Broker, wait_until};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

const SOON: Duration = Duration::from_secs(20);

async fn bus(broker: &Broker) -> Bus {
    let bus = Bus::connect(&BusConfig::new(broker.url(), "test")).await.unwrap();
    wait_until("connected", SOON, async || bus.topology().ensure().await.is_ok()).await.unwrap();
    bus
}

fn record(text: &'static str) -> (String, Bytes) {
    ("events.log.test".to_owned(), Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn what_it_acknowledged_is_there_after_a_kill() {
    let mut broker = Broker::start().await.unwrap();
    let bus = bus(&broker).await;
    bus.events_log().append(0, &[record("one"), record("two")]).await.unwrap();
    broker.kill().unwrap();
    broker.restart().await.unwrap();
    let events = bus.events_log();
    wait_until("EVENTS is read again", SOON, async || events.last().await.is_ok()).await.unwrap();
    assert_eq!(events.last().await.unwrap(), Some((2, Bytes::from_static(b"two"))));
    assert!(matches!(events.append(1, &[record("three")]).await, Err(AppendError::WrongLast { actual: 2 })));
}

#[tokio::test]
async fn what_it_keeps_cannot_be_read_in_its_files() {
    const WORDS: &str = "a-name-that-stands-nowhere-else";
    let mut broker = Broker::start().await.unwrap();
    let bus = bus(&broker).await;
    bus.events_log().append(0, &[record(WORDS)]).await.unwrap();
    broker.kill().unwrap();
    let files = files(&broker.store());
    assert!(files.iter().any(|file| file.extension().is_some_and(|extension| extension == "blk")), "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(WORDS.len()).any(|window| window == WORDS.as_bytes()), "{}", file.display());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_wiped_broker_comes_back_empty() {
    let mut broker = Broker::start().await.unwrap();
    let bus = bus(&broker).await;
    bus.events_log().append(0, &[record("one")]).await.unwrap();
    broker.wipe().unwrap();
    broker.restart().await.unwrap();
    wait_until("the streams are made again", SOON, async || bus.topology().ensure().await.is_ok()).await.unwrap();
    assert_eq!(bus.events_log().last().await.unwrap(), None);
}

#[tokio::test]
async fn a_paused_broker_goes_on_where_it_stood() {
    let mut broker = Broker::start().await.unwrap();
    let bus = bus(&broker).await;
    broker.pause().await.unwrap();
    let append = tokio::spawn(async move { bus.events_log().append(0, &[record("one")]).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!append.is_finished(), "it was answered by a broker that stands still");
    broker.resume().unwrap();
    append.await.unwrap().unwrap();
    broker.stop().await.unwrap();
}
