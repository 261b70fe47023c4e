//! The process: the log read from its beginning, what is owed sent, outcomes told, until shutdown.

use crate::{
    config::Config,
    dispatcher::{Dispatcher, Queue, Task},
    graph::Graph,
    ledger::Registry,
    messages::Messages,
    outbox::Work,
    outcomes::Outcomes,
    sender::{Posted, Sender, Told},
};
use anyhow::Context as _;
use segnalalo_domain::event::{Event, Recorded, Stream as Aggregate, conversation::Event as Said};
use segnalalo_kit::{
    bus::{Bus, FeedItem, Stream},
    clock::{self, SharedClock},
    health::Component,
    http,
    service::Deps,
    shutdown::Shutdown,
    telemetry::{Counter, Gauge},
};
use segnalalo_proto::{
    convert,
    observation::v1::send_outcome::{Outcome, Unknown},
    record,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinSet};

/// A POST that hasn't been answered by then has an unknown outcome.
const CALL: Duration = Duration::from_secs(20);
/// How often due times are looked at.
const TICK: Duration = Duration::from_millis(50);
/// With more conversations than this waiting, they are looked through at ticks only.
const CROWD: usize = 200;
/// Tasks that are on their way may end in this time when we stop.
const DRAIN: Duration = Duration::from_secs(25);

pub struct App {
    bus: Bus,
    clock: SharedClock,
    sender: Sender,
    outcomes: Outcomes,
    log: Component,
    channels: BTreeMap<Queue, Component>,
    waiting: Gauge,
    sent: Counter,
}

