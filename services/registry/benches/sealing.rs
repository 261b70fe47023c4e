//! What sealing and chaining cost: the registry's writer with a keyring, the same writer without one, and bare sled with the
//! same groups, on the same commands in turns. A citizen's message is the dearest case: it has a key of its own, which must be
//! on disk before the message; a note is the usual one, for its ticket's key is there. Figures to look at, never a test.

mod floor;

use bytes::Bytes;
use floor::{Done, Floor, percentile};
use segnalalo_domain::{
    desk::{Act, Action, Command, Conclude, ReceiveMessage, TicketRef, Words},
    event::Stream,
    id::{CauseId, ConversationId, KeyId, MessageId, PersonId, TicketId},
    sealed::{Place, Sealed},
    words::{Actor, ActorType, Channel, Conclusion, ContentType, Kind, Office, Stance, Urgency},
};
use segnalalo_kit::{
    city::{Offices, calendar},
    clock::{self, SystemClock},
    config::Vars,
    master_key::{MasterKey, NAME},
};
use segnalalo_proto::{
    common::v1::PersonalContent,
    record,
    sealed::{self, Key, NoKeys},
};
use segnalalo_registry::{
    journal::{self, Batch, Journal as _, Reader},
    keyring::Keyring,
    register::Registrar,
    world::World,
    writer::{Core, Request, Rules},
};
use std::{
    hint::black_box,
    path::Path,
    sync::{Arc, RwLock},
    time::Duration,
};

/// Who waits for the disk at a time: they share a sync.
const CALLERS: [u64; 4] = [1, 8, 64, 256];
/// For each of the three.
const AT_LEAST: Duration = Duration::from_secs(1);
const TICKETS: u64 = 256;

fn main() -> Done {
    let place = tempfile::tempdir_in(".")?;
    println!(
        "sealing and chaining: commands on disk before they are answered; what each costs beside the one below it"
    );
    for (what, command) in
        [("messages, each with a key of its own", received as Made), ("notes, under keys that are there", noted)]
    {
        println!("  {what}");
        for callers in CALLERS {
            beside(&place.path().join(format!("{what}-{callers}")), callers, command)?;
        }
    }
    alone(&place.path().join("alone"))
}

/// In turns: a group sealed and chained, a group chained, the records of that group in bare sled.
fn beside(folder: &Path, callers: u64, command: Made) -> Done {
    let mut sealed = Side::open(&folder.join("sealed"), true)?;
    let mut open = Side::open(&folder.join("open"), false)?;
    let floor = Floor::open(&folder.join("floor"))?;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let started = clock::monotonic();
    let mut next = TICKETS;
    while started.elapsed() < AT_LEAST * 3 {
        let group = (next..next + callers).map(command).collect::<Vec<_>>();
        times[0].push(sealed.handle(&group)?);
        times[1].push(open.handle(&group)?);
        let records = open.last(callers)?;
        let before = clock::monotonic();
        floor.append(&records)?;
        times[2].push(before.elapsed());
        next += callers;
    }
    let [sealed, open, bare] = times.map(|mut times| (percentile(&mut times, 50), percentile(&mut times, 99)));
    println!(
        "    {callers:>3} callers: sealed and chained p50 {:>6.2} ms, p99 {:>6.2}; chained {:>6.2}, {:>6.2}; bare sled {:>6.2}, \
         {:>6.2}: sealing x {:.2}, log and decisions x {:.2} (p50)",
        sealed.0,
        sealed.1,
        open.0,
        open.1,
        bare.0,
        bare.1,
        sealed.0 / open.0,
        open.0 / bare.0
    );
    Ok(())
}

/// A registry's writer and its log.
struct Side {
    core: Core,
    reader: Arc<dyn Reader>,
}

impl Side {
    /// With tickets that one may write notes in.
    fn open(folder: &Path, locked: bool) -> Done<Self> {
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        std::fs::create_dir_all(folder)?;
        let mut log = journal::Sled::open(&folder.join("log"))?;
        log.append(&[Batch::opening([7; 16], clock::Clock::now(&SystemClock))])?;
        let reader = log.reader();
        let master = MasterKey::from_vars(&Vars::from_pairs([(NAME, "a-key-for-benchmarks-that-guards-nothing")]))?;
        let keyring = locked.then(|| Keyring::create(&folder.join("keyring"), &master)).transpose()?;
        let rules = Rules {
            calendar: calendar::load(city)?,
            offices: Arc::new(Offices::load(city)?),
            registrar: Arc::new(Registrar::load(city)?),
            clock: Arc::new(SystemClock),
            keyring: keyring.map(Arc::new),
            blobs: None,
        };
        let world = Arc::new(RwLock::new(World::replay(&*reader, &NoKeys, |_| {})?));
        let mut side = Self { core: Core::begin(Box::new(log), world, rules)?, reader };
        side.handle(&(0..TICKETS).map(received).collect::<Vec<_>>())?;
        side.handle(&(0..TICKETS).map(concluded).collect::<Vec<_>>())?;
        side.handle(&(0..TICKETS).map(|n| noted(u64::MAX - n)).collect::<Vec<_>>())?;
        Ok(side)
    }

