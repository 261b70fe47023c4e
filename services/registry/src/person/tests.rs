use super::{
    directory::{Directory, Person, Query},
    dossier::{self, Extent},
    erasure,
};
use crate::{
    identity::Identity,
    journal::{Batch, Journal as _, Memory, Reader},
    keyring::Keyring,
    register::Registrar,
    world::World,
    writer::{Request, Rules, Writer},
};
use segnalalo_domain::{
    calendar,
    desk::{Act, Action, Command, Conclude, EraseKeys, ReceiveMessage, TicketRef},
    event::{Event, conversation::Event as Said},
    id::{CauseId, ConversationId, MessageId},
    words::{Actor, ActorType, Channel, Conclusion, ContentType, Kind, Office, Stance, Urgency},
};
use segnalalo_kit::{city::Offices, clock::SystemClock, config::Vars, master_key::MasterKey};
use segnalalo_proto::{
    common::v1::{Author, PersonalContent, author::IdType},
    convert, sealed,
};
use std::{
    path::Path,
    sync::{Arc, RwLock},
};

const ANNA: &str = "393331110001";
const BRUNO: &str = "393331110002";
const CARLA: &str = "1234567890123456";

struct City {
    writer: Writer,
    reader: Arc<dyn Reader>,
    keyring: Arc<Keyring>,
    identity: Identity,
}

impl City {
    fn new() -> Self {
        let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", "a key that is long enough for a test")]);
        let keyring = Arc::new(Keyring::temporary(&MasterKey::from_vars(&vars).unwrap()).unwrap());
        let mut journal = Memory::default();
        let opening = Batch::opening([7; 16], segnalalo_domain::Timestamp::UNIX_EPOCH);
        journal.append(&[opening.locked_by(keyring.id())]).unwrap();
        let reader = journal.reader();
        let world = World::replay(&*reader, &*keyring, |_| {}).unwrap();
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        let rules = Rules {
            calendar: calendar::article(),
            offices: Arc::new(Offices::load(city).unwrap()),
            registrar: Arc::new(Registrar::load(city).unwrap()),
            clock: Arc::new(SystemClock),
            keyring: Some(keyring.clone()),
            blobs: None,
        };
        let (writer, _failed) = Writer::start(Box::new(journal), Arc::new(RwLock::new(world)), rules);
        let identity = Identity::new(keyring.pepper());
        Self { writer, reader, keyring, identity }
    }

    async fn execute(&self, cause: &str, command: Command) {
        let cause = CauseId::derived(&[cause.as_bytes()]);
        let request = Request { cause, command, occurred_at: None, trace_parent: String::new() };
        self.writer.execute(request).await.unwrap();
    }

    /// Says something, which triage takes for a report.
    async fn says(&self, author: &Author, thread: Option<&str>, name: &str, text: &str) {
        let channel = if thread.is_some() { Channel::FacebookComment } else { Channel::Whatsapp };
        let conversations = match thread {
            Some(thread) => vec![self.identity.thread(thread)],
            None => self.identity.private(channel, author),
        };
        let person = self.identity.person(author);
        let content =
            PersonalContent { author: Some(author.clone()), text: text.to_owned(), ..PersonalContent::default() };
        let received = ReceiveMessage {
            conversations: conversations.clone(),
            message: message(name),
            channel,
            person,
            addressed: true,
            content_type: ContentType::Text,
            attachments: 0,
            has_text: true,
            quoted: None,
            sealed: sealed::seal(person, &content),
        };
        self.execute(&format!("received {name}"), Command::ReceiveMessage(received)).await;
        let place = PersonalContent { place: format!("posto di {name}"), ..PersonalContent::default() };
        let conclude = Conclude {
            conversation: conversations[0],
            message: message(name),
            conclusion: report(),
            sealed: sealed::seal(None, &place),
        };
        self.execute(&format!("concluded {name}"), Command::Conclude(conclude)).await;
    }

    fn directory(&self) -> Directory {
        Directory::read(&*self.reader, &*self.keyring, &self.identity).unwrap()
    }

