//! The demo's clock: whoever follows moves with it, and nobody ever back.

use crate::broker::{Broker, PATIENCE, until};
use jiff::{SignedDuration, Span, ToSpan as _};
use segnalalo_kit::clock::{Clock as _, ClockLever, DemoClock, MoveError};
use tokio::time::timeout;

const SLACK: SignedDuration = SignedDuration::from_secs(30);

fn is_ahead(clock: &DemoClock, by: SignedDuration) -> bool {
    let ahead = clock.now().duration_since(clock.unshifted());
    (ahead - by).abs() < SLACK
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_follow_move_together_and_only_forward() {
    let broker = Broker::start();
    let (registry, triage) = (broker.bus().await, broker.bus().await);
    let keeper = DemoClock::follow(&registry, true, None);
    timeout(PATIENCE, async { while !is_known(&registry).await {} }).await.unwrap();
    let follower = DemoClock::follow(&triage, false, None);

    let lever = ClockLever::new(&triage);
    let (before, _) = lever.now().await.unwrap();
    let after = lever.advance(Span::new().hours(28)).await.unwrap();
    assert!((after.duration_since(before) - SignedDuration::from_hours(28)).abs() < SLACK);
    for clock in [&keeper, &follower] {
        timeout(PATIENCE, clock.known()).await.unwrap();
        until("it follows", || is_ahead(clock, SignedDuration::from_hours(28))).await;
    }
    let back = after.to_zoned(jiff::tz::TimeZone::UTC).datetime().checked_sub(3.days()).unwrap();
    let refused = lever.to(back).await.unwrap_err();
    assert!(matches!(refused, MoveError::Backwards { .. }), "{refused}");
    assert!(lever.advance(Span::new().hours(-1)).await.is_err());
    // Who comes later finds it where it is.
    let late = DemoClock::follow(&broker.bus().await, false, None);
    timeout(PATIENCE, late.known()).await.unwrap();
    assert!(is_ahead(&late, SignedDuration::from_hours(28)));
}

async fn is_known(bus: &segnalalo_kit::bus::Bus) -> bool {
    ClockLever::new(bus).now().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_lost_it_gets_it_again() {
    let mut broker = Broker::start();
    let bus = broker.bus().await;
    let keeper = DemoClock::follow(&bus, true, None);
    timeout(PATIENCE, async { while !is_known(&bus).await {} }).await.unwrap();
    ClockLever::new(&bus).advance(Span::new().hours(48)).await.unwrap();
    until("it follows", || is_ahead(&keeper, SignedDuration::from_hours(48))).await;
    broker.wipe();
    broker.restart();
    let follower = DemoClock::follow(&broker.bus().await, false, None);
    timeout(PATIENCE, follower.known()).await.unwrap();
    until("it is where it was", || is_ahead(&follower, SignedDuration::from_hours(48))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_demo_nothing_can_be_moved() {
    let broker = Broker::start();
    let bus = broker.filled().await;
    let lever = ClockLever::new(&bus);
    assert!(matches!(lever.now().await, Err(MoveError::NoDemo)));
    let refused = lever.advance(Span::new().hours(1)).await.unwrap_err();
    assert!(refused.to_string().contains("SEGNALALO_DEMO_CLOCK"), "{refused}");
}

/// The registry may make the bucket between a follower's first question and its watch.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_which_nothing_was_ever_written_says_that_nothing_was_moved() {
    let broker = Broker::start();
    let bus = broker.bus().await;
    let mut bucket = bus.demo_clock();
    timeout(PATIENCE, async { while bucket.ensure().await.is_err() {} }).await.unwrap();
    let (heard, mut said) = tokio::sync::mpsc::unbounded_channel();
    let watching = tokio::spawn(async move {
        bucket
            .watch(|millis| {
                let _ = heard.send(millis);
            })
            .await
    });
    assert_eq!(timeout(PATIENCE, said.recv()).await.unwrap(), Some(0));
    watching.abort();
}
