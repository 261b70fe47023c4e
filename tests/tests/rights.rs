//! What a stolen key is good for: each role connects to a broker with the rights of production and tries, subject by
//! subject, what it must not do.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use segnalalo_kit::{
    bus::{Ahead, Bus, BusConfig, Identity, Role, matrix},
    config::Vars,
};
use segnalalo_tests::harness::{Broker, RawBroker, root, wait_until};
use std::{fs, time::Duration};

const SOON: Duration = Duration::from_secs(20);
const BEGIN: &str =
    "<!-- the roles' rights: generated, `REWRITE=1 cargo test -p segnalalo-tests --test rights` writes them -->\n";
const END: &str = "<!-- end of the roles' rights -->";

/// Rights that a process lacks show as lines of the broker's log.
#[tokio::test]
async fn every_role_may_follow_the_clock_of_a_demo_and_three_may_move_it() {
    let broker = broker().await;
    for (role, identity) in broker.identities() {
        let config =
            BusConfig { credentials: Some(identity.seed.clone()), ..BusConfig::new(broker.address(), role.name) };
        let bus = Bus::connect(&config).await.unwrap();
        wait_until("it is connected", SOON, async || bus.is_connected()).await.unwrap();
        if role.name == "registry" {
            bus.demo_clock().ensure().await.unwrap();
        }
        let (said, mut heard) = tokio::sync::mpsc::channel(1);
        let mut bucket = bus.demo_clock();
        let watching = tokio::spawn(async move {
            let say = |ahead| {
                let _ = said.try_send(ahead);
            };
            bucket.watch(say).await
        });
        if ["registry", "operator", "graph-sim"].contains(&role.name) {
            let now = bus.demo_clock().get().await.unwrap().unwrap();
            assert!(bus.demo_clock().set(Ahead { millis: now.millis + 1, ..now }).await.unwrap());
            tokio::time::timeout(SOON, heard.recv()).await.unwrap().unwrap();
        } else {
            assert!(bus.demo_clock().get().await.unwrap().is_some());
        }
        watching.abort();
    }
    let log = fs::read_to_string(broker.log()).unwrap();
    assert!(!log.contains("Violation"), "{log}");
}

async fn broker() -> Broker {
    let broker = Broker::start().await.unwrap();
    let bus = Bus::connect(&BusConfig::new(broker.url(), "test")).await.unwrap();
    wait_until("the streams are there", SOON, async || bus.topology().ensure().await.is_ok()).await.unwrap();
    broker
}

