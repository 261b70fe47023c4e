use super::*;
use crate::{
    blobs::Blobs,
    journal::{Batch, Journal as _, Memory},
    media::Vault,
    register::Registrar,
    world::World,
    writer::Rules as Means,
};
use segnalalo_domain::{
    calendar,
    desk::{
        Act, Action, BeginAttempt, Command, Conclude, MediaEnd, Outcome, Reason, ReceiveMessage, RecordOutcome,
        SettleMedia, Standing, TicketRef, Words,
    },
    event::conversation::{Attachment, Proof},
    id::{ConversationId, MessageId, PersonId, TicketId},
    retention::Hold,
    words::{ActorType, Channel, Conclusion, ContentType, Kind, Office, Stance, Urgency},
};
use segnalalo_kit::{
    city::{self, Offices},
    clock::{Clock as _, ManualClock},
    config::Vars,
    master_key::MasterKey,
};
use segnalalo_proto::{
    common::v1::PersonalContent,
    sealed::{self, Opener as _},
};
use std::{
    path::Path,
    sync::{Arc, RwLock},
};

const BEGINNING: &str = "2026-11-27T09:00:00+01:00";

struct City {
    retention: Arc<Retention>,
    clock: Arc<ManualClock>,
    vault: Vault,
    _folder: tempfile::TempDir,
}

impl City {
    fn with(holds: Vec<Hold>) -> Self {
        let vars = Vars::from_pairs([("SEGNALALO_MASTER_KEY", "a-key-for-tests-that-guards-nothing-at-all")]);
        let keyring = Arc::new(Keyring::temporary(&MasterKey::from_vars(&vars).unwrap()).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault { keyring: keyring.clone(), blobs: Blobs::open(&folder.path().join("blobs")).unwrap() };
        let clock = Arc::new(ManualClock::new(BEGINNING.parse().unwrap()));
        let mut journal = Memory::default();
        journal.append(&[Batch::opening([7; 16], clock.now()).locked_by(keyring.id())]).unwrap();
        let reader = journal.reader();
        let world = World::replay(&*reader, &*keyring, |_| {}).unwrap();
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        let means = Means {
            calendar: calendar::article(),
            offices: Arc::new(Offices::load(city).unwrap()),
            registrar: Arc::new(Registrar::load(city).unwrap()),
            clock: clock.clone() as SharedClock,
            keyring: Some(keyring.clone()),
            blobs: Some(vault.blobs.clone()),
        };
        let (writer, _failed) = Writer::start(Box::new(journal), Arc::new(RwLock::new(world)), means);
        let rules = Rules { holds, ..city::retention::load(city).unwrap() };
        let clock_of_runs = clock.clone() as SharedClock;
        let turn = Mutex::default();
        let retention = Retention { writer, reader, keyring, rules, clock: clock_of_runs, bus: None, turn };
        Self { retention: Arc::new(retention), clock, vault, _folder: folder }
    }

    fn set(&self, now: &str) {
        self.clock.set(now.parse().unwrap());
    }

    fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        self.retention.writer.read(look)
    }

    async fn does(&self, cause: &str, command: Command) {
        let cause = CauseId::derived(&[cause.as_bytes(), self.clock.now().to_string().as_bytes()]);
        let request = Request { cause, command, occurred_at: None, trace_parent: String::new() };
        self.retention.writer.execute(request).await.unwrap();
    }

    /// Somebody writes, in the conversation that has his name.
    async fn says(&self, who: &str, words: &str, kind: Kind) {
        self.says_in(who, who, Channel::Whatsapp, words, kind).await;
    }