    fn handle(&mut self, requests: &[Request]) -> Done<Duration> {
        let before = clock::monotonic();
        let answers = self.core.handle(requests)?;
        let took = before.elapsed();
        for answer in answers {
            answer?;
        }
        Ok(took)
    }

    /// As many records as there were commands: each gave one.
    fn last(&self, count: u64) -> Done<Vec<(u64, Bytes)>> {
        Ok(self.reader.read_all(self.reader.head().position - count, usize::try_from(count)?)?)
    }
}

/// Without any disk: what a box and a link of the chain cost.
fn alone(folder: &Path) -> Done {
    const COUNT: u64 = 50_000;
    let side = Side::open(folder, true)?;
    let records = side.last(TICKETS)?;
    let bytes = records.iter().map(|(_, record)| record.len()).sum::<usize>() / records.len();
    let payload = content(1);
    let key = Key::random();
    let stream = Stream::Ticket(TicketId::derived(&[b"ticket"]));
    let each = |work: &dyn Fn(u64)| {
        let started = clock::monotonic();
        (0..COUNT).for_each(work);
        started.elapsed().as_secs_f64() * 1e6 / COUNT as f64
    };
    let locking = each(&|n| {
        let place = Place { stream, version: n };
        black_box(sealed::lock(&payload.payload, PersonId([1; 16]), KeyId([2; 16]), &key, place));
    });
    let hashing = each(&|n| {
        black_box(record::hash(&records[usize::try_from(n % TICKETS).unwrap_or_default()].1));
    });
    println!(
        "  without the disk: {locking:.1} µs to lock a box of {} bytes, {hashing:.1} µs to hash a record of {bytes} bytes",
        payload.payload.len()
    );
    Ok(())
}

type Made = fn(u64) -> Request;

fn request(kind: &str, n: u64, command: Command) -> Request {
    let cause = CauseId::derived(&[kind.as_bytes(), &n.to_be_bytes()]);
    let trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned();
    Request { cause, command, occurred_at: None, trace_parent }
}

fn content(n: u64) -> Sealed {
    let text =
        format!("Buongiorno, in via Italia davanti al {n} c'è una buca profonda: qualcuno si farà male. ").repeat(3);
    sealed::seal(Some(person(n)), &PersonalContent { text, ..PersonalContent::default() })
}

fn person(n: u64) -> PersonId {
    PersonId::derived(&[b"person", &n.to_be_bytes()])
}

fn conversation(n: u64) -> ConversationId {
    ConversationId::derived(&[b"conversation", &n.to_be_bytes()])
}

fn message(n: u64) -> MessageId {
    MessageId::derived(&[b"message", &n.to_be_bytes()])
}

fn received(n: u64) -> Request {
    let command = Command::ReceiveMessage(ReceiveMessage {
        conversations: vec![conversation(n)],
        message: message(n),
        channel: Channel::Whatsapp,
        person: Some(person(n)),
        addressed: true,
        content_type: ContentType::Text,
        attachments: 0,
        has_text: true,
        quoted: None,
        sealed: content(n),
    });
    request("received", n, command)
}

fn concluded(n: u64) -> Request {
    let command = Command::Conclude(Conclude {
        conversation: conversation(n),
        message: message(n),
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
            rules_version: "bench".into(),
        },
        sealed: content(n),
    });
    request("concluded", n, command)
}

fn noted(n: u64) -> Request {
    let command = Command::Act(Act {
        ticket: TicketRef::Id(TicketId::derived(&[b"ticket", &message(n % TICKETS).0])),
        expected_version: None,
        actor: Actor { kind: ActorType::Person, name: "anna".into() },
        action: Action::AddNote { words: Words { sealed: content(n), is_empty: false, personal: Vec::new() } },
    });
    request("noted", n, command)
}
