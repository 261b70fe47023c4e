//! The writer over a log in memory: what it answers, and that the world it keeps is the one that replay gives.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there")]

use prost::Message as _;
use segnalalo_domain::{
    calendar,
    conversation::ReplyStatus,
    desk::{Act, Action, Command, Conclude, Outcome, ReceiveMessage, RecordOutcome, SettleReply, TicketRef, Verdict},
    event::{
        Event,
        conversation::{Event as Said, GivenUp},
    },
    id::{CauseId, ConversationId, MessageId, PersonId},
    protocol::Cited,
    sealed::{Scheme, Sealed},
    words::{Actor, ActorType, Channel, Conclusion, ContentType, Kind, Office, Stance, Urgency},
};
use segnalalo_kit::{
    bus::{self, BatchHandler as _, Delivery},
    city::Offices,
    clock::SystemClock,
    telemetry::Metrics,
};
use segnalalo_proto::{
    common::v1::{Author, author::IdType},
    convert,
    observation::v1 as observation,
    sealed::NoKeys,
    time,
};
use segnalalo_registry::{
    identity::Identity,
    intake::{Intake, Source},
    journal::{Batch, Journal as _, Memory, Reader},
    published::Published,
    register::Registrar,
    world::World,
    writer::{Error, Receipt, Request, Rules, Writer},
};
use std::{
    path::Path,
    sync::{Arc, RwLock},
};

fn registry() -> (Writer, Arc<dyn Reader>) {
    let mut journal = Memory::default();
    journal.append(&[Batch::opening([7; 16], segnalalo_domain::Timestamp::UNIX_EPOCH)]).unwrap();
    let reader = journal.reader();
    let world = World::replay(&*reader, &NoKeys, |_| {}).unwrap();
    let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
    let rules = Rules {
        calendar: calendar::article(),
        offices: Arc::new(Offices::load(city).unwrap()),
        registrar: Arc::new(Registrar::load(city).unwrap()),
        clock: Arc::new(SystemClock),
        keyring: None,
        blobs: None,
    };
    let (writer, _failed) = Writer::start(Box::new(journal), Arc::new(RwLock::new(world)), rules);
    (writer, reader)
}

fn sealed() -> Sealed {
    Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() }
}

fn conversation(name: &str) -> ConversationId {
    ConversationId::derived(&[name.as_bytes()])
}

fn message(name: &str) -> MessageId {
    MessageId::derived(&[name.as_bytes()])
}

fn request(cause: &str, command: Command) -> Request {
    Request { cause: CauseId::derived(&[cause.as_bytes()]), command, occurred_at: None, trace_parent: String::new() }
}

fn received(name: &str) -> Request {
    let command = Command::ReceiveMessage(ReceiveMessage {
        conversations: vec![conversation(name)],
        message: message(name),
        channel: Channel::Whatsapp,
        person: Some(PersonId::derived(&[name.as_bytes()])),
        addressed: true,
        content_type: ContentType::Text,
        attachments: 0,
        has_text: true,
        quoted: None,
        sealed: sealed(),
    });
    request(&format!("received {name}"), command)
}

fn concluded(name: &str) -> Request {
    let command = Command::Conclude(Conclude {
        conversation: conversation(name),
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
        sealed: sealed(),
    });
    request(&format!("concluded {name}"), command)
}

fn taken(number_of_before: u32, ticket: TicketRef) -> Request {
    let command = Command::Act(Act {
        ticket,
        expected_version: None,
        actor: Actor { kind: ActorType::Person, name: "anna".into() },
        action: Action::TakeInCharge { office: None },
    });
    request(&format!("taken {number_of_before}"), command)
}

fn only_ticket(writer: &Writer, name: &str) -> TicketRef {
    writer.read(|world| TicketRef::Id(world.desk.conversations[&conversation(name)].tickets[0]))
}

