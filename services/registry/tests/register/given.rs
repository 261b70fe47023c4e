//! A registry in memory, with real keys and a clock that is set by hand.

use segnalalo_domain::{
    Timestamp, calendar,
    desk::{Act, Action, Command, Conclude, EraseKeys, ReceiveMessage, TicketRef},
    event::{Event, KeysErased, Register, Registration},
    id::{CauseId, ConversationId, MessageId, PersonId, TicketId},
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

pub struct Registry {
    pub writer: Writer,
    pub reader: Arc<dyn Reader>,
    pub keyring: Arc<Keyring>,
    pub clock: Arc<ManualClock>,
    pub registrar: Arc<Registrar>,
}

pub const MARIO: PersonId = PersonId([4; 16]);
pub const CONVERSATION: ConversationId = ConversationId([5; 16]);

pub fn message(name: &str) -> MessageId {
    MessageId::derived(&[name.as_bytes()])
}

pub fn said(text: &str) -> Sealed {
    let author = Author {
        id: "393331234567".into(),
        id_type: IdType::Phone as i32,
        name: "Mario Rossi".into(),
        ..Author::default()
    };
    let content = PersonalContent { author: Some(author), text: text.to_owned(), ..PersonalContent::default() };
    sealed::seal(Some(MARIO), &content)
}

pub fn received(name: &str, text: &str) -> ReceiveMessage {
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

pub fn concluded(name: &str, place: &str) -> Command {
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

pub fn request(command: Command) -> Request {
    let cause = CauseId::derived(&[format!("{command:?}").as_bytes()]);
    Request { cause, command, occurred_at: None, trace_parent: String::new() }
}

impl Registry {
    pub fn start() -> Self {
        let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all")]);
        let keyring = Arc::new(Keyring::temporary(&MasterKey::from_vars(&vars).unwrap()).unwrap());
        let mut journal = Memory::default();
        journal.append(&[Batch::opening([7; 16], Timestamp::UNIX_EPOCH).locked_by(keyring.id())]).unwrap();
        let reader = journal.reader();
        let world = World::replay(&*reader, &*keyring, |_| {}).unwrap();
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        let clock = Arc::new(ManualClock::new("2026-11-27T09:00:00+01:00".parse().unwrap()));
        let registrar = Arc::new(Registrar::load(city).unwrap());
        let rules = Rules {
            calendar: calendar::article(),
            offices: Arc::new(Offices::load(city).unwrap()),
            registrar: registrar.clone(),
            clock: clock.clone() as SharedClock,
            keyring: Some(keyring.clone()),
            blobs: None,
        };
        let (writer, _failed) = Writer::start(Box::new(journal), Arc::new(RwLock::new(world)), rules);
        Self { writer, reader, keyring, clock, registrar }
    }

    pub async fn does(&self, command: Command) {
        self.writer.execute(request(command)).await.unwrap();
    }

    pub fn taking_in_charge(&self) -> Command {
        let ticket = self.writer.read(|world| *world.desk.tickets.keys().next().unwrap());
        Command::Act(Act {
            ticket: TicketRef::Id(ticket),
            expected_version: None,
            actor: Actor { kind: ActorType::Person, name: "anna".into() },
            action: Action::TakeInCharge { office: None },
        })
    }

    pub fn registered(&self) -> (ProtocolNumber, String, Registration) {
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
    pub fn recomputed(&self, registration: &Registration) -> [u8; 32] {
        let nonce = self.keyring.open(&registration.sealed).unwrap().document_nonce;
        let parts = registration.document.iter().map(|position| {
            let record = self.reader.read(*position).unwrap().unwrap();
            part(&convert::read(&record).unwrap(), &*self.keyring).unwrap()
        });
        document::digest(&nonce, &parts.collect::<Vec<_>>())
    }
}

impl Registry {
    /// All that a person said, and who he is.
    pub async fn erase(&self, person: PersonId) {
        let keys = self.keyring.of_owner(person).unwrap().into_iter().map(|(key, _)| key).collect();
        let erased = KeysErased {
            keys,
            person: Some(person),
            ticket: None,
            rule: "request".into(),
            reason: "istanza 3/2026".into(),
        };
        self.does(Command::EraseKeys(EraseKeys { erased: vec![erased], replies: Vec::new(), actor: anna() })).await;
    }

    /// A report of Mario's, in charge.
    pub async fn report(&self, name: &str) {
        self.does(Command::ReceiveMessage(ReceiveMessage {
            conversations: vec![ConversationId::derived(&[name.as_bytes()])],
            ..received(name, "Buca")
        }))
        .await;
        let Command::Conclude(concluded) = concluded(name, "via Torino") else { unreachable!() };
        let conversation = ConversationId::derived(&[name.as_bytes()]);
        self.does(Command::Conclude(Conclude { conversation, ..concluded })).await;
        let ticket = self.writer.read(|world| world.desk.conversations[&conversation].tickets[0]);
        self.acts(ticket, Action::TakeInCharge { office: None }).await;
    }

    pub async fn acts(&self, ticket: TicketId, action: Action) {
        self.does(Command::Act(Act { ticket: TicketRef::Id(ticket), expected_version: None, actor: anna(), action }))
            .await;
    }

    pub fn set(&self, now: &str) {
        self.clock.set(now.parse().unwrap());
    }
}

pub fn anna() -> Actor {
    Actor { kind: ActorType::Person, name: "anna".into() }
}
