use crate::broker::Broker;
use bytes::Bytes;
use futures::future::join_all;
use segnalalo_kit::{
    bus::{PublishError, Stream},
    telemetry::Metrics,
};

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_callers_at_once_are_all_stored_in_a_few_batches() {
    let broker = Broker::start();
    let mut config = broker.config_of("test");
    let metrics = Metrics::new("test");
    config.metrics = Some(metrics.clone());
    let bus = segnalalo_kit::bus::Bus::connect(&config).await.unwrap();
    crate::broker::until("connected", || bus.is_connected()).await;
    crate::broker::ensure(&bus).await;
    let publisher = bus.publisher(Stream::Inbound);
    let calls = (0..500).map(|number| {
        let publisher = publisher.clone();
        async move { publisher.publish("inbound.facebook", Bytes::from(format!("{number}")), "").await }
    });
    for outcome in join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(crate::topology::info(&broker, "INBOUND").await.state.messages, 500);
    let text = metrics.render();
    assert!(text.contains("bus_published_total{outcome=\"stored\",stream=\"INBOUND\"} 500"), "{text}");
    let commits = text.lines().find_map(|line| line.strip_prefix("bus_commit_seconds_count{stream=\"INBOUND\"} "));
    assert!(commits.unwrap().parse::<u32>().unwrap() < 50, "{text}");
}

#[tokio::test]
async fn one_body_of_many_messages_is_stored_in_its_order() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let payloads: Vec<Bytes> = (0..2500).map(|number| Bytes::from(format!("{number}"))).collect();
    bus.publisher(Stream::Observed).publish_all("observed.triage", payloads.clone(), "").await.unwrap();
    assert_eq!(crate::topology::payloads(&broker, "OBSERVED").await, payloads);
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_an_error_and_no_wait() {
    let broker = Broker::start();
    let bus = broker.bus().await;
    let publisher = bus.publisher(Stream::Inbound);
    let one = publisher.publish("inbound.facebook", Bytes::from("1"), "").await;
    assert!(matches!(one, Err(PublishError::Unavailable(_))), "{one:?}");
    let several = publisher.publish_all("inbound.facebook", vec![Bytes::from("1"); 3], "").await;
    assert!(matches!(several, Err(PublishError::Unavailable(_))), "{several:?}");
}

#[tokio::test]
async fn without_a_broker_a_publish_fails_at_once() {
    let broker = Broker::absent();
    let bus = segnalalo_kit::bus::Bus::connect(&broker.config_of("test")).await.unwrap();
    assert!(!bus.is_connected());
    let started = tokio::time::Instant::now();
    let outcome = bus.publisher(Stream::Inbound).publish("inbound.facebook", Bytes::new(), "").await;
    assert!(matches!(outcome, Err(PublishError::Unavailable(_))), "{outcome:?}");
    assert!(started.elapsed().as_secs() < 1);
}

#[tokio::test]
async fn more_bytes_than_may_wait_are_refused() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let publisher = bus.publisher(Stream::Inbound);
    let large = Bytes::from(vec![1; 6 * 1024 * 1024]);
    let calls = (0..12).map(|_| publisher.publish("inbound.facebook", large.clone(), ""));
    let outcomes = join_all(calls).await;
    assert!(outcomes.iter().filter(|outcome| outcome.is_ok()).count() >= 10);
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(PublishError::Overloaded))));
}

#[tokio::test]
async fn what_would_spoil_a_batch_is_refused_alone() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let publisher = bus.publisher(Stream::Inbound);
    let huge = Bytes::from(vec![1; 9 * 1024 * 1024]);
    let (good, too_large, elsewhere) = tokio::join!(
        publisher.publish("inbound.facebook", Bytes::from("1"), ""),
        publisher.publish("inbound.facebook", huge, ""),
        publisher.publish("observed.triage", Bytes::from("1"), ""),
    );
    good.unwrap();
    assert!(matches!(too_large, Err(PublishError::Unacceptable(_))), "{too_large:?}");
    assert!(matches!(elsewhere, Err(PublishError::Unacceptable(_))), "{elsewhere:?}");
}
