//! The registry and a keyring that isn't its log's: it refuses to start and says what to do; with the right one all is
//! readable again.

use super::{
    city::{City, SOON},
    person::copy,
};
use segnalalo_tests::harness::{Service, wait_for};
use std::{fs, path::Path};

const NUMBER: &str = "393339990002";
const WORDS: &str = "tombino";
const MASTER: &str = "SEGNALALO_MASTER_KEY";

/// The registry, launched as things stand, ends with an error that says each of these.
async fn refuses(city: &mut City, case: &str, says: &[&str]) {
    let before = city.processes.log(Service::Registry).unwrap().len();
    city.processes.launch(Service::Registry).unwrap();
    let processes = &mut city.processes;
    let ended = wait_for(&format!("the registry refuses: {case}"), SOON, async || processes.ended(Service::Registry))
        .await
        .unwrap();
    let told = city.processes.log(Service::Registry).unwrap().split_off(before);
    assert!(ended.code().is_some_and(|code| code != 0), "{case}: {ended}: {told}");
    for words in says {
        assert!(told.contains(words), "{case}: {words:?} isn't in {told}");
    }
}

/// Puts another keyring in the place of the registry's, or none.
fn put(city: &City, ring: Option<&Path>) {
    let place = city.processes.data().join("keyring");
    if place.exists() {
        fs::remove_dir_all(&place).unwrap();
    }
    if let Some(ring) = ring {
        copy(ring, &place);
    }
}

#[tokio::test]
async fn with_a_keyring_that_isnt_the_logs_the_registry_refuses_and_says_what_to_do() {
    let mut city = City::prepare().await;
    let data = city.processes.data();
    let [foreign, older, right] = ["foreign", "older", "right"].map(|name| data.with_extension(name));
    // A log's keyring whose log is gone, from the broker too.
    city.processes.start(Service::Registry).await.unwrap();
    city.processes.stop(Service::Registry).await.unwrap();
    fs::rename(data.join("keyring"), &foreign).unwrap();
    fs::remove_dir_all(data.join("log")).unwrap();
    city.broker.wipe().unwrap();
    city.broker.restart().await.unwrap();
    city.processes.start(Service::Registry).await.unwrap();
    city.processes.stop(Service::Registry).await.unwrap();
    copy(&data.join("keyring"), &older);
    city.processes.start_all().await.unwrap();
    city.whatsapp(NUMBER, "C'è un tombino rotto in via Italia 3").await;
    let ticket = city.ticket(WORDS).await;
    city.got(NUMBER, &ticket.code).await;
    let log = city.log_bytes().await;
    city.processes.stop(Service::Registry).await.unwrap();
    copy(&data.join("keyring"), &right);

    put(&city, None);
    refuses(&mut city, "none", &["Restore the keyring's backup there", "REGISTRY_KEYRING=recover"]).await;
    put(&city, Some(&foreign));
    refuses(&mut city, "another log's", &["it belongs to another log. Put the right one there"]).await;
    put(&city, Some(&older));
    refuses(&mut city, "an older one", &["it is older than the log", "Restore a newer backup of it"]).await;
    put(&city, Some(&right));
    city.processes.set_for(Service::Registry, MASTER, Some("another-key-that-wraps-nothing-of-this-log".to_owned()));
    refuses(&mut city, "another master key", &["another SEGNALALO_MASTER_KEY. Give the one it was made with"]).await;
    city.processes.set_for(Service::Registry, MASTER, None);

    city.processes.restart(Service::Registry).await.unwrap();
    let after = city.ticket(WORDS).await;
    assert_eq!((after.code, after.summary, after.place), (ticket.code, ticket.summary, ticket.place));
    assert_eq!(city.verify().await.fault, "");
    assert!(city.log_bytes().await.starts_with(&log), "the log is as it was");
}
