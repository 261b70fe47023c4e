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
    clock::{Clock as Time, SystemClock},
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
    sync::{Arc, Mutex},
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

/// `now` is set by hand, as in a demo; the machine's clock is right unless a test sets it wrong.
struct TestClock {
    now: Mutex<Timestamp>,
    wrong_by: Mutex<SignedDuration>,
}

impl TestClock {
    fn new(now: Timestamp) -> Self {
        Self { now: Mutex::new(now), wrong_by: Mutex::new(SignedDuration::ZERO) }
    }

    fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap() = now;
    }

    fn advance(&self, by: SignedDuration) {
        *self.now.lock().unwrap() += by;
    }

    fn set_machine_wrong_by(&self, by: SignedDuration) {
        *self.wrong_by.lock().unwrap() = by;
    }
}

impl Time for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn unshifted(&self) -> Timestamp {
        SystemClock.now() + *self.wrong_by.lock().unwrap()
    }
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
        self.append(Happened::DeadlineReached { deadline, version: 1, rung, due_at, to: String::new() }).await;
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
    async fn start(broker: &Broker, clock: &Arc<TestClock>) -> Self {
        Self::start_in(broker, clock, None).await
    }

    /// With a folder for snapshots.
    async fn start_in(broker: &Broker, clock: &Arc<TestClock>, folder: Option<&Path>) -> Self {
        let health = Health::new("sla-clock");
        let shutdown = Shutdown::new();
        let deps = Deps {
            bus: broker.connect("sla-clock").await,
            clock: clock.clone(),
            metrics: Metrics::new("sla-clock"),
            health: health.clone(),
        };
        let folder = folder.map(|folder| ("SEGNALALO_DATA_DIR", folder.to_str().unwrap()));
        let config = Config::from_vars(&Vars::from_pairs(folder)).unwrap();
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
        deadlines: vec![Deadline::plain(
            DeadlineName::TakeInCharge,
            1,
            at("2026-11-23T00:00:00Z"),
            at("2026-11-23T10:00:00Z"),
            "test",
        )],
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
    let time = Arc::new(TestClock::new(at("2026-11-23T04:00:00Z")));
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
    assert_eq!(registry.hear().await, NEAR);
    // The higher one only when the lower one is recorded: they can't be recorded in another order.
    registry.hears_nothing().await;
    registry.reach(NEAR).await;
    assert_eq!(registry.hear().await, PAST);
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

async fn until_not_ready(clock: &Clock, why: &str) {
    timeout(PATIENCE, async {
        while !clock.health.not_ready().iter().any(|(part, said)| *part == "clock" && said.contains(why)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{:?}", clock.health.not_ready()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_whose_clock_is_wrong_says_nothing_until_it_is_right_and_then_what_was_due() {
    let broker = Broker::start();
    let mut registry = Registry::start(&broker).await;
    let time = Arc::new(TestClock::new(at("2026-11-23T06:00:00Z")));
    time.set_machine_wrong_by(SignedDuration::from_mins(-12));
    registry.append(opened()).await;
    let clock = Clock::start(&broker, &time).await;
    until_not_ready(&clock, "12 minutes behind the broker's").await;
    registry.hears_nothing().await;
    time.set_machine_wrong_by(SignedDuration::from_mins(4));
    assert_eq!(registry.hear().await, (DeadlineName::TakeInCharge, Rung::Half));
    clock.ready().await;
    registry.reach((DeadlineName::TakeInCharge, Rung::Half)).await;
    // It jumps while the process runs, and time goes by.
    time.set_machine_wrong_by(SignedDuration::from_hours(3));
    time.set(at("2026-11-23T09:00:00Z"));
    until_not_ready(&clock, "minutes ahead of the broker's").await;
    registry.hears_nothing().await;
    time.set_machine_wrong_by(SignedDuration::ZERO);
    assert_eq!(registry.hear().await, (DeadlineName::TakeInCharge, Rung::Near));
    clock.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_from_the_snapshot_and_what_came_after_it_and_a_foreign_one_is_found_out() {
    const NEAR: (DeadlineName, Rung) = (DeadlineName::TakeInCharge, Rung::Near);
    let broker = Broker::start();
    let mut registry = Registry::start(&broker).await;
    let folder = TempDir::new().unwrap();
    let time = Arc::new(TestClock::new(at("2026-11-23T06:00:00Z")));
    registry.append(opened()).await;
    let clock = Clock::start_in(&broker, &time, Some(folder.path())).await;
    assert_eq!(registry.hear().await, (DeadlineName::TakeInCharge, Rung::Half));
    clock.stop().await;
    let file = folder.path().join("sla-clock/timers.snapshot");
    let snapshot = std::fs::read(&file).unwrap();

    // It was written before this, and the process that reads it hears of this from EVENTS.
    registry.reach((DeadlineName::TakeInCharge, Rung::Half)).await;
    let clock = Clock::start_in(&broker, &time, Some(folder.path())).await;
    clock.ready().await;
    registry.hears_nothing().await;
    time.set(at("2026-11-23T08:00:00Z"));
    assert_eq!(registry.hear().await, NEAR);
    clock.stop().await;

    // Another log, with another first record: what the snapshot says isn't so there.
    let other = Broker::start();
    let mut registry = Registry::start(&other).await;
    registry.append_unknown().await;
    registry.append(opened()).await;
    std::fs::write(&file, &snapshot).unwrap();
    time.set(at("2026-11-23T05:30:00Z"));
    let clock = Clock::start_in(&other, &time, Some(folder.path())).await;
    clock.ready().await;
    assert_eq!(registry.hear().await, (DeadlineName::TakeInCharge, Rung::Half));
    clock.stop().await;

    std::fs::write(&file, &snapshot[..snapshot.len() - 9]).unwrap();
    let clock = Clock::start_in(&other, &time, Some(folder.path())).await;
    assert_eq!(registry.hear().await, (DeadlineName::TakeInCharge, Rung::Half));
    clock.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_tomorrow_is_parked_and_stops_nothing() {
    let broker = Broker::start();
    let mut registry = Registry::start(&broker).await;
    let time = Arc::new(TestClock::new(at("2026-11-23T04:00:00Z")));
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
