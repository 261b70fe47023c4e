use crate::{
    broker::{Broker, ensure, until},
    work_queue::{Noting, publish, run},
};
use bytes::Bytes;
use segnalalo_kit::{
    bus::{Bus, Outcome, Stream},
    health::Health,
    shutdown::Shutdown,
};
use std::{collections::BTreeSet, time::Duration};

#[tokio::test]
async fn a_broker_that_comes_late_is_found_and_said_to_be_there() {
    let mut broker = Broker::absent();
    let bus = Bus::connect(&broker.config_of("test")).await.unwrap();
    let health = Health::new("test");
    bus.report(health.component("broker"));
    let mut reconnects = bus.on_reconnect();
    until("it is said", || !health.is_ready()).await;
    broker.restart();
    tokio::time::timeout(crate::broker::PATIENCE, reconnects.changed()).await.unwrap().unwrap();
    until("ready", || health.is_ready()).await;
    broker.kill();
    until("not ready", || !health.is_ready()).await;
    broker.restart();
    until("ready again", || health.is_ready()).await;
}

#[tokio::test]
async fn a_work_queue_goes_on_after_the_broker_was_killed_or_came_back_empty() {
    let mut broker = Broker::start();
    let bus = broker.filled().await;
    let handler = Noting::new(|_| Outcome::Done);
    let shutdown = Shutdown::new();
    let running = run(&bus, &handler, &shutdown);
    publish(&bus, ["one".to_owned()]).await;
    until("one", || handler.texts().contains(&"one".to_owned())).await;
    broker.kill();
    until("gone", || !bus.is_connected()).await;
    broker.restart();
    until("back", || bus.is_connected()).await;
    ensure(&bus).await;
    publish(&bus, ["two".to_owned()]).await;
    until("two", || handler.texts().contains(&"two".to_owned())).await;
    broker.wipe();
    until("gone", || !bus.is_connected()).await;
    broker.restart();
    until("back", || bus.is_connected()).await;
    ensure(&bus).await;
    publish(&bus, ["three".to_owned()]).await;
    until("three", || handler.texts().contains(&"three".to_owned())).await;
    shutdown.cancel();
    running.await.unwrap();
}

/// Callers that try again as a platform does: what was confirmed is there after a kill -9, all of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_survives_the_broker_being_killed() {
    let mut broker = Broker::start();
    let bus = broker.filled().await;
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let publisher = bus.publisher(Stream::Inbound);
            tokio::spawn(async move {
                for number in 0..100 {
                    let text = Bytes::from(format!("{caller}/{number}"));
                    while publisher.publish("inbound.facebook", text.clone(), "").await.is_err() {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            })
        })
        .collect();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        broker.kill();
        broker.restart();
        until("back", || bus.is_connected()).await;
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let stored: BTreeSet<Bytes> = crate::topology::payloads(&broker, "INBOUND").await.into_iter().collect();
    assert_eq!(stored.len(), 800);
}
