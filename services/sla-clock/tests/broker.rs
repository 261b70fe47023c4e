//! The real process on a real broker, with a clock that is set by hand: what is due is said once, also after a restart.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use segnalalo_domain::{
    event::{
        Event, Recorded, Stream,
        ticket::{Classification, Event as Happened},
    },
    id::{CauseId, ConversationId, EventId, MessageId, TicketId},
    sla::{Deadline, DeadlineName, Rung},
    words::{Actor, Channel, Urgency},
};
use segnalalo_kit::{
    bus::{self, BatchHandler, Bus, BusConfig, Delivery, Outcome, WorkQueueConfig},
    clock::ManualClock,
    config::Vars,
    health::Health,
    service::Deps,
    shutdown::Shutdown,
    telemetry::Metrics,
};
use segnalalo_proto::{
    convert::rung_from_wire,
    event::v1::Envelope,
    observation::v1::{Observed, observed::Observation},
    record, subject_of,
};
use segnalalo_sla_clock::{App, Config};
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than the clock's own look, shorter than anyone's patience.
const QUIET: Duration = Duration::from_millis(2_500);
const TICKET: TicketId = TicketId([7; 16]);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

struct Broker {
    process: Child,
    url: String,
    _folder: TempDir,
}

impl Broker {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(root.join(".tools/bin/nats-server"))
            .arg("-c")
            .arg(root.join("deploy/nats.conf"))
            .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
            .arg(folder.path())
            .env("SEGNALALO_BROKER_KEY", "a-key-for-the-brokers-of-tests")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server is there after `make tools`");
        let url = format!("nats://127.0.0.1:{port}");
        Self { process, url, _folder: folder }
    }

    async fn connect(&self, name: &str) -> Bus {
        Bus::connect(&BusConfig::new(&self.url, name)).await.unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The registry's side: it writes the log and takes what is observed.
struct Registry {
    bus: Bus,
    last: u64,
    hash: [u8; 32],
    observed: mpsc::UnboundedReceiver<Observed>,
    shutdown: Shutdown,
}

struct Taking(mpsc::UnboundedSender<Observed>);

#[async_trait]
impl BatchHandler for Taking {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        for delivery in &batch {
            let _ = self.0.send(Observed::decode(&*delivery.payload).unwrap());
        }
        batch.iter().map(|_| Outcome::Done).collect()
    }
}

