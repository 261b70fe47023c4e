//! The process: the snapshot and what came after it on EVENTS, then a look at the clock at least every second, until
//! shutdown. Nothing is said while the machine's clock isn't to be trusted.

use crate::{
    config::Config,
    guard::{self, Heard, Verdict},
    handler::{Handler, observation},
    keeper::Keeper,
    timers::Due,
};
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use segnalalo_kit::{
    bus::{Bus, EventFeed, FeedItem, Publisher, Stream},
    clock::{self, SharedClock},
    health::Component,
    passed_over::PassedOver,
    service::Deps,
    shutdown::Shutdown,
    telemetry::{Counter, Gauge},
    trace,
};
use std::time::Duration;
use tokio::sync::watch;

const SUBJECT: &str = "observed.sla";
/// The clock may be moved: it is looked at this often, whatever is due next.
const LOOK: Duration = Duration::from_secs(1);
/// Records taken before the clock is looked at again.
const BATCH: usize = 256;
/// Rungs on their way to the broker at a time.
const IN_FLIGHT: usize = 64;
/// Between two questions to the broker what time it is.
const ASK: Duration = Duration::from_secs(5);

pub struct App {
    handler: Handler,
    keeper: Keeper,
    feed: EventFeed,
    bus: Bus,
    publisher: Publisher,
    clock: SharedClock,
    events: Component,
    time: Component,
    open: Gauge,
    off: Gauge,
    fired: Counter,
    passed_over: PassedOver,
}

impl App {
    /// # Errors
    /// None so far.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let events = deps.health.component("events");
        events.not_ready("the log is being read");
        let time = deps.health.component("clock");
        time.not_ready("the broker hasn't said yet what time it is");
        deps.bus.report(deps.health.component("broker"));
        let passed_over = PassedOver::start(&deps);
        let keeper = Keeper::new(config.data_dir.as_deref());
        let (handler, feed) = match keeper.load() {
            Some((timers, mark)) => {
                let feed = deps.bus.event_feed_after(mark.position, mark.hash);
                (Handler::resume(config.retry_after, timers, mark), feed)
            }
            None => (Handler::new(config.retry_after), deps.bus.event_feed()),
        };
        let metrics = &deps.metrics;
        Ok(Self {
            handler,
            keeper,
            feed,
            publisher: deps.bus.publisher(Stream::Observed),
            bus: deps.bus,
            clock: deps.clock,
            events,
            time,
            open: metrics.gauge("sla_clock_open_timers", "Rungs of running terms that are still to come"),
            off: metrics
                .gauge("sla_clock_off_seconds", "How far the machine's clock is ahead of the broker's, when wrong"),
            fired: metrics.counter("sla_clock_fired", "Rungs said on OBSERVED, by deadline and rung"),
            passed_over,
        })
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// None so far.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut heard = ask_the_time(self.bus.clone(), shutdown.clone());
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let pause = self.pause();
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.feed.next_many(&mut batch, BATCH) => batch.drain(..).for_each(|item| self.take(item)),
                Ok(()) = heard.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
            let known = *heard.borrow_and_update();
            if self.trusts(known) {
                self.say().await;
            }
            self.open.set(self.handler.open() as f64, &[]);
            self.keeper.keep(&mut self.handler);
        }
        self.events.not_ready("stopping");
        self.keeper.finish(&mut self.handler).await;
        Ok(())
    }

    fn take(&mut self, item: FeedItem) {
        match item {
            FeedItem::Record { position, record } => {
                if let Err(error) = self.handler.take(position, &record) {
                    self.passed_over.note(position, &error);
                }
            }
            FeedItem::Reset { why } => {
                tracing::warn!(why, "the log is read from the beginning again");
                self.events.not_ready("the log is being read");
                self.handler.reset();
            }
            FeedItem::CaughtUp => {
                tracing::info!(open = self.handler.open(), "the log is read");
                self.handler.catch_up();
                self.events.ready();
            }
        }
    }

    /// Whether the machine's clock can be acted by, and says so.
    fn trusts(&self, heard: Option<Heard>) -> bool {
        let verdict = guard::judge(heard, self.clock.unshifted(), clock::monotonic());
        let off = match verdict {
            Verdict::Wrong { ahead } => ahead.as_secs_f64(),
            Verdict::Right | Verdict::Unknown => 0.0,
        };
        self.off.set(off, &[]);
        match verdict.complaint() {
            None => self.time.ready(),
            Some(why) => self.time.not_ready(&why),
        }
        verdict == Verdict::Right
    }

    fn pause(&self) -> Duration {
        // What is past already waits for its event: a second is soon enough to look again.
        let now = self.clock.now();
        let left = self.handler.next_after(now).and_then(|next| Duration::try_from(now.duration_until(next)).ok());
        left.map_or(LOOK, |left| left.min(LOOK))
    }

    /// Says what is due. What the broker doesn't take is said at the next look.
    async fn say(&mut self) {
        let now = self.clock.now();
        let due = self.handler.to_say(now, clock::monotonic());
        let publishing = due.into_iter().map(|due| publish(self.publisher.clone(), due, now)).collect::<Vec<_>>();
        let outcomes = stream::iter(publishing).buffer_unordered(IN_FLIGHT).collect::<Vec<_>>().await;
        for due in outcomes.into_iter().flatten() {
            self.fired.add(1, &[("deadline", due.deadline.code()), ("rung", due.rung.code())]);
            self.handler.said(due, clock::monotonic());
        }
    }
}

/// The broker's time, asked for again and again.
fn ask_the_time(bus: Bus, shutdown: Shutdown) -> watch::Receiver<Option<Heard>> {
    let (sender, heard) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let asked = clock::monotonic();
            let pause = match bus.broker_time().await {
                Ok(broker) => {
                    // It answered somewhere between question and answer.
                    let at = asked + asked.elapsed() / 2;
                    sender.send_replace(Some(Heard { broker, at }));
                    ASK
                }
                Err(error) => {
                    tracing::debug!(%error, "the broker's time");
                    LOOK
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sender.closed() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    });
    heard
}

/// The rung, once it is on disk at the broker.
async fn publish(publisher: Publisher, due: Due, now: Timestamp) -> Option<Due> {
    let payload = observation(&due).into();
    match publisher.publish(SUBJECT, payload, &trace::traceparent()).await {
        Ok(()) => {
            let late_seconds = due.at.duration_until(now).as_secs();
            tracing::info!(ticket = %due.ticket, deadline = %due.deadline, rung = %due.rung, late_seconds, "a term's rung is due");
            Some(due)
        }
        Err(error) => {
            tracing::warn!(%error, ticket = %due.ticket, "a term's rung couldn't be said yet");
            None
        }
    }
}