#[tokio::test]
async fn a_hundred_reports_at_once_get_numbers_without_gaps_and_replay_gives_the_same_world() {
    let (writer, reader) = registry();
    let names = (0..100).map(|n| format!("citizen {n}")).collect::<Vec<_>>();
    let all = names.iter().map(|name| async {
        writer.execute(received(name)).await.unwrap();
        writer.execute(concluded(name)).await.unwrap();
    });
    futures::future::join_all(all).await;
    let numbered = names.iter().zip(0..).map(|(name, n)| writer.execute(taken(n, only_ticket(&writer, name))));
    for receipt in futures::future::join_all(numbered).await {
        assert!(!receipt.unwrap().repeated);
    }
    let numbers =
        writer.read(|world| world.desk.register.numbers.keys().map(|number| number.number).collect::<Vec<_>>());
    assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
    let replayed = World::replay(&*reader, &NoKeys, |_| {}).unwrap();
    writer.read(|live| assert!(*live == replayed, "replay gives another world"));
}

#[tokio::test]
async fn the_same_cause_is_handled_once_also_within_one_group() {
    let (writer, reader) = registry();
    let both = futures::future::join(writer.execute(received("mario")), writer.execute(received("mario"))).await;
    let (first, second) = (both.0.unwrap(), both.1.unwrap());
    assert!(!first.repeated && second.repeated);
    assert_eq!(first.position, second.position);
    let later = writer.execute(received("mario")).await.unwrap();
    assert_eq!(later, Receipt { position: first.position, repeated: true, ignored: false });
    assert_eq!(reader.head().position, 2);
}

#[tokio::test]
async fn an_observation_that_changes_nothing_is_noted_once() {
    let (writer, reader) = registry();
    let command = Command::GiveUpOnTriage {
        conversation: conversation("nobody"),
        message: message("nothing"),
        reason: GivenUp::TimedOut,
    };
    let first = writer.execute(request("give up", command.clone())).await.unwrap();
    assert!(!first.repeated);
    assert!(writer.execute(request("give up", command)).await.unwrap().repeated);
    assert_eq!(reader.head().position, 2);
}

#[tokio::test]
async fn a_refusal_leaves_no_trace_and_may_be_tried_again() {
    let (writer, reader) = registry();
    let unknown = TicketRef::Protocol(Cited { year: None, number: 1 });
    for _ in 0..2 {
        let refused = writer.execute(taken(0, unknown.clone())).await;
        assert!(matches!(refused, Err(Error::Rejected(rejection)) if rejection.code() == "UNKNOWN_TICKET"));
    }
    assert_eq!(reader.head().position, 1);
}

#[tokio::test]
async fn a_verdict_that_a_crash_left_unrouted_is_routed_at_the_next_start() {
    let (writer, reader) = registry();
    writer.execute(received("mario")).await.unwrap();
    writer.execute(concluded("mario")).await.unwrap();
    // A log that ends between the verdict and its routing.
    let records = reader.read_all(0, 3).unwrap().into_iter().map(|(_, record)| record).take(3).collect::<Vec<_>>();
    let mut cut = Memory::default();
    cut.import(&records).unwrap();
    let world = World::replay(&*cut.reader(), &NoKeys, |_| {}).unwrap();
    assert!(world.desk.is_ready(conversation("mario")));
    let cut_reader = cut.reader();
    let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
    let rules = Rules {
        calendar: calendar::article(),
        offices: Arc::new(Offices::load(city).unwrap()),
        registrar: Arc::new(Registrar::load(city).unwrap()),
        clock: Arc::new(SystemClock),
        keyring: None,
        blobs: None,
    };
    let (restarted, _failed) = Writer::start(Box::new(cut), Arc::new(RwLock::new(world)), rules);
    // Whatever is asked next finds it routed.
    restarted.execute(received("lucia")).await.unwrap();
    restarted.read(|world| assert_eq!(world.desk.conversations[&conversation("mario")].tickets.len(), 1));
    assert!(cut_reader.head().position > 4);
}

