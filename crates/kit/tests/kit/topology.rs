use crate::broker::Broker;
use async_nats::jetstream::{self, consumer::pull, stream};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use segnalalo_kit::bus::{CONSUMER, Error, Stream};

async fn context(broker: &Broker) -> jetstream::Context {
    jetstream::new(async_nats::connect(&broker.config_of("test").url).await.unwrap())
}

/// Seen with a client of the test's own.
pub async fn info(broker: &Broker, stream: &str) -> stream::Info {
    let stream = context(broker).await.get_stream(stream).await.unwrap();
    stream.cached_info().clone()
}

pub async fn payloads(broker: &Broker, stream: &str) -> Vec<Bytes> {
    let stream = context(broker).await.get_stream(stream).await.unwrap();
    let state = &stream.cached_info().state;
    let mut payloads = Vec::new();
    for sequence in state.first_sequence.max(1)..=state.last_sequence {
        payloads.push(stream.get_raw_message(sequence).await.unwrap().payload);
    }
    payloads
}

#[tokio::test]
async fn the_streams_and_consumers_are_made_once_and_left_alone() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    bus.topology().ensure().await.unwrap();
    for name in ["INBOUND", "OBSERVED", "EVENTS", "DEAD"] {
        let config = info(&broker, name).await.config;
        assert!(config.allow_atomic_publish, "{name}");
        assert_eq!(config.storage, stream::StorageType::File, "{name}");
    }
    let events = info(&broker, "EVENTS").await.config;
    assert!(events.deny_delete && events.deny_purge && events.allow_direct);
    assert_eq!(info(&broker, "INBOUND").await.config.retention, stream::RetentionPolicy::WorkQueue);
    assert_eq!(info(&broker, "OBSERVED").await.state.consumer_count, 1);
}

#[tokio::test]
async fn consumers_made_anew_give_what_was_in_hand_first_and_in_order() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let publisher = bus.publisher(Stream::Inbound);
    for payload in ["one", "two"] {
        publisher.publish("inbound.test", Bytes::from(payload), "").await.unwrap();
    }
    let consumer = context(&broker).await.get_consumer_from_stream::<pull::Config, _, _>(CONSUMER, "INBOUND").await;
    let taken = consumer.unwrap().fetch().max_messages(2).messages().await.unwrap();
    // Somebody has them in hand, and is killed.
    assert_eq!(taken.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    publisher.publish("inbound.test", Bytes::from("three"), "").await.unwrap();
    bus.topology().renew_consumers().await.unwrap();
    let consumer = context(&broker).await.get_consumer_from_stream::<pull::Config, _, _>(CONSUMER, "INBOUND").await;
    let messages = consumer.unwrap().fetch().max_messages(3).messages().await.unwrap();
    let payloads = messages.map(|message| message.unwrap().payload.clone()).collect::<Vec<_>>().await;
    assert_eq!(payloads, ["one", "two", "three"]);
}

#[tokio::test]
async fn a_stream_that_differs_is_an_error_that_says_how() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let context = context(&broker).await;
    let mut config = info(&broker, "DEAD").await.config;
    config.max_age = std::time::Duration::from_secs(3600);
    context.update_stream(config).await.unwrap();
    let Err(Error::Drift { what, differences }) = bus.topology().ensure().await else {
        panic!("drift was expected");
    };
    assert_eq!(what, "stream DEAD");
    assert_eq!(differences, ["max_age is 3600s instead of 2592000s"]);
}

#[tokio::test]
async fn a_consumer_that_differs_is_an_error_that_says_how() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let context = context(&broker).await;
    let changed = jetstream::consumer::pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        ack_wait: std::time::Duration::from_secs(5),
        max_ack_pending: 4096,
        ..Default::default()
    };
    context.update_consumer_on_stream(changed, "INBOUND").await.unwrap();
    let error = bus.topology().ensure().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "consumer registry-v1 on INBOUND on the broker isn't as it must be: ack_wait is 5s instead of 30s"
    );
}
