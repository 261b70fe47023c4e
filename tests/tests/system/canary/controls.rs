//! That the search can find something: a canary is put into each kind of place's own format, and is found there; and where
//! it may be read, it is.

use super::{
    super::{city::City, city::SOON},
    collector::Collector,
    raw::Raw,
    search::Searcher,
    seeds,
    story::Told,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, trace_service_client::TraceServiceClient},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use segnalalo_domain::{
    event::{Event, Stream as Of, ticket::Event as Happened},
    id::{CauseId, EventId, TicketId},
    sealed::{Scheme, Sealed},
    words::Actor,
};
use segnalalo_kit::{
    bus::{Bus, BusConfig, Stream},
    clock::{Clock as _, SystemClock},
    rpc::TOKEN,
    telemetry::Metrics,
};
use segnalalo_proto::registry::v1::{GetDayRequest, register_service_client::RegisterServiceClient};
use segnalalo_registry::{
    blobs::Blobs,
    journal::{self, Batch, Journal as _, NewEvent},
};
use segnalalo_tests::harness::{Broker, Folder, Service, wait_until};
use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

pub async fn check(searcher: &Searcher, city: &City, collector: &Collector, endpoint: &str, told: &Told) {
    printed(searcher);
    exported(searcher, collector, endpoint).await;
    stored(searcher);
    broker(searcher).await;
    command_line(searcher).await;

    // Where they may be read: by whoever asked for all that is held on her, and by who answers for a day's senders.
    assert!(searcher.finds(told.export.to_string().as_bytes(), &["name", "words", "address", "telephone", "wamid"]));
    let register = city.processes.registry_as([(TOKEN, told.client_token.as_str())]).await.unwrap();
    let day = GetDayRequest { day: told.day.clone(), with_senders: true, ..GetDayRequest::default() };
    let senders = RegisterServiceClient::new(register).get_day(day).await.unwrap().into_inner().csv_with_senders;
    assert!(searcher.finds(&senders, &["name"]));
    let platform = below(&city.processes.data().join("graph-sim"));
    let known = ["name", "words", "address", "telephone", "photo", "wamid", "Messenger id", "business-scoped id"];
    assert!(searcher.finds(&platform, &known));
    let environment = city.processes.command(&[Service::Registry.name()]).unwrap();
    let values =
        environment.get_envs().filter_map(|(_, value)| value).flat_map(|value| value.as_encoded_bytes().to_vec());
    assert!(searcher.finds(&values.collect::<Vec<_>>(), &["secret"]));
}

/// A line of the log, as every process prints it.
fn printed(searcher: &Searcher) {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || tracing::info!(words = seeds::REPORT, "a slip"));
    assert!(searcher.finds(&lines.0.lock().unwrap(), &["name", "address", "telephone"]));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A label of a metric, and an attribute of a span; and what the collector took of the processes is taken.
async fn exported(searcher: &Searcher, collector: &Collector, endpoint: &str) {
    let metrics = Metrics::new("slip");
    metrics.counter("slips", "Slips").add(1, &[("who", seeds::NAME_WHATSAPP)]);
    assert!(searcher.finds(metrics.render().as_bytes(), &["name"]));

    wait_until("spans of the processes arrive", SOON, async || !collector.traces.lock().unwrap().is_empty())
        .await
        .unwrap();
    let span = Span { name: seeds::NAME_WHATSAPP.to_owned(), ..Span::default() };
    let spans = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let spans = ResourceSpans { scope_spans: vec![spans], ..ResourceSpans::default() };
    let mut client = TraceServiceClient::connect(endpoint.to_owned()).await.unwrap();
    client.export(ExportTraceServiceRequest { resource_spans: vec![spans] }).await.unwrap();
    let mut traces = collector.traces.lock().unwrap();
    let slip = traces.iter().position(|export| searcher.finds(export, &["name"])).unwrap();
    traces.remove(slip);
}

/// A box of the log that isn't locked, and an attachment that isn't encrypted.
fn stored(searcher: &Searcher) {
    let folder = Folder::new("canary").unwrap();
    let (now, words) = (SystemClock.now(), seeds::REPORT.as_bytes().to_vec());
    let mut log = journal::Sled::open(&folder.join("log")).unwrap();
    let note = Happened::NoteAdded { words: Sealed { scheme: Scheme::Plain, person: None, payload: words } };
    let slip = Batch {
        cause: CauseId::derived(&[b"slip"]),
        recorded_at: now,
        trace_parent: String::new(),
        expected: Vec::new(),
        events: vec![NewEvent {
            stream: Of::Ticket(TicketId::derived(&[b"slip"])),
            event_id: EventId::derived(&[b"slip"]),
            correlation: [7; 16],
            actor: Actor::rule("slip"),
            occurred_at: now,
            event: Event::Ticket(note),
        }],
    };
    log.append(&[Batch::opening([7; 16], now), slip]).unwrap();
    drop(log);
    assert!(searcher.finds(&below(&folder.join("log")), &["name", "address", "telephone"]));

    let blobs = folder.join("blobs");
    Blobs::open(&blobs).unwrap().store(&seeds::photo()).unwrap();
    assert!(searcher.finds(&below(&blobs), &["photo"]));
}

/// A message that waits in INBOUND: a client of the broker reads it, and so does whoever has the files of a broker that
/// doesn't encrypt them.
async fn broker(searcher: &Searcher) {
    for encrypted in [true, false] {
        let mut broker =
            if encrypted { Broker::start().await.unwrap() } else { Broker::start_unencrypted().await.unwrap() };
        let bus = Bus::connect(&BusConfig::new(broker.url(), "test")).await.unwrap();
        wait_until("the streams are there", SOON, async || bus.topology().ensure().await.is_ok()).await.unwrap();
        let message = bytes::Bytes::from_static(seeds::REPORT.as_bytes());
        bus.publisher(Stream::Inbound).publish("inbound.whatsapp", message, "").await.unwrap();
        let messages = Raw::connect(&broker).await.messages("INBOUND").await;
        assert!(searcher.finds(&messages[0].payload, &["name", "address", "telephone"]));
        broker.stop().await.unwrap();
        assert_eq!(searcher.finds(&below(&broker.store()), &["name"]), !encrypted, "encrypted: {encrypted}");
    }
}

async fn command_line(searcher: &Searcher) {
    let mut command = Command::new("sh");
    command.args(["-c", "read line", seeds::NAME_WHATSAPP]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let line = format!("/proc/{}/cmdline", child.id());
    wait_until("its command line is found", SOON, async || searcher.finds(&fs::read(&line).unwrap(), &["name"]))
        .await
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// All the bytes below a folder.
fn below(folder: &Path) -> Vec<u8> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { fs::read(&path).unwrap() }).collect()
}