#[tokio::test]
async fn what_a_record_can_not_say_is_refused_alone_and_stops_nothing() {
    let (writer, reader) = registry();
    writer.execute(received("mario")).await.unwrap();
    let mut poison = concluded("mario");
    let Command::Conclude(conclude) = &mut poison.command else { unreachable!("it is a conclusion") };
    conclude.conclusion.confidence = f64::NAN;
    let mut large = received("lucia");
    let Command::ReceiveMessage(message) = &mut large.command else { unreachable!("it is a message") };
    message.sealed.payload = vec![0; 8 * 1024 * 1024];
    for request in [poison, large] {
        assert!(matches!(writer.execute(request).await, Err(Error::Unrecordable(_))));
    }
    assert_eq!(reader.head().position, 2);
    writer.execute(concluded("mario")).await.unwrap();
    writer.read(|world| assert_eq!(world.desk.tickets.len(), 1));
}

#[tokio::test]
async fn a_reply_that_was_held_before_any_attempt_can_be_sent_again_or_be_noted_as_arrived() {
    for (name, verdict) in [("again", Verdict::Resend), ("arrived", Verdict::Arrived)] {
        let (writer, _) = registry();
        writer.execute(received(name)).await.unwrap();
        writer.execute(concluded(name)).await.unwrap();
        let reply = writer.read(|world| *world.desk.replies.keys().next().unwrap());
        let outcome = Outcome::Held { code: "window_closed".into(), detail: String::new() };
        let record = RecordOutcome { conversation: conversation(name), reply, attempt: 0, outcome };
        writer.execute(request("held", Command::RecordOutcome(record))).await.unwrap();
        let actor = Actor { kind: ActorType::Person, name: "paolo".into() };
        let settle = SettleReply { reply, actor, verdict, sealed: sealed() };
        writer.execute(request("settled", Command::SettleReply(settle))).await.unwrap();
        let status = writer.read(|world| world.desk.conversations[&conversation(name)].replies[&reply].status.clone());
        let expected = if verdict == Verdict::Resend { ReplyStatus::Due } else { ReplyStatus::Accepted };
        assert_eq!(status, expected);
    }
}

fn delivery(n: u64) -> Delivery {
    let said = observation::CitizenMessage {
        provider_id: format!("wamid.{n}"),
        author: Some(Author { id_type: IdType::Phone.into(), id: "393331112222".to_owned(), ..Author::default() }),
        content_type: observation::citizen_message::ContentType::Text.into(),
        text: format!("messaggio {n}"),
        ..observation::CitizenMessage::default()
    };
    let inbound = observation::Inbound {
        received_at: Some(time::to_wire(segnalalo_domain::Timestamp::UNIX_EPOCH)),
        occurred_at: Some(time::to_wire(segnalalo_domain::Timestamp::UNIX_EPOCH)),
        channel: segnalalo_proto::common::v1::Channel::Whatsapp.into(),
        dedupe_key: format!("message:wamid.{n}"),
        observation: Some(observation::inbound::Observation::Message(said)),
    };
    Delivery { payload: inbound.encode_to_vec().into(), traceparent: String::new(), delivered: 1, sequence: n }
}

/// As many as a batch holds: more than the runtime lets one task do at a stretch.
#[tokio::test]
async fn a_batch_of_hundreds_is_recorded_in_the_order_in_which_it_came() {
    let (writer, reader) = registry();
    let (_sent, published) = Published::channel(u64::MAX);
    let handled = Metrics::new("registry").counter("registry_observations", "test");
    let identity = Identity::new([7; 32]);
    let intake = Intake { source: Source::Inbound, writer, identity: identity.clone(), published, handled };
    let outcomes = intake.handle((0..256).map(delivery).collect()).await;
    assert!(outcomes.iter().all(|outcome| *outcome == bus::Outcome::Done), "{outcomes:?}");
    let recorded = reader.read_all(1, 1024).unwrap();
    let messages = recorded.iter().filter_map(|(_, record)| match convert::read(record).unwrap().event {
        Event::Conversation(Said::MessageReceived { message, .. }) => Some(message),
        _ => None,
    });
    let expected = (0..256).map(|n| identity.message(Channel::Whatsapp, &format!("wamid.{n}")).unwrap());
    assert!(messages.eq(expected), "not in order");
}
