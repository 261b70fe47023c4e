//! Attempts of which nobody knows whether they arrived.

use super::{
    city::{City, conversation, reply},
    platform::Mood,
};
use segnalalo_domain::{
    event::conversation::{DropReason, Event as Said, Proof},
    words::Channel,
};
use segnalalo_proto::{common::v1::PersonalContent, sealed};

fn proved(n: u8) -> Said {
    let sealed = sealed::seal(None, &PersonalContent::default());
    Said::SendAccepted { reply: reply(n), attempt: 1, sent_message: None, proof: Proof::Status, sealed }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_got_lost_is_proved_by_a_late_status_and_never_sent_again() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    city.writes(1, Channel::Whatsapp).await;
    city.platform.will([Mood::TakesAndIsSilent]);
    city.owes(1, 1, "S-1").await;
    city.owes(1, 2, "S-2").await;
    assert_eq!(city.told(1).await, ["unknown"]);
    assert_eq!(city.sent(1).await, ["S-1"], "what is behind it waits");
    city.registry.append(conversation(1), proved(1)).await;
    assert_eq!(city.sent(2).await, ["S-1", "S-2"]);
    assert_eq!(city.told(2).await, ["unknown", "accepted"]);
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_proof_a_person_decides_and_the_next_answer_goes() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    city.writes(1, Channel::Messenger).await;
    city.platform.will([Mood::LosesIt]);
    city.owes(1, 1, "S-1").await;
    city.owes(1, 2, "S-2").await;
    assert_eq!(city.told(3).await, ["unknown", "held", "accepted"]);
    assert_eq!(city.sent(2).await, ["S-1", "S-2"]);
    // The status comes all the same: what was held is settled.
    city.registry.append(conversation(1), proved(1)).await;
    assert_eq!(city.sent(2).await.len(), 2);
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_have_it_sent_again_or_drop_it() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    for n in [1, 2] {
        city.writes(n, Channel::Whatsapp).await;
        city.platform.will([Mood::LosesIt]);
        city.owes(n, n, &format!("S-{n}")).await;
    }
    assert_eq!(city.told(4).await.iter().filter(|kind| **kind == "held").count(), 2);
    let (code, detail) = ("operator_resend".to_owned(), String::new());
    let resend = Said::SendRefused { reply: reply(1), attempt: 1, code, detail, last: false, retry_at: None };
    city.registry.append(conversation(1), resend).await;
    let drop = Said::ReplyDropped { reply: reply(2), reason: DropReason::Operator };
    city.registry.append(conversation(2), drop).await;
    assert_eq!(city.sent(3).await[2], "S-1");
    assert_eq!(city.registry.begun().await[2], (reply(1), 2));
    notifier.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_looked_for_in_its_thread() {
    let city = City::start().await;
    let notifier = city.notifier().await;
    city.platform.will([Mood::TakesAndIsSilent, Mood::LosesIt]);
    city.writes(1, Channel::FacebookPost).await;
    city.owes(1, 1, "S-1").await;
    assert_eq!(city.told(2).await, ["unknown", "accepted"], "it stands there");
    city.owes(1, 2, "S-2").await;
    assert_eq!(city.told(5).await[2..], ["unknown", "refused", "accepted"], "it doesn't, so it is sent again");
    assert_eq!(city.sent(3).await, ["S-1", "S-2", "S-2"]);
    notifier.stop().await;
}