    async fn says_in(&self, thread: &str, who: &str, channel: Channel, words: &str, kind: Kind) {
        let content = PersonalContent { text: words.to_owned(), ..PersonalContent::default() };
        let received = ReceiveMessage {
            conversations: vec![conversation(thread)],
            message: message(words),
            channel,
            person: Some(PersonId::derived(&[who.as_bytes()])),
            addressed: true,
            content_type: ContentType::Text,
            attachments: 1,
            has_text: true,
            quoted: None,
            sealed: sealed::seal(None, &content),
        };
        self.does(&format!("received {words}"), Command::ReceiveMessage(received)).await;
        let place = PersonalContent { place: format!("dove {words}"), ..PersonalContent::default() };
        let (conversation, message) = (conversation(thread), message(words));
        let conclude =
            Conclude { conversation, message, conclusion: concluded(kind), sealed: sealed::seal(None, &place) };
        self.does(&format!("concluded {words}"), Command::Conclude(conclude)).await;
    }

    async fn attaches(&self, who: &str, words: &str) {
        let attachment = Attachment { message: message(words), revision: 0, index: 0 };
        let lock = self.read(|world| world.desk.lock_for_media(conversation(who), message(words)));
        let file = self.vault.keep(&lock, attachment, "image/jpeg".to_owned(), b"a photo").unwrap();
        let filename = PersonalContent { text: format!("foto {words}"), ..PersonalContent::default() };
        let end = MediaEnd::Stored { file, sealed: sealed::seal(None, &filename) };
        let settle = SettleMedia { conversation: conversation(who), attachment, end };
        self.does(&format!("stored {words}"), Command::SettleMedia(settle)).await;
    }

    fn ticket(&self, words: &str) -> TicketId {
        let id = message(words);
        self.read(|world| {
            world.desk.tickets.iter().find(|(_, ticket)| ticket.message == id).map(|(id, _)| *id).unwrap()
        })
    }

    async fn acts(&self, words: &str, action: Action) {
        let act = Act { ticket: TicketRef::Id(self.ticket(words)), expected_version: None, actor: anna(), action };
        self.does(&format!("{words} {:?}", act.action), Command::Act(act)).await;
    }

    async fn solves(&self, words: &str) {
        self.acts(words, Action::TakeInCharge { office: None }).await;
        self.acts(words, Action::Resolve { words: nothing() }).await;
        self.acts(words, Action::Close { reason: nothing() }).await;
    }

    /// All that the city owes is sent.
    async fn sends(&self) {
        let due = self.read(|world| {
            let all = world.desk.conversations.iter();
            let all =
                all.flat_map(|(id, state)| state.replies.iter().map(|(reply, known)| (*id, *reply, known.clone())));
            all.filter(|(_, _, known)| !known.status.is_settled()).collect::<Vec<_>>()
        });
        for (conversation, reply, known) in due {
            let text = format!("inviata {:?}", known.ticket);
            let sealed = sealed::seal(None, &PersonalContent { text, ..PersonalContent::default() });
            let begin = BeginAttempt { conversation, reply, attempt: 1, text_sha256: [0; 32], sealed: sealed.clone() };
            self.does(&format!("begin {reply}"), Command::BeginAttempt(begin)).await;
            let outcome = Outcome::Accepted { sent_message: None, proof: Proof::Response, sealed };
            let record = RecordOutcome { conversation, reply, attempt: 1, outcome };
            self.does(&format!("accepted {reply}"), Command::RecordOutcome(record)).await;
        }
    }

    /// Every word that can be read in the log.
    fn readable(&self) -> String {
        let records = self.retention.reader.read_all(0, 10_000).unwrap();
        let boxes = records.iter().filter_map(|(_, bytes)| {
            let recorded = convert::read(bytes).unwrap();
            let content = self.retention.keyring.open(recorded.event.sealed()?).ok()?;
            Some(format!("{content:?}"))
        });
        boxes.collect()
    }

    async fn run(&self) -> Found {
        self.retention.erase(anna()).await.unwrap().1
    }

    /// What a start would make of the log.
    fn is_as_replayed(&self) {
        let replayed = World::replay(&*self.retention.reader, &*self.retention.keyring, |_| {}).unwrap();
        self.read(|live| assert!(*live == replayed, "replay gives another world"));
    }

