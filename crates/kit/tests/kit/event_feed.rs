use crate::{
    broker::{Broker, PATIENCE, ensure},
    records::{append, chain},
};
use bytes::Bytes;
use segnalalo_kit::bus::{EventFeed, FeedItem};

async fn next(feed: &mut EventFeed) -> FeedItem {
    tokio::time::timeout(PATIENCE, feed.next()).await.expect("the feed says nothing")
}

async fn expect_records(feed: &mut EventFeed, first: u64, records: &[(String, Bytes)]) {
    for (position, (_, record)) in (first..).zip(records) {
        let expected = FeedItem::Record { position, record: record.clone() };
        assert_eq!(next(feed).await, expected, "at {position}");
    }
}

async fn expect_reset(feed: &mut EventFeed) {
    let item = next(feed).await;
    assert!(matches!(item, FeedItem::Reset { .. }), "{item:?}");
}

#[tokio::test]
async fn everything_is_read_in_order_then_caught_up_is_said_then_what_is_new() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let log = bus.events_log();
    let records = chain("a", 1500);
    append(&log, 0, &records[..1400]).await;
    let mut feed = bus.event_feed();
    expect_records(&mut feed, 1, &records[..1400]).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
    append(&log, 1400, &records[1400..]).await;
    expect_records(&mut feed, 1401, &records[1400..]).await;
}

#[tokio::test]
async fn an_empty_stream_is_caught_up_with_at_once() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let mut feed = bus.event_feed();
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
    let records = chain("a", 1);
    append(&bus.events_log(), 0, &records).await;
    expect_records(&mut feed, 1, &records).await;
}

#[tokio::test]
async fn a_feed_may_begin_in_the_middle() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let records = chain("a", 20);
    append(&bus.events_log(), 0, &records).await;
    let mut feed = bus.event_feed_from(11);
    expect_records(&mut feed, 11, &records[10..]).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
}

#[tokio::test]
async fn a_stream_that_comes_late_is_waited_for() {
    let broker = Broker::start();
    let bus = broker.bus().await;
    let mut feed = bus.event_feed();
    ensure(&bus).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
}

#[tokio::test]
async fn a_broker_that_is_killed_costs_no_record() {
    let mut broker = Broker::start();
    let bus = broker.filled().await;
    let log = bus.events_log();
    let records = chain("a", 100);
    append(&log, 0, &records[..50]).await;
    let mut feed = bus.event_feed();
    expect_records(&mut feed, 1, &records[..50]).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
    broker.kill();
    broker.restart();
    let again = broker.filled().await;
    append(&again.events_log(), 50, &records[50..]).await;
    expect_records(&mut feed, 51, &records[50..]).await;
}

#[tokio::test]
async fn a_stream_that_was_made_anew_is_read_from_its_beginning() {
    let mut broker = Broker::start();
    let bus = broker.filled().await;
    let records = chain("a", 30);
    append(&bus.events_log(), 0, &records).await;
    let mut feed = bus.event_feed();
    expect_records(&mut feed, 1, &records).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
    broker.wipe();
    broker.restart();
    let again = broker.filled().await;
    append(&again.events_log(), 0, &records).await;
    expect_reset(&mut feed).await;
    expect_records(&mut feed, 1, &records).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
}

#[tokio::test]
async fn a_stream_that_is_filled_again_is_not_caught_up_with_before_its_old_end() {
    let mut broker = Broker::start();
    let bus = broker.filled().await;
    let records = chain("a", 30);
    append(&bus.events_log(), 0, &records).await;
    let mut feed = bus.event_feed();
    expect_records(&mut feed, 1, &records).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
    broker.wipe();
    broker.restart();
    let again = broker.filled().await;
    expect_reset(&mut feed).await;
    append(&again.events_log(), 0, &records[..10]).await;
    expect_records(&mut feed, 1, &records[..10]).await;
    append(&again.events_log(), 10, &records[10..]).await;
    expect_records(&mut feed, 11, &records[10..]).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
}

#[tokio::test]
async fn a_shorter_stream_on_which_nothing_comes_is_caught_up_with_after_a_while() {
    let mut broker = Broker::start();
    let bus = broker.filled().await;
    let records = chain("a", 30);
    append(&bus.events_log(), 0, &records).await;
    let mut feed = bus.event_feed();
    expect_records(&mut feed, 1, &records).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
    broker.wipe();
    broker.restart();
    let again = broker.filled().await;
    append(&again.events_log(), 0, &records[..3]).await;
    expect_reset(&mut feed).await;
    expect_records(&mut feed, 1, &records[..3]).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
}

#[tokio::test]
async fn another_history_of_the_same_length_is_noticed() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let (ours, other) = (chain("a", 6), chain("b", 6));
    append(&bus.events_log(), 0, &ours[..5]).await;
    let mut feed = bus.event_feed();
    expect_records(&mut feed, 1, &ours[..5]).await;
    assert_eq!(next(&mut feed).await, FeedItem::CaughtUp);
    append(&bus.events_log(), 5, &other[5..]).await;
    expect_reset(&mut feed).await;
    // What is there doesn't hang together: nothing behind the break is ever handed over.
    expect_records(&mut feed, 1, &ours[..5]).await;
    expect_reset(&mut feed).await;
}

#[tokio::test]
async fn waiting_for_the_next_may_be_given_up_and_taken_up_again() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let records = chain("a", 300);
    append(&bus.events_log(), 0, &records).await;
    let mut feed = bus.event_feed();
    let mut positions = Vec::new();
    while positions.len() < 300 {
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            item = feed.next() => if let FeedItem::Record { position, .. } = item { positions.push(position) },
        }
    }
    assert_eq!(positions, (1..=300).collect::<Vec<u64>>());
}
