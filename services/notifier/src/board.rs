//! What the operators see of the process: health and metrics. Nothing personal.

use crate::{outbox::Outbox, queue::Queue, sender::Told};
use segnalalo_kit::{
    health::Component,
    service::Deps,
    telemetry::{Counter, Gauge},
};
use segnalalo_proto::observation::v1::send_outcome::Outcome;
use std::collections::{BTreeMap, HashSet};

pub struct Board {
    log: Component,
    channels: BTreeMap<Queue, Component>,
    waiting: Gauge,
    outcomes: Counter,
    refusals: Counter,
    media: Counter,
    media_waiting: Gauge,
}

impl Board {
    pub fn new(deps: &Deps) -> Self {
        let log = deps.health.component("log");
        log.not_ready("the log is being read");
        let channels = Queue::ALL.map(|queue| {
            let component = deps.health.component(queue.name());
            component.ready();
            (queue, component)
        });
        let metrics = &deps.metrics;
        Self {
            log,
            channels: channels.into(),
            waiting: metrics.gauge("notifier_replies_waiting", "Replies owed, by what they wait for"),
            outcomes: metrics.counter("notifier_outcomes", "What became of attempts, by channel and outcome"),
            media: metrics.counter("notifier_attachments", "What became of attachments: stored, or why not"),
            media_waiting: metrics
                .gauge("notifier_attachments_waiting", "Messages with attachments that aren't fetched yet"),
            refusals: metrics.counter("notifier_refusals", "Attempts refused, by channel and the platform's code"),
        }
    }

    pub fn reading(&self) {
        self.log.not_ready("the log is being read");
    }

    pub fn read(&self) {
        self.log.ready();
    }

    pub fn stopping(&self) {
        self.log.not_ready("stopping");
    }

    pub fn told(&self, queue: Queue, told: &Told) {
        let Told::Outcome { outcome, pause, .. } = told else {
            return;
        };
        let name = match outcome {
            Outcome::Accepted(_) => "accepted",
            Outcome::Refused(refused) => {
                self.refusals.add(1, &[("channel", queue.name()), ("code", &refused.code)]);
                if pause.is_some() {
                    let code = &refused.code;
                    self.channels[&queue].not_ready(&format!(
                        "nothing gets through (error {code}): network, token, permissions, payment?"
                    ));
                }
                "refused"
            }
            Outcome::Unknown(_) => "unknown",
            Outcome::Held(_) => "held",
            Outcome::Erased(_) => "erased",
        };
        self.outcomes.add(1, &[("channel", queue.name()), ("outcome", name)]);
    }

    pub fn media(&self, outcome: &str) {
        self.media.add(1, &[("outcome", outcome)]);
    }

    pub fn media_waiting(&self, messages: usize) {
        self.media_waiting.set(messages as f64, &[]);
    }

    pub fn show(&self, outbox: &Outbox, closed: &HashSet<Queue>) {
        for (status, count) in outbox.counts() {
            self.waiting.set(count as f64, &[("status", status)]);
        }
        for (queue, component) in &self.channels {
            if !closed.contains(queue) {
                component.ready();
            }
        }
    }
}