impl Registry {
    async fn start(broker: &Broker) -> Self {
        let bus = broker.connect("registry").await;
        timeout(PATIENCE, async {
            while bus.topology().ensure().await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the broker comes up");
        let (sender, observed) = mpsc::unbounded_channel();
        let queue = bus.work_queue(bus::Stream::Observed, WorkQueueConfig::new(bus::CONSUMER));
        let shutdown = Shutdown::new();
        let token = shutdown.clone();
        tokio::spawn(async move { queue.run(Taking(sender), token).await });
        Self { bus, last: 0, hash: record::NO_PREVIOUS, observed, shutdown }
    }

    async fn append(&mut self, event: Happened) {
        let recorded = Recorded {
            position: self.last + 1,
            stream: Stream::Ticket(TICKET),
            version: self.last + 1,
            event_id: EventId([0; 16]),
            cause: CauseId([1; 16]),
            correlation: [0; 16],
            actor: Actor::rule("test"),
            occurred_at: at("2026-11-23T00:00:00Z"),
            recorded_at: at("2026-11-23T00:00:00Z"),
            trace_parent: String::new(),
            event: Event::Ticket(event),
        };
        self.publish(subject_of(&recorded.event), record::encode(&self.hash, &recorded)).await;
    }

    /// What a newer registry may write.
    async fn append_unknown(&mut self) {
        let envelope =
            Envelope { position: self.last + 1, stream: "ticket/of-tomorrow".to_owned(), ..Envelope::default() };
        let bytes = record::encode_envelope(&self.hash, &envelope);
        self.publish("events.ticket.unknown".to_owned(), bytes).await;
    }

    async fn publish(&mut self, subject: String, record: Vec<u8>) {
        self.hash = record::hash(&record);
        self.bus.events_log().append(self.last, &[(subject, record.into())]).await.unwrap();
        self.last += 1;
    }

    async fn reach(&mut self, (deadline, rung): (DeadlineName, Rung)) {
        let due_at = at("2026-11-23T00:00:00Z");
        self.append(Happened::DeadlineReached { deadline, version: 1, rung, due_at }).await;
    }

    /// The next rung that sla-clock says.
    async fn hear(&mut self) -> (DeadlineName, Rung) {
        let observed = timeout(PATIENCE, self.observed.recv()).await.expect("something is said in time");
        let Some(Observation::DeadlineDue(due)) = observed.and_then(|observed| observed.observation) else {
            panic!("sla-clock says nothing but deadlines");
        };
        assert_eq!(due.ticket_id, TICKET.to_vec());
        (DeadlineName::from_code(&due.deadline).unwrap(), rung_from_wire(due.rung).unwrap())
    }

    async fn hears_nothing(&mut self) {
        let said = timeout(QUIET, self.observed.recv()).await;
        assert!(said.is_err(), "{said:?}");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

struct Clock {
    running: JoinHandle<anyhow::Result<()>>,
    health: Health,
    shutdown: Shutdown,
}

impl Clock {
    async fn start(broker: &Broker, clock: &Arc<ManualClock>) -> Self {
        let health = Health::new("sla-clock");
        let shutdown = Shutdown::new();
        let deps = Deps {
            bus: broker.connect("sla-clock").await,
            clock: clock.clone(),
            metrics: Metrics::new("sla-clock"),
            health: health.clone(),
        };
        let config = Config::from_vars(&Vars::from_pairs([("A", "b")])).unwrap();
        let running = tokio::spawn(App::build(config, deps).unwrap().run(shutdown.clone()));
        Self { running, health, shutdown }
    }

    async fn ready(&self) {
        timeout(PATIENCE, async {
            while !self.health.is_ready() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{:?}", self.health.not_ready()));
    }

    async fn stop(self) {
        self.shutdown.cancel();
        timeout(PATIENCE, self.running).await.unwrap().unwrap().unwrap();
    }
}

/// Taken in charge by ten.
fn opened() -> Happened {
    Happened::Opened {
        conversation: ConversationId([1; 16]),
        message: MessageId([2; 16]),
        code: "S-7K3M9".to_owned(),
        channel: Channel::Whatsapp,
        public: false,
        classification: Classification {
            kind: None,
            office: None,
            second_office: None,
            confidence: 0.0,
            urgency: Urgency::Normal,
            place_key: None,
        },
        received_at: at("2026-11-23T00:00:00Z"),
        deadlines: vec![Deadline {
            name: DeadlineName::TakeInCharge,
            version: 1,
            from: at("2026-11-23T00:00:00Z"),
            due: at("2026-11-23T10:00:00Z"),
            rule: "test".to_owned(),
        }],
        sealed: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rung_is_said_once_when_its_time_comes_also_over_a_restart() {
    const HALF: (DeadlineName, Rung) = (DeadlineName::TakeInCharge, Rung::Half);
    const NEAR: (DeadlineName, Rung) = (DeadlineName::TakeInCharge, Rung::Near);
    const PAST: (DeadlineName, Rung) = (DeadlineName::TakeInCharge, Rung::Past);
    let broker = Broker::start();
    let mut registry = Registry::start(&broker).await;
    let time = Arc::new(ManualClock::new(at("2026-11-23T04:00:00Z")));
    let clock = Clock::start(&broker, &time).await;
    clock.ready().await;

    registry.append(opened()).await;
    registry.hears_nothing().await;
    time.advance(SignedDuration::from_hours(1));
    assert_eq!(registry.hear().await, HALF);
    registry.hears_nothing().await;
    registry.reach(HALF).await;
    clock.stop().await;

    // While it is down two rungs come due; the registry was down too, so the first restart finds no event of theirs.
    time.set(at("2026-11-23T11:00:00Z"));
    let clock = Clock::start(&broker, &time).await;
    assert_eq!((registry.hear().await, registry.hear().await), (NEAR, PAST));
    registry.hears_nothing().await;
    registry.reach(NEAR).await;
    clock.stop().await;
    let clock = Clock::start(&broker, &time).await;
    assert_eq!(registry.hear().await, PAST);
    registry.reach(PAST).await;
    clock.stop().await;
    let clock = Clock::start(&broker, &time).await;
    clock.ready().await;
    registry.hears_nothing().await;
    clock.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_tomorrow_is_parked_and_stops_nothing() {
    let broker = Broker::start();
    let mut registry = Registry::start(&broker).await;
    let time = Arc::new(ManualClock::new(at("2026-11-23T04:00:00Z")));
    registry.append_unknown().await;
    registry.append(opened()).await;
    let clock = Clock::start(&broker, &time).await;
    clock.ready().await;
    time.advance(SignedDuration::from_hours(1));
    assert_eq!(registry.hear().await, (DeadlineName::TakeInCharge, Rung::Half));
    let letters = timeout(PATIENCE, async {
        loop {
            let letters = registry.bus.dead().list(10).await.unwrap();
            if !letters.is_empty() {
                break letters;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("it is parked");
    assert_eq!((letters.len(), letters[0].parked.sequence), (1, 1));
    clock.stop().await;
}
