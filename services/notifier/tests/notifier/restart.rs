//! The process comes back, and knows from the log alone what it owes.

use super::{
    city::{City, conversation, reply},
    platform::Mood,
};
use segnalalo_domain::{event::conversation::Event as Said, words::Channel};
use segnalalo_proto::{common::v1::PersonalContent, sealed};

#[tokio::test(flavor = "multi_thread")]
async fn what_has_an_outcome_is_not_sent_again_and_what_came_meanwhile_is() {
    let city = City::start().await;
    city.writes(1, Channel::Whatsapp).await;
    city.owes(1, 1, "S-1").await;
    let notifier = city.notifier().await;
    assert_eq!(city.told(1).await, ["accepted"]);
    notifier.stop().await;
    city.owes(1, 2, "S-2").await;
    let notifier = city.notifier().await;
    assert_eq!(city.sent(2).await, ["S-1", "S-2"]);
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_whose_process_is_gone_is_unknown_and_not_repeated() {
    let city = City::start().await;
    city.writes(1, Channel::Whatsapp).await;
    city.owes(1, 1, "S-1").await;
    let sealed = sealed::seal(None, &PersonalContent::default());
    let attempted = Said::SendAttempted { reply: reply(1), attempt: 1, text_sha256: [0; 32], sealed };
    city.registry.append(conversation(1), attempted).await;
    let notifier = city.notifier().await;
    assert_eq!(city.told(2).await, ["unknown", "held"]);
    assert!(city.sent(0).await.is_empty());
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_post_and_its_outcome_it_looks_before_it_sends() {
    let city = City::start().await;
    city.registry.is_deaf(true).await;
    city.writes(1, Channel::FacebookComment).await;
    city.owes(1, 1, "S-1").await;
    let notifier = city.notifier().await;
    city.told(1).await;
    notifier.kill().await;
    // The outcome was lost on its way: for the log the attempt still runs.
    city.registry.is_deaf(false).await;
    let notifier = city.notifier().await;
    assert_eq!(city.told(3).await, ["accepted", "unknown", "accepted"]);
    assert_eq!(city.sent(1).await, ["S-1"]);
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_registry_is_slow_to_answer_nothing_is_sent_twice() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    city.registry.is_deaf(true).await;
    city.platform.will([Mood::Refuses(130_429)]);
    city.writes(1, Channel::Whatsapp).await;
    city.owes(1, 1, "S-1").await;
    assert_eq!(city.told(1).await, ["refused"]);
    assert_eq!(city.sent(1).await, ["S-1"]);
    notifier.stop().await;
}
