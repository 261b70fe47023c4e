//! A million open timers: how long a start takes and how much memory they need, from records as they stand on EVENTS and
//! from a snapshot. Each way is measured in a process of its own, so that the memory is its own. Figures to look at,
//! never a test.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use segnalalo_domain::{
    event::{
        Event, Recorded, Stream,
        ticket::{Classification, Event as Happened},
    },
    id::{CauseId, ConversationId, EventId, MessageId, TicketId},
    sla::{Deadline, DeadlineName},
    words::{Actor, Channel, Urgency},
};
use segnalalo_kit::clock;
use segnalalo_proto::{convert, record};
use segnalalo_sla_clock::{
    handler::Handler,
    snapshot::{self, Build},
};
use std::{
    error::Error,
    fs::{self, File},
    hint::black_box,
    io::{BufReader, BufWriter, Read as _, Write as _},
    path::Path,
    process::Command,
    time::Duration,
};

const OPEN: usize = 1_000_000;
const BUILD: Build = Build { size: 1, modified_nanos: 1 };
const RECORDS: &str = "records";
const SNAPSHOT: &str = "timers.snapshot";

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let arguments = std::env::args().collect::<Vec<_>>();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "scan", folder] => scan(Path::new(folder)),
        [_, "rebuild", folder] => rebuild(Path::new(folder)),
        [_, "load", folder] => load(Path::new(folder)),
        _ => all(),
    }
}

fn all() -> Done {
    let folder = tempfile::tempdir()?;
    let records = write_records(folder.path())?;
    println!("sla-clock: {OPEN} open timers in {records} records");
    for part in ["scan", "rebuild", "load"] {
        let status = Command::new(std::env::current_exe()?).arg(part).arg(folder.path()).status()?;
        if !status.success() {
            return Err(format!("{part} ended with {status}").into());
        }
    }
    Ok(())
}

/// The floor: records read and decoded, and nothing made of them.
fn scan(folder: &Path) -> Done {
    let started = clock::monotonic();
    let mut count = 0;
    each(folder, |_, bytes| {
        black_box(convert::read(bytes)?);
        count += 1;
        Ok(())
    })?;
    let seconds = started.elapsed().as_secs_f64();
    fs::write(folder.join("floor"), seconds.to_string())?;
    println!("  records read and decoded only: {seconds:.2} s, {:.0} records a second", f64::from(count) / seconds);
    Ok(())
}

fn rebuild(folder: &Path) -> Done {
    let before = resident()?;
    let started = clock::monotonic();
    let mut handler = Handler::new(Duration::from_secs(60));
    each(folder, |position, bytes| Ok(handler.take(position, bytes)?))?;
    handler.catch_up();
    let seconds = started.elapsed().as_secs_f64();
    let floor: f64 = fs::read_to_string(folder.join("floor"))?.parse()?;
    let memory = resident()?.saturating_sub(before);
    println!(
        "  start from the log: {seconds:.2} s ({:.0} % of the speed of reading alone), {} MB more in memory, {} bytes a timer",
        floor / seconds * 100.0,
        memory / 1_000_000,
        memory / handler.open()
    );
    let started = clock::monotonic();
    let snapshot = handler.snapshot(1, BUILD).ok_or("there is something to keep")?;
    let encoded = started.elapsed();
    println!("  snapshot: {} MB, made in {:.3} s", snapshot.len() / 1_000_000, encoded.as_secs_f64());
    Ok(fs::write(folder.join(SNAPSHOT), snapshot)?)
}

fn load(folder: &Path) -> Done {
    let before = resident()?;
    let started = clock::monotonic();
    let bytes = fs::read(folder.join(SNAPSHOT))?;
    black_box(crc32fast::hash(&bytes));
    let floor = started.elapsed().as_secs_f64();
    drop(bytes);
    let started = clock::monotonic();
    let bytes = fs::read(folder.join(SNAPSHOT))?;
    let (timers, _) = snapshot::decode(&bytes, BUILD)?;
    let seconds = started.elapsed().as_secs_f64();
    drop(bytes);
    let memory = resident()?.saturating_sub(before);
    println!(
        "  start from the snapshot: {seconds:.2} s (the file read and its checksum alone: {floor:.3} s), {} MB more in \
         memory, {} bytes a timer",
        memory / 1_000_000,
        memory / timers.len()
    );
    Ok(())
}

fn each(folder: &Path, mut take: impl FnMut(u64, &Bytes) -> Done) -> Done {
    let mut file = BufReader::new(File::open(folder.join(RECORDS))?);
    let mut length = [0; 4];
    let mut position = 0;
    while file.read_exact(&mut length).is_ok() {
        let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
        file.read_exact(&mut bytes)?;
        position += 1;
        take(position, &bytes.into())?;
    }
    Ok(())
}

/// Tickets as they are opened, each with two terms; how many.
fn write_records(folder: &Path) -> Result<u64, Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(folder.join(RECORDS))?);
    let begin: Timestamp = "2026-11-23T08:00:00Z".parse()?;
    let (mut hash, mut open, mut position) = (record::NO_PREVIOUS, 0, 0);
    while open < OPEN {
        position += 1;
        let at = begin + SignedDuration::from_secs(i64::try_from(position)? % 2_000_000);
        let deadlines =
            vec![deadline(DeadlineName::TakeInCharge, at, 33), deadline(DeadlineName::FirstAnswer, at, 170)];
        open += deadlines.iter().map(|deadline| deadline.name.rungs().len()).sum::<usize>();
        let bytes = record::encode(&hash, &opened(position, at, deadlines));
        hash = record::hash(&bytes);
        file.write_all(&u32::try_from(bytes.len())?.to_be_bytes())?;
        file.write_all(&bytes)?;
    }
    file.flush()?;
    Ok(position)
}

fn deadline(name: DeadlineName, from: Timestamp, hours: i64) -> Deadline {
    Deadline::plain(name, 1, from, from + SignedDuration::from_hours(hours), "C1/1")
}

fn opened(position: u64, at: Timestamp, deadlines: Vec<Deadline>) -> Recorded {
    let id = |what: &[u8]| [what, &position.to_be_bytes()].concat();
    let ticket = TicketId::derived(&[&id(b"ticket")]);
    Recorded {
        position,
        stream: Stream::Ticket(ticket),
        version: 1,
        event_id: EventId::derived(&[&id(b"event")]),
        cause: CauseId::derived(&[&id(b"cause")]),
        correlation: [7; 16],
        actor: Actor::rule("triage"),
        occurred_at: at,
        recorded_at: at,
        trace_parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        event: Event::Ticket(Happened::Opened {
            conversation: ConversationId::derived(&[&id(b"conversation")]),
            message: MessageId::derived(&[&id(b"message")]),
            code: "S-7K3M9".to_owned(),
            channel: Channel::Whatsapp,
            public: false,
            classification: Classification {
                kind: None,
                office: None,
                second_office: None,
                confidence: 0.9,
                urgency: Urgency::Normal,
                place_key: None,
            },
            received_at: at,
            deadlines,
            sealed: None,
        }),
    }
}

/// Bytes of this process that are in memory.
fn resident() -> Result<usize, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("VmRSS is missing")?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}
