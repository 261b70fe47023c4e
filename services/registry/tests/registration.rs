//! The whole record of a registration: written by the writer, with real keys, and gone with the citizen's.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there")]

use segnalalo_domain::{
    Timestamp, calendar,
    desk::{Act, Action, Command, Conclude, EditMessage, EraseKeys, ReceiveMessage, TicketRef},
    event::{Event, KeysErased, Register, Registration},
    id::{CauseId, ConversationId, MessageId, PersonId},
    protocol::ProtocolNumber,
    sealed::Sealed,
    words::{Actor, ActorType, Channel, Conclusion, ContentType, Kind, Office, Stance, Urgency},
};
use segnalalo_kit::{
    city::Offices,
    clock::{ManualClock, SharedClock},
    config::Vars,
    master_key::MasterKey,
};
use segnalalo_proto::{
    common::v1::{Author, PersonalContent, author::IdType},
    convert,
    sealed::{self, Opener as _},
};
use segnalalo_registry::{
    journal::{Batch, Journal as _, Memory, Reader},
    keyring::Keyring,
    register::{Registrar, document, part},
    world::World,
    writer::{Request, Rules, Writer},
};
use std::{
    path::Path,
    sync::{Arc, RwLock},
};

struct Registry {
    writer: Writer,
    reader: Arc<dyn Reader>,
    keyring: Arc<Keyring>,
    clock: Arc<ManualClock>,
}

const MARIO: PersonId = PersonId([4; 16]);
const CONVERSATION: ConversationId = ConversationId([5; 16]);

fn message(name: &str) -> MessageId {
    MessageId::derived(&[name.as_bytes()])
}

fn said(text: &str) -> Sealed {
    let author = Author {
        id: "393331234567".into(),
        id_type: IdType::Phone as i32,
        name: "Mario Rossi".into(),
        ..Author::default()
    };
    let content = PersonalContent { author: Some(author), text: text.to_owned(), ..PersonalContent::default() };
    sealed::seal(Some(MARIO), &content)
}

fn received(name: &str, text: &str) -> ReceiveMessage {
    ReceiveMessage {
        conversations: vec![CONVERSATION],
        message: message(name),
        channel: Channel::Whatsapp,
        person: Some(MARIO),
        addressed: true,
        content_type: ContentType::Text,
        attachments: 0,
        has_text: true,
        quoted: None,
        sealed: said(text),
    }
}

fn concluded(name: &str, place: &str) -> Command {
    Command::Conclude(Conclude {
        conversation: CONVERSATION,
        message: message(name),
        conclusion: Conclusion {
            kind: Kind::Report,
            office: Some(Office("STRADE".into())),
            second_office: None,
            confidence: 0.9,
            urgency: Urgency::Normal,
            stance: Stance::Neutral,
            protocol: None,
            place_key: None,
            language: "it".into(),
            rules_version: "test".into(),
        },
        sealed: sealed::seal(None, &PersonalContent { place: place.to_owned(), ..PersonalContent::default() }),
    })
}

fn request(command: Command) -> Request {
    let cause = CauseId::derived(&[format!("{command:?}").as_bytes()]);
    Request { cause, command, occurred_at: None, trace_parent: String::new() }
}

impl Registry {
    fn start() -> Self {
        let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all")]);
        let keyring = Arc::new(Keyring::temporary(&MasterKey::from_vars(&vars).unwrap()).unwrap());
        let mut journal = Memory::default();
        journal.append(&[Batch::opening([7; 16], Timestamp::UNIX_EPOCH).locked_by(keyring.id())]).unwrap();
        let reader = journal.reader();
        let world = World::replay(&*reader, &*keyring, |_| {}).unwrap();
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        let clock = Arc::new(ManualClock::new("2026-11-27T09:00:00+01:00".parse().unwrap()));
        let rules = Rules {
            calendar: calendar::article(),
            offices: Arc::new(Offices::load(city).unwrap()),
            registrar: Arc::new(Registrar::load(city).unwrap()),
            clock: clock.clone() as SharedClock,
            keyring: Some(keyring.clone()),
            blobs: None,
        };
        let (writer, _failed) = Writer::start(Box::new(journal), Arc::new(RwLock::new(world)), rules);
        Self { writer, reader, keyring, clock }
    }

    async fn does(&self, command: Command) {
        self.writer.execute(request(command)).await.unwrap();
    }

    fn taking_in_charge(&self) -> Command {
        let ticket = self.writer.read(|world| *world.desk.tickets.keys().next().unwrap());
        Command::Act(Act {
            ticket: TicketRef::Id(ticket),
            expected_version: None,
            actor: Actor { kind: ActorType::Person, name: "anna".into() },
            action: Action::TakeInCharge { office: None },
        })
    }

    fn registered(&self) -> (ProtocolNumber, String, Registration) {
        let records = self.reader.read_all(0, 100).unwrap();
        let events = records.iter().map(|(_, record)| convert::read(record).unwrap().event);
        events
            .filter_map(|event| match event {
                Event::Register(Register::NumberAssigned { protocol, subject, registration, .. }) => {
                    Some((protocol, subject, *registration.unwrap()))
                }
                _ => None,
            })
            .last()
            .unwrap()
    }

    /// As anyone may who opens the boxes.
    fn recomputed(&self, registration: &Registration) -> [u8; 32] {
        let nonce = self.keyring.open(&registration.sealed).unwrap().document_nonce;
        let parts = registration.document.iter().map(|position| {
            let record = self.reader.read(*position).unwrap().unwrap();
            part(&convert::read(&record).unwrap(), &*self.keyring).unwrap()
        });
        document::digest(&nonce, &parts.collect::<Vec<_>>())
    }
}

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
    assert_eq!(registration.arrived_at, registry.clock_now());
    assert_eq!((registration.channel, registration.office.0.as_str()), (Channel::Whatsapp, "STRADE"));
    assert_eq!((registration.classification.as_str(), registration.deadline_rule.as_str()), ("VI/7", "C1/2"));
    let content = registry.keyring.open(&registration.sealed).unwrap();
    assert_eq!(content.author.unwrap().name, "Mario Rossi");
    assert_eq!(content.document_nonce.len(), 32);
    assert_eq!(registration.digest, registry.recomputed(&registration));
}

impl Registry {
    fn clock_now(&self) -> Timestamp {
        segnalalo_kit::clock::Clock::now(&*self.clock)
    }
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
    let conversations = vec![ConversationId([6; 16])];
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

    let keys = registry.keyring.of_owner(MARIO).unwrap().into_iter().map(|(key, _)| key).collect();
    let erased =
        KeysErased { keys, person: Some(MARIO), ticket: None, rule: "request".into(), reason: "istanza 3/2026".into() };
    let actor = Actor { kind: ActorType::Person, name: "anna".into() };
    registry.does(Command::EraseKeys(EraseKeys { erased: vec![erased], replies: Vec::new(), actor })).await;

    let (after_protocol, after_subject, after) = registry.registered();
    assert_eq!((after_protocol, after_subject, after.digest), (protocol, subject, before.digest));
    assert!(matches!(registry.keyring.open(&after.sealed), Err(sealed::Error::Erased)));
}
