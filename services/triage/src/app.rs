//! The process: EVENTS from the beginning, then conclusions on OBSERVED, until shutdown. Conversations go side by side,
//! the messages of one after the other. What the broker doesn't take is said again; meanwhile nothing more is read, so
//! that what waits in memory stays bounded: it waits on EVENTS.

use crate::{
    classify::Classifier,
    conclude::{NotYet, Said, conclude},
    config::Config,
    handler::{Handler, Owed},
};
use futures::future::join_all;
use prost::Message as _;
use segnalalo_domain::id::{ConversationId, MessageId};
use segnalalo_kit::{
    bus::{Bus, DeadLetters, FeedItem, Parked, PublishError, Publisher, Stream},
    clock::SharedClock,
    health::Component,
    keys::{Keys, OpenBoxes as _},
    passed_over::PassedOver,
    service::Deps,
    shutdown::Shutdown,
    telemetry::{Counter, Gauge, Histogram},
    trace,
};
use segnalalo_proto::{convert::kind_from_wire, observation::v1::Observed, time};
use std::time::Duration;

const SUBJECT: &str = "observed.triage";
/// Records taken before the next round.
const BATCH: usize = 256;
/// Conversations concluded on in one round: some milliseconds of work.
const ROUND: usize = 128;
/// Beyond this many messages no more are read, once the log's head was reached.
const MOST_WAITING: usize = 4096;
/// Between two tries when the broker takes nothing.
const PAUSE: Duration = Duration::from_millis(500);

pub struct App {
    classifier: Classifier,
    handler: Handler,
    bus: Bus,
    publisher: Publisher,
    keys: Keys,
    dead: DeadLetters,
    clock: SharedClock,
    events: Component,
    passed_over: PassedOver,
    meters: Meters,
}

struct Meters {
    concluded: Counter,
    parked: Counter,
    waiting: Gauge,
    lag: Histogram,
}

/// Why a conclusion couldn't be said: it is tried again.
#[derive(Debug, thiserror::Error)]
enum Unsaid {
    #[error(transparent)]
    NotYet(#[from] NotYet),
    #[error(transparent)]
    Unpublished(#[from] PublishError),
}

impl App {
    /// # Errors
    /// The city's lexicon or offices are wrong: names the file and the key.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let classifier = Classifier::load(&config.city)?;
        let events = deps.health.component("events");
        events.not_ready("the log is being read");
        deps.bus.report(deps.health.component("broker"));
        let passed_over = PassedOver::start(&deps);
        let metrics = &deps.metrics;
        Ok(Self {
            classifier,
            handler: Handler::default(),
            publisher: deps.bus.publisher(Stream::Observed),
            keys: Keys::new(deps.bus.key_bucket(), config.mirror_key),
            dead: deps.bus.dead(),
            bus: deps.bus,
            clock: deps.clock,
            events,
            passed_over,
            meters: Meters {
                concluded: metrics.counter("triage_concluded", "Messages concluded on, by kind"),
                parked: metrics.counter("triage_parked", "Messages given up"),
                waiting: metrics.gauge("triage_waiting", "Messages that wait for a conclusion"),
                lag: metrics.histogram("triage_lag_seconds", "From a message's record to its conclusion on disk"),
            },
        })
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// None so far.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        tracing::info!(rules_version = self.classifier.rules_version(), "triage starts");
        let mut feed = self.bus.event_feed();
        let mut batch = Vec::with_capacity(BATCH);
        let mut pause = Duration::ZERO;
        loop {
            let room = !self.handler.is_caught_up() || self.handler.waiting() < MOST_WAITING;
            let work = !self.handler.next(1).is_empty();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = feed.next_many(&mut batch, BATCH), if room => batch.drain(..).for_each(|item| self.take(item)),

                () = tokio::time::sleep(pause), if work => {}
            }
            pause = if self.round().await { Duration::ZERO } else { PAUSE };
        }
        self.events.not_ready("stopping");
        Ok(())
    }

    fn take(&mut self, item: FeedItem) {
        match item {
            FeedItem::Record { position, record } => {
                if let Err(error) = self.handler.take(&record) {
                    self.passed_over.note(position, &error);
                }
            }
            FeedItem::Reset { why } => {
                tracing::warn!(why, "the log is read from the beginning again");
                self.events.not_ready("the log is being read");
                self.handler.reset();
            }
            FeedItem::CaughtUp => {
                tracing::info!(waiting = self.handler.waiting(), "the log is read");
                self.handler.catch_up();
                self.events.ready();
            }
        }
    }

    /// One message of each conversation; false when the broker didn't take them all.
    async fn round(&mut self) -> bool {
        let (mut spoken, mut all) = (Vec::new(), true);
        let saying = self.handler.next(ROUND).into_iter().map(|owed| self.say(owed));
        for outcome in join_all(saying).await {
            match outcome {
                Ok(settled) => spoken.push(settled),
                Err(error) => {
                    all = false;
                    tracing::warn!(%error, "a conclusion couldn't be said yet");
                }
            }
        }
        for (conversation, message) in spoken {
            self.handler.settle(conversation, message);
        }
        self.meters.waiting.set(self.handler.waiting() as f64, &[]);
        all
    }

    /// Durable on return.
    async fn say(&self, owed: &Owed) -> Result<(ConversationId, MessageId), Unsaid> {
        let content = self.keys.open(&owed.sealed).await;
        let span = trace::span_from(&owed.trace_parent, tracing::info_span!("triage", message = %owed.message));
        let (said, traceparent) = span.in_scope(|| {
            let said = conclude(owed, content, |message| self.classifier.classify(message));
            (said, trace::traceparent())
        });
        let said = said?;
        let traceparent = if traceparent.is_empty() { &owed.trace_parent } else { &traceparent };
        if let Said::Parked(reason) = &said {
            self.park(owed, reason, traceparent).await?;
        }
        let now = self.clock.now();
        let observed = Observed { occurred_at: Some(time::to_wire(now)), observation: Some(said.observation(owed)) };
        self.publisher.publish(SUBJECT, observed.encode_to_vec().into(), traceparent).await?;
        if let Said::Concluded(concluded) = &said {
            let kind = kind_from_wire(concluded.kind).map_or("unspecified", segnalalo_domain::words::Kind::code);
            self.meters.concluded.add(1, &[("kind", kind)]);
        }
        self.meters.lag.record(owed.recorded_at.duration_until(now).as_secs_f64(), &[]);
        Ok((owed.conversation, owed.message))
    }

    /// The letter points to the record on EVENTS, which stays: it needs no copy of the message.
    async fn park(&self, owed: &Owed, reason: &str, traceparent: &str) -> Result<(), PublishError> {
        tracing::warn!(message = %owed.message, position = owed.position, reason, "a message is given up");
        self.meters.parked.add(1, &[]);
        let letter = Parked {
            stream: Stream::Events.name().to_owned(),
            subject: "events.conversation.message-received".to_owned(),
            sequence: owed.position,
            delivered: 1,
            why: reason.to_owned(),
            traceparent: traceparent.to_owned(),
            ..Parked::default()
        };
        self.dead.park(letter).await
    }
}