/// Subjects, and the roles that may publish there: written by hand, beside the table that is tested.
const PUBLISH: [(&str, &[&str]); 42] = [
    ("inbound.facebook", &["ingest-facebook", "operator"]),
    ("inbound.whatsapp", &["ingest-whatsapp", "operator"]),
    ("inbound.other.still", &[]),
    ("observed.triage", &["triage", "operator"]),
    ("observed.sla", &["sla-clock", "operator"]),
    ("observed.notifier", &["notifier", "operator"]),
    ("observed.notifier.more", &[]),
    ("events.ticket.opened", &["registry"]),
    ("probe.sync", &["doctor"]),
    ("dead.inbound", &["registry"]),
    ("dead.observed", &["registry"]),
    ("dead.events.triage.7", &["triage"]),
    ("dead.events.notifier.7", &["notifier"]),
    ("$KV.KEYS.somebody", &["registry"]),
    ("$KV.DEMO_CLOCK.offset", &["registry", "operator", "graph-sim"]),
    ("$JS.API.STREAM.CREATE.EVENTS", &["registry"]),
    ("$JS.API.STREAM.CREATE.MINE", &[]),
    ("$JS.API.STREAM.UPDATE.EVENTS", &[]),
    ("$JS.API.STREAM.DELETE.EVENTS", &[]),
    ("$JS.API.STREAM.DELETE.INBOUND", &[]),
    ("$JS.API.STREAM.PURGE.EVENTS", &[]),
    ("$JS.API.STREAM.PURGE.INBOUND", &[]),
    ("$JS.API.STREAM.PURGE.DEAD", &[]),
    ("$JS.API.STREAM.PURGE.KV_KEYS", &[]),
    ("$JS.API.STREAM.SNAPSHOT.EVENTS", &[]),
    ("$JS.API.STREAM.MSG.DELETE.INBOUND", &[]),
    ("$JS.API.STREAM.MSG.DELETE.EVENTS", &[]),
    ("$JS.API.STREAM.MSG.DELETE.DEAD", &["operator"]),
    ("$JS.API.STREAM.MSG.GET.EVENTS", &[]),
    ("$JS.API.STREAM.MSG.GET.INBOUND", &[]),
    ("$JS.API.STREAM.LIST", &[]),
    ("$JS.API.CONSUMER.LIST.EVENTS", &[]),
    ("$JS.API.CONSUMER.CREATE.EVENTS.reader", &["triage", "sla-clock", "notifier"]),
    ("$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.reader", &[]),
    ("$JS.API.CONSUMER.DELETE.EVENTS.reader", &[]),
    ("$JS.API.CONSUMER.CREATE.INBOUND.thief", &["registry"]),
    ("$JS.API.CONSUMER.MSG.NEXT.INBOUND.registry-v1", &["registry"]),
    ("$JS.API.CONSUMER.MSG.NEXT.EVENTS.reader", &["triage", "sla-clock", "notifier"]),
    ("$JS.API.DIRECT.GET.EVENTS", &["registry"]),
    ("$JS.API.DIRECT.GET.DEAD", &["operator"]),
    ("$JS.API.DIRECT.GET.KV_KEYS", &[]),
    ("$JS.API.DIRECT.GET.KV_KEYS.$KV.KEYS.somebody", &["registry", "triage", "notifier"]),
];

#[tokio::test]
async fn each_role_may_publish_only_what_it_needs() {
    let broker = broker().await;
    for (role, identity) in broker.identities() {
        let mut raw = RawBroker::connect(&broker, Some(identity)).await.unwrap().unwrap();
        for (subject, who) in PUBLISH {
            assert_eq!(raw.may_publish(subject).await.unwrap(), who.contains(&role.name), "{} on {subject}", role.name);
        }
        // An acknowledgement takes a message from its queue: only the registry gives one.
        let ack = "$JS.ACK.INBOUND.registry-v1.1.1.1.1.0";
        assert_eq!(raw.may_publish(ack).await.unwrap(), role.name == "registry", "{}", role.name);
    }
}

#[tokio::test]
async fn nobody_listens_to_what_is_not_for_him() {
    let broker = broker().await;
    for (role, identity) in broker.identities() {
        let mut raw = RawBroker::connect(&broker, Some(identity)).await.unwrap().unwrap();
        assert!(raw.may_subscribe(&format!("_INBOX_{}.1", role.name)).await.unwrap());
        for other in Role::ALL.iter().filter(|other| other.name != role.name) {
            assert!(
                !raw.may_subscribe(&format!("_INBOX_{}.>", other.name)).await.unwrap(),
                "{} {}",
                role.name,
                other.name
            );
        }
        for subject in [">", "*", "_INBOX.>", "events.>", "inbound.>", "observed.>", "dead.>", "$KV.KEYS.>", "$JS.>"] {
            assert!(!raw.may_subscribe(subject).await.unwrap(), "{} listens to {subject}", role.name);
        }
    }
}

#[tokio::test]
async fn who_shows_no_key_or_a_foreign_one_is_not_let_in() {
    let broker = broker().await;
    assert!(RawBroker::connect(&broker, None).await.unwrap().is_none());
    assert!(RawBroker::connect(&broker, Some(&Identity::draw())).await.unwrap().is_none());
}

#[test]
fn the_page_on_security_shows_the_rights_as_they_are() {
    let file = root().join("docs/security.md");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if Vars::process().optional("REWRITE").is_some() {
        fs::write(&file, format!("{before}{BEGIN}\n{}\n{END}{after}", matrix())).unwrap();
        return;
    }
    assert_eq!(shown.trim(), matrix().trim(), "write it anew: REWRITE=1 cargo test -p segnalalo-tests --test rights");
}