    fn files(&self) -> usize {
        let media = self.read(|world| {
            let all = world.desk.conversations.values().flat_map(|state| state.media.values());
            all.filter_map(|media| match media {
                segnalalo_domain::conversation::Media::Stored(file) => Some(file.blob),
                segnalalo_domain::conversation::Media::Failed(_) => None,
            })
            .collect::<Vec<_>>()
        });
        media.iter().filter(|blob| self.vault.blobs.read(blob).is_ok()).count()
    }
}

fn conversation(who: &str) -> ConversationId {
    ConversationId::derived(&[who.as_bytes()])
}

fn message(words: &str) -> MessageId {
    MessageId::derived(&[words.as_bytes()])
}

fn anna() -> Actor {
    Actor { kind: ActorType::Person, name: "anna".into() }
}

fn words(text: &str) -> Words {
    let content = PersonalContent { text: text.to_owned(), ..PersonalContent::default() };
    Words { is_empty: false, personal: Vec::new(), sealed: sealed::seal(None, &content) }
}

fn nothing() -> Words {
    Words { is_empty: true, ..words("") }
}

fn concluded(kind: Kind) -> Conclusion {
    Conclusion {
        kind,
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

/// A report that was solved and closed, one that wasn't the city's, spam, thanks for nothing, a notice, and one still open.
async fn city() -> City {
    let city = City::with(Vec::new());
    city.says("Ada", "voragine", Kind::Report).await;
    city.attaches("Ada", "voragine").await;
    city.acts("voragine", Action::TakeInCharge { office: None }).await;
    city.acts("voragine", Action::AddNote { words: words("nota interna") }).await;
    city.acts("voragine", Action::Resolve { words: words("chiusa la buca") }).await;
    city.acts("voragine", Action::Close { reason: nothing() }).await;
    city.says("Bice", "bolletta", Kind::Report).await;
    city.acts("bolletta", Action::DeclareNotPertinent { words: words("non è nostra") }).await;
    city.acts("bolletta", Action::Close { reason: nothing() }).await;
    city.says("Ciro", "vincita", Kind::AbusiveOrSpam).await;
    city.acts("vincita", Action::MarkSpam).await;
    city.says("Dina", "ringrazio", Kind::Thanks).await;
    city.says("Elio", "lampione", Kind::Report).await;
    city.attaches("Elio", "lampione").await;
    let notice = PersonalContent { raw: "avviso".to_owned(), ..PersonalContent::default() };
    let notice = Command::RecordNotice {
        channel: Channel::Whatsapp,
        subject: "account".to_owned(),
        known: true,
        sealed: sealed::seal(None, &notice),
    };
    city.does("notice", notice).await;
    city.sends().await;
    city
}

#[tokio::test]
async fn each_rule_takes_its_own_when_its_time_is_over_and_not_a_second_before() {
    let city = city().await;
    let sent = |words: &str| format!("inviata Some({:?}", city.ticket(words));
    let chat_of_report = sent("voragine");
    for (before, at, gone, stays) in [
        ("2026-12-28T00:59:59+01:00", "2026-12-28T01:00:00+01:00", vec!["avviso"], vec!["bolletta", "vincita"]),
        (
            "2027-02-25T08:59:59+01:00",
            "2027-02-25T09:00:00+01:00",
            vec!["bolletta", "non è nostra", "vincita", "ringrazio", "dove vincita"],
            vec!["voragine", "foto voragine", "inviata Some"],
        ),
        (
            "2027-11-27T08:59:59+01:00",
            "2027-11-27T09:00:00+01:00",
            vec!["foto voragine", &chat_of_report],
            vec!["voragine", "chiusa la buca", "nota interna"],
        ),
        (
            "2031-11-27T08:59:59+01:00",
            "2031-11-27T09:00:00+01:00",
            vec!["voragine", "chiusa la buca", "nota interna"],
            vec!["lampione", "dove lampione", "foto lampione"],
        ),
    ] {
        city.set(before);
        assert_eq!(city.run().await, Found::default(), "{before}");
        let readable = city.readable();
        for words in gone.iter().chain(&stays) {
            assert!(readable.contains(words), "{words} at {before}");
        }
        city.set(at);
        let would = city.retention.look().await.unwrap();
        assert_eq!(city.run().await, would, "a dry run says what a run does");
        let readable = city.readable();
        for words in &gone {
            assert!(!readable.contains(words), "{words} at {at}");
        }
        for words in stays {
            assert!(readable.contains(words), "{words} at {at}");
        }
        city.is_as_replayed();
        assert_eq!(city.run().await, Found::default(), "a second run takes nothing");
    }
    assert_eq!(city.files(), 1, "the open ticket's photo");
    let (report, open) = (city.ticket("voragine"), city.ticket("lampione"));
    city.read(|world| {
        let found = |word: &str| world.read.search(word);
        assert!(found("voragine").is_empty() && found("lampione").contains(&open));
        assert_eq!(world.read.entry_of(report).unwrap().summary, "");
        let number = world.desk.tickets[&report].protocol.unwrap();
        assert!(found(&number.to_string()).contains(&report), "the register stays");
    });
    // The ticket's own story says why its words are gone.
    let positions = city.read(|world| world.read.entry_of(report).unwrap().positions.clone());
    let told = positions.into_iter().filter_map(|position| {
        match convert::read(&city.retention.reader.read(position).unwrap().unwrap()).unwrap().event {
            Event::Log(Log::KeysErased(erased)) => Some(erased.rule),
            _ => None,
        }
    });
    assert_eq!(told.collect::<Vec<_>>(), ["attachments", "chat", "content"]);
}

#[tokio::test]
async fn what_somebody_still_needs_stays() {
    let hold = |named: &str| Hold {
        ticket: TicketRef::Protocol(named.parse().unwrap()),
        named: named.to_owned(),
        act: "ricorso 5/2027".to_owned(),
    };
    let city = City::with(vec![hold("2026/0000001")]);
    city.says("Ada", "frana", Kind::Report).await;
    city.set("2031-12-01T10:00:00+01:00");
    assert!(matches!(city.retention.erase(anna()).await, Err(Error::UnknownHold(named)) if named == "2026/0000001"));

    city.set("2026-11-28T09:00:00+01:00");
    city.solves("frana").await;
    city.says("Bice", "tombino", Kind::Report).await;
    city.solves("tombino").await;
    city.says("Ciro", "panchina", Kind::Report).await;
    city.sends().await;
    city.set("2026-11-29T09:00:00+01:00");
    // The latest of his messages says where he is answered; its ticket is none of ours.
    city.says("Ciro", "gatto", Kind::Report).await;
    let apart = city.read(|world| world.desk.tickets.values().any(|ticket| ticket.message == message("gatto")));
    assert!(apart, "a ticket of its own");
    city.acts("gatto", Action::DeclareNotPertinent { words: words("si chiami il canile") }).await;

    city.set("2032-01-01T10:00:00+01:00");
    let found = city.run().await;
    let mut kept = vec![(city.ticket("frana"), Reason::Hold), (city.ticket("gatto"), Reason::Unsent)];
    kept.sort();
    assert_eq!(found.kept, kept);
    let readable = city.readable();
    assert!(readable.contains("frana") && readable.contains("gatto") && !readable.contains("tombino"), "{readable}");

    city.sends().await;
    city.run().await;
    let readable = city.readable();
    assert!(readable.contains("gatto") && !readable.contains("canile"), "an open ticket is answered there");
    city.solves("panchina").await;
    city.sends().await;
    city.run().await;
    let readable = city.readable();
    assert!(!readable.contains("gatto") && readable.contains("panchina"), "{readable}");
    assert!(readable.contains("frana"), "on hold");
    city.is_as_replayed();
}

#[tokio::test]
async fn a_ticket_that_is_reopened_starts_anew_even_while_a_run_is_on_its_way() {
    let city = City::with(Vec::new());
    city.says("Ada", "voragine", Kind::Report).await;
    city.solves("voragine").await;
    city.sends().await;
    city.set("2031-11-27T09:00:00+01:00");
    let found = city.retention.look().await.unwrap();
    assert!(!found.due.is_empty());
    city.acts("voragine", Action::Reopen { reason: words("è di nuovo aperta") }).await;
    let day = city.clock.now().to_zoned(rome()).date();
    let rules = city.retention.rules.clone();
    let late = ApplyRetention { day, rules: rules.clone(), due: found.due, complete: true, actor: anna() };
    city.does("late", Command::ApplyRetention(late)).await;
    assert!(city.readable().contains("voragine"));
    assert!(city.retention.last().unwrap().unwrap().steps[0].removals.is_empty());
    city.solves("voragine").await;
    city.sends().await;
    let standing = |at: &str| {
        let at = at.parse().unwrap();
        city.read(|world| world.desk.standing(city.ticket("voragine"), &rules, at))
    };
    assert_eq!(standing("2032-11-27T08:59:59+01:00"), Standing::Kept);
    assert!(matches!(standing("2036-11-27T09:00:00+01:00"), Standing::Over(_)));
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_due_again_and_takes_what_is_left() {
    let city = City::with(Vec::new());
    for words in ["voragine", "tombino"] {
        city.says(words, words, Kind::Report).await;
        city.solves(words).await;
    }
    city.sends().await;
    assert!(!city.retention.is_due(), "the log began today");
    city.set("2031-12-01T10:00:00+01:00");
    assert!(city.retention.is_due());
    let found = city.retention.look().await.unwrap();
    let (first, rest) = found.due.split_at(1);
    let step = ApplyRetention {
        day: "2031-12-01".parse().unwrap(),
        rules: city.retention.rules.clone(),
        due: first.to_vec(),
        complete: false,
        actor: Actor::rule(nightly::RULE),
    };
    city.does("the step before the kill", Command::ApplyRetention(step)).await;
    city.is_as_replayed();
    assert!(city.retention.is_due());
    let (run, found) = city.retention.erase(Actor::rule(nightly::RULE)).await.unwrap();
    assert_eq!(found.due, rest);
    assert_eq!((run.steps.len(), run.steps[0].complete, run.steps[1].complete), (2, false, true));
    assert!(!city.retention.is_due());
    let readable = city.readable();
    assert!(!readable.contains("voragine") && !readable.contains("tombino"), "{readable}");

    city.set("2031-12-02T02:29:59+01:00");
    assert!(!city.retention.is_due());
    city.set("2031-12-02T02:30:00+01:00");
    assert!(city.retention.is_due());
    assert_eq!(city.retention.too_long_ago(), None);
    // A clock that leaps by years doesn't empty the log by itself.
    city.set("2037-01-01T10:00:00+01:00");
    assert!(city.retention.too_long_ago().is_some());
}

#[tokio::test]
async fn what_was_merged_goes_with_what_it_lives_on_in_and_a_thread_keeps_its_first_words_while_it_is_open() {
    let city = City::with(Vec::new());
    city.says("Ada", "voragine", Kind::Report).await;
    city.says("Bice", "cratere", Kind::Report).await;
    let into = TicketRef::Id(city.ticket("cratere"));
    city.acts("voragine", Action::Merge { into }).await;
    city.says_in("post", "Ciro", Channel::FacebookPost, "altalena", Kind::Report).await;
    city.set("2026-11-27T12:00:00+01:00");
    city.says_in("post", "Dina", Channel::FacebookPost, "scivolo", Kind::Report).await;
    city.solves("altalena").await;
    city.sends().await;

    city.set("2031-12-01T10:00:00+01:00");
    city.run().await;
    let readable = city.readable();
    for stays in ["voragine", "cratere", "altalena", "scivolo"] {
        assert!(readable.contains(stays), "{stays}");
    }
    city.solves("cratere").await;
    city.solves("scivolo").await;
    city.sends().await;
    city.run().await;
    let readable = city.readable();
    assert!(!readable.contains("altalena"), "nothing in the thread is open any more");
    assert!(readable.contains("voragine") && readable.contains("cratere"), "five years from now");

    city.set("2036-12-01T10:00:00+01:00");
    city.run().await;
    assert_eq!(city.readable().matches("voragine").count() + city.readable().matches("cratere").count(), 0);
    city.is_as_replayed();
}
