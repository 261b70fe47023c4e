//! The event log beside what it can't be faster than: durable appends beside bare sled with the same groups and syncs,
//! the state's rebuild beside a bare scan, `log verify` beside hash and checksum of the same bytes. Both sides take turns,
//! so that the machine's moods hit both. Figures to look at, never a test.

mod floor;

use bytes::Bytes;
use floor::{Done, Floor, percentile};
use jiff::Timestamp;
use segnalalo_domain::{
    event::{
        Event, Stream,
        ticket::{Classification, Event as Happened},
    },
    id::{CauseId, ConversationId, EventId, MessageId, TicketId},
    sealed::{Scheme, Sealed},
    words::{Actor, Channel, Urgency},
};
use segnalalo_kit::clock;
use segnalalo_proto::sealed::NoKeys;
use segnalalo_registry::{
    journal::{self, Batch, Journal as _, NewEvent, Reader, verify},
    world::World,
};
use sha2::{Digest as _, Sha256};
use std::{hint::black_box, path::Path, time::Duration};

/// Who waits for the disk at a time: they share a sync.
const CALLERS: [u64; 4] = [1, 8, 64, 256];
const AT_LEAST: Duration = Duration::from_secs(2);
const TICKETS: u64 = 20_000;
/// Of each ticket: opened, and notes.
const EVENTS: u64 = 8;

fn main() -> Done {
    let place = tempfile::tempdir_in(".")?;
    println!("event log: appends on disk before they return, beside bare sled with the same groups and syncs");
    for callers in CALLERS {
        appends(&place.path().join(format!("appends-{callers}")), callers)?;
    }
    let mut log = journal::Sled::open(&place.path().join("log"))?;
    fill(&mut log)?;
    let reader = log.reader();
    rebuild(&*reader)?;
    check(&*reader)
}

/// In turns: a group for us, a group for the floor.
fn appends(folder: &Path, callers: u64) -> Done {
    let mut log = journal::Sled::open(&folder.join("log"))?;
    let floor = Floor::open(&folder.join("floor"))?;
    log.append(&[Batch::opening([7; 16], now())])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let started = clock::monotonic();
    let mut next = 0;
    while started.elapsed() < AT_LEAST * 2 {
        let group = (0..callers).map(|n| note(next + n)).collect::<Vec<_>>();
        let before = clock::monotonic();
        log.append(&group)?;
        ours.push(before.elapsed());
        let records = log.reader().read_all(log.reader().head().position - callers, usize::try_from(callers)?)?;
        let before = clock::monotonic();
        floor.append(&records)?;
        theirs.push(before.elapsed());
        next += callers;
    }
    let rate = |times: &[Duration]| {
        let seconds = times.iter().sum::<Duration>().as_secs_f64();
        times.len() as f64 * callers as f64 / seconds
    };
    let (ours_rate, floor_rate) = (rate(&ours), rate(&theirs));
    println!(
        "  {callers:>3} callers: {ours_rate:>6.0} events a second (p50 {:.2} ms, p99 {:.2} ms); bare sled {floor_rate:>6.0}: {:.0} %",
        percentile(&mut ours, 50),
        percentile(&mut ours, 99),
        ours_rate / floor_rate * 100.0
    );
    Ok(())
}

fn rebuild(reader: &dyn Reader) -> Done {
    let records = reader.head().position;
    let scan = timed(|| Ok(scan(reader, |_| {})?))?;
    let started = clock::monotonic();
    let world = World::replay(reader, &NoKeys, |_| {})?;
    let seconds = started.elapsed().as_secs_f64();
    println!("rebuild of the registry's state: {records} records of {} tickets", world.desk.tickets.len());
    println!(
        "  {:.0} records a second; bare scan {:.0}: {:.0} %",
        records as f64 / seconds,
        records as f64 / scan,
        scan / seconds * 100.0
    );
    black_box(world);
    Ok(())
}

fn check(reader: &dyn Reader) -> Done {
    let mut bytes = 0;
    let mut all = Vec::new();
    scan(reader, |record| {
        bytes += record.len();
        all.push(record);
    })?;
    let floor = timed(|| {
        for record in &all {
            black_box((Sha256::digest(record), crc32fast::hash(record)));
        }
        Ok(())
    })?;
    drop(all);
    let seconds = timed(|| {
        let report = verify::verify(reader)?;
        report.fault.map_or(Ok(()), |fault| Err(format!("{fault:?}").into()))
    })?;
    let megabytes = bytes as f64 / 1e6;
    println!(
        "log verify: {:.0} MB/s of {megabytes:.0} MB; hash and checksum alone {:.0} MB/s: {:.0} %",
        megabytes / seconds,
        megabytes / floor,
        floor / seconds * 100.0
    );
    Ok(())
}

fn scan(reader: &dyn Reader, mut see: impl FnMut(Bytes)) -> Result<(), journal::Error> {
    let mut position = 0;
    loop {
        let records = reader.read_all(position, 1024)?;
        let Some((last, _)) = records.last() else {
            return Ok(());
        };
        position = *last;
        records.into_iter().for_each(|(_, record)| see(record));
    }
}

fn timed(work: impl FnOnce() -> Done) -> Done<f64> {
    let started = clock::monotonic();
    work()?;
    Ok(started.elapsed().as_secs_f64())
}

fn fill(log: &mut journal::Sled) -> Done {
    log.append(&[Batch::opening([7; 16], now())])?;
    let all = (0..TICKETS * EVENTS).map(|n| if n < TICKETS { opened(n) } else { note(n) }).collect::<Vec<_>>();
    for group in all.chunks(1024) {
        log.append(group)?;
    }
    Ok(())
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).expect("it is a time")
}

fn batch(n: u64, event: Happened) -> Batch {
    let id = |what: &[u8]| [what, &n.to_be_bytes()].concat();
    Batch {
        cause: CauseId::derived(&[&id(b"cause")]),
        recorded_at: now(),
        trace_parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        expected: Vec::new(),
        events: vec![NewEvent {
            stream: Stream::Ticket(TicketId::derived(&[b"ticket", &(n % TICKETS).to_be_bytes()])),
            event_id: EventId::derived(&[&id(b"event")]),
            correlation: [7; 16],
            actor: Actor::rule("bench"),
            occurred_at: now(),
            event: Event::Ticket(event),
        }],
    }
}

/// About 400 bytes.
fn note(n: u64) -> Batch {
    let payload = format!("Sopralluogo fatto, la ditta passa in settimana: riga {n} ").repeat(4).into_bytes();
    batch(n, Happened::NoteAdded { words: Sealed { scheme: Scheme::Plain, person: None, payload } })
}

fn opened(n: u64) -> Batch {
    let classification = Classification {
        kind: None,
        office: None,
        second_office: None,
        confidence: 0.9,
        urgency: Urgency::Normal,
        place_key: None,
    };
    batch(
        n,
        Happened::Opened {
            conversation: ConversationId::derived(&[&n.to_be_bytes()]),
            message: MessageId::derived(&[&n.to_be_bytes()]),
            code: format!("S-{n:05}"),
            channel: Channel::Whatsapp,
            public: false,
            classification,
            received_at: now(),
            deadlines: Vec::new(),
            sealed: None,
        },
    )
}