impl App {
    /// # Errors
    /// A text that is missing or wrong, or an address that isn't one.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        deps.bus.report(deps.health.component("broker"));
        let log = deps.health.component("log");
        log.not_ready("the log is being read");
        let channels = Queue::ALL.map(|queue| {
            let component = deps.health.component(queue.name());
            component.ready();
            (queue, component)
        });
        let sender = Sender {
            messages: Arc::new(Messages::load(&config.city).context("the city's messages")?),
            graph: Graph::new(http::client(CALL), config.graph),
            ledger: Arc::new(Registry::new(&config.registry_url).context("SEGNALALO_REGISTRY_URL")?),
            clock: deps.clock.clone(),
            read_back_pause: config.read_back_pause,
            proof_wait: config.proof_wait,
            posted: Posted::default(),
        };
        Ok(Self {
            outcomes: Outcomes::new(deps.bus.publisher(Stream::Observed), deps.clock.clone()),
            bus: deps.bus,
            clock: deps.clock,
            sender,
            log,
            channels: channels.into(),
            waiting: deps.metrics.gauge("notifier_replies_waiting", "Replies owed, by what they wait for"),
            sent: deps.metrics.counter("notifier_outcomes", "What became of attempts, by channel and outcome"),
        })
    }

    /// # Errors
    /// None that could not be waited out.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut feed = self.bus.event_feed();
        let mut dispatcher = Dispatcher::default();
        let mut tasks = JoinSet::new();
        let (done, mut ended) = mpsc::unbounded_channel();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            let mut ticked = false;
            tokio::select! {
                () = shutdown.cancelled() => break,
                item = feed.next() => self.take(item, &mut dispatcher, &mut tasks, &done),
                Some((work, told)) = ended.recv() => self.told(&work, &told, &mut dispatcher),
                Some(joined) = tasks.join_next(), if !tasks.is_empty() => {
                    if let Err(error) = joined {
                        tracing::error!(%error, "a task panicked: its attempt is looked at after the next start");
                    }
                }
                _ = ticks.tick() => {
                    ticked = true;
                    self.show(&dispatcher);
                }
            }
            // In a surge looking through everything at each record would cost more than it gives.
            if !ticked && dispatcher.outbox.owing() > CROWD {
                continue;
            }
            for task in dispatcher.take(self.clock.now(), clock::monotonic()) {
                self.begin(task, &mut tasks, &done);
            }
        }
        self.log.not_ready("stopping");
        let drained = tokio::time::timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!(
                left = tasks.len(),
                "attempts on their way are cut off: their outcome is looked for at the next start"
            );
        }
        Ok(())
    }

    fn take(
        &self,
        item: FeedItem,
        dispatcher: &mut Dispatcher,
        tasks: &mut JoinSet<()>,
        done: &mpsc::UnboundedSender<(Work, Told)>,
    ) {
        match item {
            FeedItem::Record { position, record } => match read(&record) {
                Some(recorded) => self.apply(&recorded, dispatcher),
                None => tracing::warn!(position, "a record of an unknown kind is passed over"),
            },
            FeedItem::Reset { why } => {
                tracing::warn!(why, "the log is read from the beginning again");
                self.log.not_ready("the log is being read");
                dispatcher.reset();
            }
            FeedItem::CaughtUp => {
                let orphans = dispatcher.caught_up();
                tracing::info!(orphans = orphans.len(), "the log is read");
                self.log.ready();
                for work in orphans {
                    let told = unknown(&work);
                    self.tell(work, told, tasks, done);
                }
            }
        }
    }

    fn apply(&self, recorded: &Recorded, dispatcher: &mut Dispatcher) {
        dispatcher.outbox.apply(recorded);
        let Aggregate::Conversation(conversation) = recorded.stream else {
            return;
        };
        let Event::Conversation(event) = &recorded.event else {
            return;
        };
        match event {
            Said::SendAccepted { reply, .. }
            | Said::SendRefused { reply, .. }
            | Said::SendUnknown { reply, .. }
            | Said::ReplyHeld { reply, .. }
            | Said::ReplyDropped { reply, .. } => {
                self.sender.posted.forget(*reply);
                dispatcher.heard(conversation);
            }
            Said::ReplyRequested { .. } => dispatcher.heard(conversation),
            _ => {}
        }
    }

    fn begin(&self, task: Task, tasks: &mut JoinSet<()>, done: &mpsc::UnboundedSender<(Work, Told)>) {
        let (sender, outcomes, done) = (self.sender.clone(), self.outcomes.clone(), done.clone());
        tasks.spawn(async move {
            let (work, told) = match task {
                Task::Send(work) => (work.clone(), sender.send(work).await),
                Task::Reconcile(work) => (work.clone(), sender.reconcile(work).await),
                Task::GiveUp(work) => {
                    let told = unknown(&work);
                    (work, told)
                }
            };
            outcomes.publish(&work, &told).await;
            // The receiver ends only with the process.
            let _ = done.send((work, told));
        });
    }

    fn tell(&self, work: Work, told: Told, tasks: &mut JoinSet<()>, done: &mpsc::UnboundedSender<(Work, Told)>) {
        let (outcomes, done) = (self.outcomes.clone(), done.clone());
        tasks.spawn(async move {
            outcomes.publish(&work, &told).await;
            let _ = done.send((work, told));
        });
    }

    fn told(&self, work: &Work, told: &Told, dispatcher: &mut Dispatcher) {
        dispatcher.told(work, told, clock::monotonic());
        let queue = Queue::of(work.channel);
        let outcome = match told {
            Told::Outcome { outcome: Outcome::Accepted(_), .. } => {
                dispatcher.got_through(queue);
                "accepted"
            }
            Told::Outcome { outcome: Outcome::Refused(refused), pause_channel, .. } => {
                if *pause_channel {
                    let why = format!(
                        "the platform refuses everything (error {}): token, permissions, payment?",
                        refused.code
                    );
                    self.channels[&queue].not_ready(&why);
                }
                "refused"
            }
            Told::Outcome { outcome: Outcome::Unknown(_), .. } => "unknown",
            Told::Outcome { outcome: Outcome::Held(_), .. } => "held",
            Told::Again { why, .. } => {
                tracing::debug!(why, "again later");
                return;
            }
            Told::Nothing => return,
        };
        self.sent.add(1, &[("channel", queue.name()), ("outcome", outcome)]);
    }

    fn show(&self, dispatcher: &Dispatcher) {
        for (status, count) in dispatcher.outbox.counts() {
            self.waiting.set(count as f64, &[("status", status)]);
        }
        let paused = dispatcher.paused();
        for (queue, component) in &self.channels {
            if !paused.contains(queue) {
                component.ready();
            }
        }
    }
}

/// The process that began the attempt is no more, or lost track of it.
fn unknown(work: &Work) -> Told {
    let unknown = Unknown { detail: "the process ended during the attempt".to_owned() };
    Told::Outcome { attempt: work.reply.attempts, outcome: Outcome::Unknown(unknown), pause_channel: false }
}

fn read(bytes: &[u8]) -> Option<Recorded> {
    convert::from_wire(record::decode(bytes).ok()?.envelope).ok()
}
