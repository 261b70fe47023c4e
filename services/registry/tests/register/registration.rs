//! The whole record of a registration: written by the writer, with real keys, and gone with the citizen's.

use crate::given::{MARIO, Registry, concluded, message, received, said};
use segnalalo_domain::{
    desk::{Command, EditMessage, ReceiveMessage},
    words::Channel,
};
use segnalalo_kit::clock::Clock as _;
use segnalalo_proto::sealed::{self, Opener as _};

#[tokio::test]
async fn the_register_holds_what_the_law_asks_and_none_of_the_citizens_words() {
    let registry = Registry::start();
    registry.does(Command::ReceiveMessage(received("one", "Buca davanti a casa del sig. Verdi"))).await;
    registry.does(concluded("one", "via Torino 12")).await;
    registry.does(registry.taking_in_charge()).await;

    let (protocol, subject, registration) = registry.registered();
    assert_eq!(protocol.to_string(), "2026/0000001");
    assert_eq!(subject, "Segnalazione: Strade, marciapiedi e segnaletica, Via Torino");
    assert_eq!(registration.date.to_string(), "2026-11-27");
    assert_eq!(registration.arrived_at, registry.clock.now());
    assert_eq!((registration.channel, registration.office.0.as_str()), (Channel::Whatsapp, "STRADE"));
    assert_eq!((registration.classification.as_str(), registration.deadline_rule.as_str()), ("VI/7", "C1/2"));
    let content = registry.keyring.open(&registration.sealed).unwrap();
    assert_eq!(content.author.unwrap().name, "Mario Rossi");
    assert_eq!(content.document_nonce.len(), 32);
    assert_eq!(registration.digest, registry.recomputed(&registration));
}

#[tokio::test]
async fn what_he_adds_or_changes_before_the_number_is_given_is_part_of_the_document() {
    let registry = Registry::start();
    registry.does(Command::ReceiveMessage(received("one", "Buca"))).await;
    registry.does(concluded("one", "")).await;
    registry.does(Command::ReceiveMessage(received("two", "in via Torino"))).await;
    registry.does(concluded("two", "via Torino")).await;
    let edit =
        EditMessage { message: message("one"), sealed: said("Buca enorme"), as_new: received("one", "Buca enorme") };
    registry.does(Command::EditMessage(edit)).await;
    registry.does(registry.taking_in_charge()).await;

    let (_, _, registration) = registry.registered();
    assert_eq!(registration.document.len(), 3, "two messages and a change");
    assert_eq!(registration.digest, registry.recomputed(&registration));
}

#[tokio::test]
async fn a_message_that_shares_its_sync_with_the_number_is_part_of_the_document_too() {
    let registry = Registry::start();
    registry.does(Command::ReceiveMessage(received("one", "Buca"))).await;
    registry.does(concluded("one", "")).await;
    // All wait together while nobody may write: the writer then takes them as one group.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let world = registry.writer.world.clone();
    let holding = std::thread::spawn(move || {
        let _held = world.read().unwrap();
        released.recv().unwrap();
    });
    let taking = registry.taking_in_charge();
    // The first is taken alone, before the writer finds that it must wait.
    let conversations = vec![segnalalo_domain::id::ConversationId([6; 16])];
    let mut all = vec![Command::ReceiveMessage(ReceiveMessage { conversations, ..received("else", "Ciao") })];
    all.extend([Command::ReceiveMessage(received("two", "in via Torino")), concluded("two", "via Torino"), taking]);
    let together = futures::future::join_all(all.into_iter().map(|command| registry.does(command)));
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        release.send(()).unwrap();
    };
    tokio::join!(together, release);
    holding.join().unwrap();

    let (_, _, registration) = registry.registered();
    assert_eq!(registration.document.len(), 2);
    assert_eq!(registration.digest, registry.recomputed(&registration));
}

#[tokio::test]
async fn when_a_person_is_erased_the_sender_and_the_nonce_go_and_the_digest_stays() {
    let registry = Registry::start();
    registry.does(Command::ReceiveMessage(received("one", "Buca"))).await;
    registry.does(concluded("one", "via Torino")).await;
    registry.does(registry.taking_in_charge()).await;
    let (protocol, subject, before) = registry.registered();

    registry.erase(MARIO).await;

    let (after_protocol, after_subject, after) = registry.registered();
    assert_eq!((after_protocol, after_subject, after.digest), (protocol, subject, before.digest));
    assert!(matches!(registry.keyring.open(&after.sealed), Err(sealed::Error::Erased)));
}