    fn only(&self, query: &Query) -> Person {
        let found = self.directory().find(query, &self.identity);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    async fn erase(&self, person: &Person) -> EraseKeys {
        let command = self
            .writer
            .read(|world| erasure::of_person(person, world, &self.keyring, "istanza 12/2026", operator()).unwrap());
        self.execute(&format!("erase {:?}", person.id()), Command::EraseKeys(command.clone())).await;
        command
    }

    fn replayed(&self) -> World {
        World::replay(&*self.reader, &*self.keyring, |_| {}).unwrap()
    }

    /// Every word that can still be read in the log.
    fn readable(&self) -> String {
        let records = self.reader.read_all(0, 1000).unwrap();
        let boxes = records.iter().filter_map(|(_, bytes)| {
            let recorded = convert::read(bytes).unwrap();
            let content = segnalalo_proto::sealed::Opener::open(&*self.keyring, recorded.event.sealed()?).ok()?;
            Some(format!("{content:?}"))
        });
        boxes.collect()
    }
}

fn message(name: &str) -> MessageId {
    MessageId::derived(&[name.as_bytes()])
}

fn operator() -> Actor {
    Actor { kind: ActorType::Person, name: "paolo".to_owned() }
}

fn by_phone(number: &str, name: &str) -> Author {
    Author { id: number.to_owned(), id_type: IdType::Phone as i32, name: name.to_owned(), ..Author::default() }
}

fn by_account(id: &str, name: &str) -> Author {
    Author { id: id.to_owned(), id_type: IdType::PageScoped as i32, name: name.to_owned(), ..Author::default() }
}

fn report() -> Conclusion {
    Conclusion {
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
    }
}

async fn city() -> City {
    let city = City::new();
    city.says(&by_phone(ANNA, "Anna Rossi"), None, "a1", "voragine davanti casa").await;
    city.says(&by_phone(BRUNO, "Bruno Bianchi"), None, "b1", "lampione spento").await;
    city.says(&by_account("555", "Dario Verdi"), Some("post"), "d1", "panchina rotta").await;
    city.says(&by_account(CARLA, "Carla Neri"), Some("post"), "c1", "altalena divelta").await;
    city
}

#[tokio::test]
async fn a_person_is_found_by_number_name_and_ticket() {
    let city = city().await;
    for number in [ANNA, "+39 333 111 0001", "333 1110001", "00393331110001"] {
        assert_eq!(city.only(&Query::Number(number.to_owned())).names.first().unwrap(), "Anna Rossi");
    }
    assert_eq!(city.only(&Query::Name("ross".to_owned())).numbers.first().unwrap(), ANNA);
    let ticket = *city.only(&Query::Name("bruno bianchi".to_owned())).tickets.first().unwrap();
    assert_eq!(city.only(&Query::Ticket(ticket)).numbers.first().unwrap(), BRUNO);
    for nobody in [Query::Name("Zoe".to_owned()), Query::Number("333".to_owned()), Query::Name(" ".to_owned())] {
        assert!(city.directory().find(&nobody, &city.identity).is_empty());
    }
}

#[tokio::test]
async fn who_is_known_by_two_ids_is_one_person() {
    let city = City::new();
    let both = Author { business_scoped_id: "IT.77".to_owned(), ..by_phone(ANNA, "Anna Rossi") };
    let scoped = Author { id: "IT.77".to_owned(), id_type: IdType::BusinessScoped as i32, ..Author::default() };
    city.says(&by_phone(ANNA, "Anna"), None, "a1", "una buca").await;
    city.says(&both, None, "a2", "la stessa buca").await;
    city.says(&scoped, None, "a3", "ancora la buca").await;
    let anna = city.only(&Query::Number(ANNA.to_owned()));
    assert_eq!((anna.messages, anna.ids.len()), (3, 2));
    city.erase(&anna).await;
    assert!(!city.readable().contains("buca"));
}

#[tokio::test]
async fn an_erasure_takes_his_words_everywhere_and_nobody_elses() {
    let city = city().await;
    let anna = city.only(&Query::Number(ANNA.to_owned()));
    let ticket = *anna.tickets.first().unwrap();
    let finds = |word: &str| city.writer.read(|world| world.read.search(word).contains(&ticket));
    assert!(finds("voragine") && finds("posto"));
    let command = city.erase(&anna).await;
    assert_eq!(command.replies.len(), 1, "the receipt was still to be sent");
    assert!(!finds("voragine") && !finds("posto"));
    city.writer.read(|live| {
        assert_eq!(live.read.entry_of(ticket).unwrap().summary, "");
        assert!(*live == city.replayed(), "replay gives another world");
        assert!(live.desk.tickets.contains_key(&ticket), "the ticket stays");
    });
    let readable = city.readable();
    for gone in ["voragine", "Anna", ANNA, "posto di a1"] {
        assert!(!readable.contains(gone), "{gone}");
    }
    for stays in ["lampione", "panchina", "altalena", "Carla Neri", BRUNO] {
        assert!(readable.contains(stays), "{stays}");
    }
    let dropped = city.reader.read_all(0, 1000).unwrap().iter().any(|(_, bytes)| {
        matches!(convert::read(bytes).unwrap().event, Event::Conversation(Said::ReplyDropped { .. }))
    });
    assert!(dropped);
    // Known by the hash of his number alone, and with nothing left.
    let erased = city.only(&Query::Number(ANNA.to_owned()));
    assert_eq!((erased.messages, erased.readable, erased.names.len()), (1, 0, 0));
    assert!(city.erase(&erased).await.erased.is_empty());
}

#[tokio::test]
async fn under_a_public_post_each_ones_words_are_his_own() {
    for (gone, stays) in [("Carla", "panchina"), ("Dario", "altalena")] {
        let city = city().await;
        let person = city.only(&Query::Name(gone.to_owned()));
        city.erase(&person).await;
        let readable = city.readable();
        assert!(!readable.contains(gone) && readable.contains(stays));
        city.writer.read(|live| assert!(*live == city.replayed(), "replay gives another world"));
    }
}

#[tokio::test]
async fn who_writes_again_after_his_erasure_is_heard_and_answered() {
    let city = city().await;
    city.erase(&city.only(&Query::Number(ANNA.to_owned()))).await;
    city.says(&by_phone(ANNA, "Anna Rossi"), None, "a2", "tombino aperto").await;
    let anna = city.only(&Query::Number(ANNA.to_owned()));
    assert_eq!((anna.messages, anna.readable), (2, 1));
    assert!(city.readable().contains("tombino"));
    let ticket = TicketRef::Id(*anna.tickets.first().unwrap());
    let take = Act { ticket, expected_version: None, actor: operator(), action: Action::TakeInCharge { office: None } };
    city.execute("taken", Command::Act(take)).await;
    let conversation: ConversationId = *anna.conversations.first().unwrap();
    city.writer.read(|world| {
        let state = &world.desk.conversations[&conversation];
        assert!(state.replies.values().any(|reply| !reply.status.is_settled()), "he is owed an answer");
    });
}

#[tokio::test]
async fn a_dossier_holds_all_that_is_his_and_nothing_of_others() {
    let city = city().await;
    for (name, own, other) in [("Carla", "altalena", "panchina"), ("Anna", "voragine", "lampione")] {
        let person = city.only(&Query::Name(name.to_owned()));
        let extent = city.writer.read(|world| Extent::of(&person, world));
        let positions = dossier::positions(&extent, &*city.reader).unwrap();
        let shown = positions.iter().filter_map(|(position, _)| {
            let record = city.reader.read(*position).unwrap().unwrap();
            let recorded = convert::read(&record).unwrap();
            segnalalo_proto::sealed::Opener::open(&*city.keyring, recorded.event.sealed()?).ok()
        });
        let shown = format!("{:?}", shown.collect::<Vec<_>>());
        assert!(shown.contains(own) && !shown.contains(other), "{shown}");
        assert!(positions.iter().any(|(_, ticket)| ticket.is_some()));
    }
}

#[tokio::test]
async fn a_reason_that_tells_of_somebody_is_refused() {
    let city = city().await;
    let anna = city.only(&Query::Number(ANNA.to_owned()));
    for reason in ["lo ha chiesto al 333 1110001", " "] {
        let command =
            city.writer.read(|world| erasure::of_person(&anna, world, &city.keyring, reason, operator()).unwrap());
        let cause = CauseId::derived(&[reason.as_bytes()]);
        let request =
            Request { cause, command: Command::EraseKeys(command), occurred_at: None, trace_parent: String::new() };
        assert!(city.writer.execute(request).await.is_err());
    }
    assert!(city.readable().contains("voragine"));
}
