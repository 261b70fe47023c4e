//! The process: EVENTS from the beginning, then a look at the clock at least every second, until shutdown.

use crate::{
    config::Config,
    handler::{Handler, observation},
    timers::Due,
};
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use segnalalo_domain::sla::Rung;
use segnalalo_kit::{
    bus::{Bus, FeedItem, Publisher, Stream},
    clock::{self, SharedClock},
    health::Component,
    passed_over::PassedOver,
    service::Deps,
    shutdown::Shutdown,
    telemetry::{Counter, Gauge},
    trace,
};
use std::time::Duration;

const SUBJECT: &str = "observed.sla";
/// The clock may be moved: it is looked at this often, whatever is due next.
const LOOK: Duration = Duration::from_secs(1);
/// Records taken before the clock is looked at again.
const BATCH: usize = 256;
/// Rungs on their way to the broker at a time.
const IN_FLIGHT: usize = 64;

pub struct App {
    handler: Handler,
    bus: Bus,
    publisher: Publisher,
    clock: SharedClock,
    events: Component,
    open: Gauge,
    fired: Counter,
    passed_over: PassedOver,
}

impl App {
    /// # Errors
    /// None so far.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let events = deps.health.component("events");
        events.not_ready("the log is being read");
        deps.bus.report(deps.health.component("broker"));
        let passed_over = PassedOver::start(&deps);
        Ok(Self {
            handler: Handler::new(config.retry_after),
            publisher: deps.bus.publisher(Stream::Observed),
            bus: deps.bus,
            clock: deps.clock,
            events,
            open: deps.metrics.gauge("sla_clock_open_timers", "Rungs of running terms that are still to come"),
            fired: deps.metrics.counter("sla_clock_fired", "Rungs said on OBSERVED, by deadline and rung"),
            passed_over,
        })
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// None so far.
    pub async fn run(mut self, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut feed = self.bus.event_feed();
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = feed.next_many(&mut batch, BATCH) => batch.drain(..).for_each(|item| self.take(item)),

                () = tokio::time::sleep(self.pause()) => {}
            }
            self.say().await;
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
                tracing::info!(open = self.handler.open(), "the log is read");
                self.handler.catch_up();
                self.events.ready();
            }
        }
    }

    fn pause(&self) -> Duration {
        let Some(next) = self.handler.next_at() else {
            return LOOK;
        };
        let left = self.clock.now().duration_until(next);
        // What is past already waits for its event: a second is soon enough to look again.
        Duration::try_from(left).ok().filter(|left| !left.is_zero()).map_or(LOOK, |left| left.min(LOOK))
    }

    /// Says what is due, lower rungs before higher ones. What the broker doesn't take is said at the next look.
    async fn say(&mut self) {
        let now = self.clock.now();
        let due = self.handler.to_say(now, clock::monotonic());
        for rung in Rung::ALL {
            let of_rung = due.iter().filter(|due| due.rung == *rung);
            let publishing = of_rung.map(|due| publish(self.publisher.clone(), *due, now)).collect::<Vec<_>>();
            let outcomes = stream::iter(publishing).buffer_unordered(IN_FLIGHT).collect::<Vec<_>>().await;
            for due in outcomes.into_iter().flatten() {
                self.fired.add(1, &[("deadline", due.deadline.code()), ("rung", due.rung.code())]);
                self.handler.said(due, clock::monotonic());
            }
        }
        self.open.set(self.handler.open() as f64, &[]);
    }
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
