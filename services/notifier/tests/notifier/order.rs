//! Who gets what, and in which order.

use super::{
    city::{City, reply},
    platform::Mood,
};
use segnalalo_domain::words::Channel;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_answered_on_his_channel_once_and_in_order() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    for (n, channel) in [(1, Channel::Whatsapp), (2, Channel::FacebookPost), (3, Channel::Messenger)] {
        city.writes(n, channel).await;
        for answer in 0..3 {
            city.owes(n, n * 10 + answer, &format!("S-{n}{answer}")).await;
        }
    }
    let codes = city.sent(9).await;
    for n in ["S-1", "S-2", "S-3"] {
        let his = codes.iter().filter(|code| code.starts_with(n)).cloned().collect::<Vec<_>>();
        assert_eq!(his, [format!("{n}0"), format!("{n}1"), format!("{n}2")]);
    }
    let posts = city.platform.posts();
    let mark = |n: u8| format!("{}.1", hex::encode([n; 16]));
    let with = |object: &str| posts.iter().find(|post| post.object == object).unwrap();
    let whatsapp = with("106540352242922");
    assert_eq!(
        (&whatsapp.body["to"], &whatsapp.body["biz_opaque_callback_data"]),
        (&"+393470000001".into(), &mark(10).into())
    );
    assert_eq!(with("104587321965874_2").body.as_object().unwrap().len(), 1, "a comment carries nothing but its text");
    let messenger = with("104587321965874");
    assert_eq!(
        (&messenger.body["messaging_type"], &messenger.body["message"]["metadata"]),
        (&"RESPONSE".into(), &mark(30).into())
    );
    assert!(city.told(9).await.iter().all(|kind| *kind == "accepted"));
    let metrics = notifier.metrics.render();
    assert!(metrics.contains("notifier_outcomes_total{channel=\"whatsapp\",outcome=\"accepted\"} 3"), "{metrics}");
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_certainly_refused_is_tried_again_and_the_next_waits_for_it() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    city.writes(1, Channel::Whatsapp).await;
    city.platform.will([Mood::Refuses(130_429)]);
    city.owes(1, 1, "S-1").await;
    city.owes(1, 2, "S-2").await;
    assert_eq!(city.sent(3).await, ["S-1", "S-1", "S-2"]);
    assert_eq!(city.told(3).await, ["refused", "accepted", "accepted"]);
    assert_eq!(city.registry.begun().await, [(reply(1), 1), (reply(1), 2), (reply(2), 1)]);
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_stops_its_channel_is_shown_and_stops_no_other() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    city.writes(1, Channel::Whatsapp).await;
    city.platform.will([Mood::Refuses(190)]);
    city.owes(1, 1, "S-1").await;
    assert_eq!(city.told(1).await, ["refused"]);
    for n in 2..6 {
        city.writes(n, Channel::Whatsapp).await;
        city.owes(n, n, &format!("S-{n}")).await;
    }
    city.writes(9, Channel::FacebookPost).await;
    city.owes(9, 9, "S-9").await;
    assert_eq!(city.sent(2).await, ["S-1", "S-9"]);
    let reasons = notifier.health.not_ready();
    assert!(matches!(&reasons[..], [("whatsapp", why)] if why.contains("190")), "{reasons:?}");
    notifier.stop().await;
}
