//! Everything the stand-in knows, behind one lock: the world, the ledger, the faults that are waiting, the webhooks under
//! way. What must outlive the process goes through `record` and the like, which write it down first.

use crate::{
    config::Config,
    faults::{Faults, Rigging},
    graph::{apps::Subscribed, media::Downloads, pair_rate::PairRate},
    journal::{Journal, Record},
    ledger::{Accepted, Call, Ledger, Refused},
    outbox::{Book, Planned},
    presence::Presence,
    tokens::Tokens,
    world::{Change, World},
};
use jiff::Timestamp;
use segnalalo_kit::clock::{ClockLever, SharedClock};
use std::{sync::Arc, time::Duration};

pub struct State {
    pub config: Arc<Config>,
    pub clock: SharedClock,
    /// Moves the clock of all processes; `None`: time is what it is.
    pub lever: Option<ClockLever>,
    /// Where this process is reached: photographs in webhooks point there.
    pub base_url: String,
    pub world: World,
    pub ledger: Ledger,
    pub faults: Faults,
    pub tokens: Tokens,
    pub subscribed: Subscribed,
    pub webhooks: Book,
    pub downloads: Downloads,
    pub presence: Presence,
    pub pair_rate: PairRate,
    journal: Journal,
    /// Numbers of webhooks to hand to the outbox, and when.
    outgoing: Vec<(u64, Duration)>,
}

impl State {
    pub fn new(config: Arc<Config>, clock: SharedClock, journal: Journal, records: Vec<Record>) -> Self {
        let mut state = Self {
            base_url: format!("http://{}", config.listen),
            config,
            clock,
            lever: None,
            world: World::default(),
            ledger: Ledger::default(),
            faults: Faults::default(),
            tokens: Tokens::default(),
            subscribed: Subscribed::default(),
            webhooks: Book::default(),
            downloads: Downloads::default(),
            presence: Presence::default(),
            pair_rate: PairRate::default(),
            journal,
            outgoing: Vec::new(),
        };
        let now = state.now();
        for record in records {
            state.remember(record, now);
        }
        state.outgoing = state.webhooks.pending().map(|n| (n, Duration::ZERO)).collect();
        state
    }

    fn remember(&mut self, record: Record, now: Timestamp) {
        match record {
            Record::World(change) => self.world.apply(change),
            Record::Accepted(accepted) => self.ledger.accepted.push(accepted),
            Record::Refused(refused) => self.ledger.refused.push(refused),
            Record::WebhookQueued { n, webhook } => self.webhooks.restore(n, webhook, now),
            Record::WebhookSettled { n } => self.webhooks.forget(n),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn record(&mut self, change: Change) {
        let record = Record::World(change);
        self.journal.append(&record);
        if let Record::World(change) = record {
            self.world.apply(change);
        }
    }

    pub fn accepted(&mut self, call: Call, provider_id: String) {
        let (n, at) = (self.ledger.next(), self.now());
        let accepted = Accepted { n, at, call, provider_id };
        self.journal.append(&Record::Accepted(accepted.clone()));
        self.ledger.accepted.push(accepted);
    }

    pub fn refused(&mut self, call: Call, why: Refusal) {
        let refused = Refused {
            n: self.ledger.next(),
            at: self.now(),
            call,
            http: why.http,
            code: why.code,
            subcode: why.subcode,
            message: why.message,
        };
        self.journal.append(&Record::Refused(refused.clone()));
        self.ledger.refused.push(refused);
    }

    /// Has them sent, as a fault wants it when there is one.
    pub fn send(&mut self, webhooks: Vec<Planned>, rigging: &Rigging) {
        let now = self.now();
        for planned in rigging.rig(webhooks) {
            let n = self.webhooks.queue(planned.webhook.clone(), now);
            self.journal.append(&Record::WebhookQueued { n, webhook: planned.webhook });
            if !self.webhooks.is_held(n) {
                self.outgoing.push((n, planned.after));
            }
        }
    }

    /// Those that were held back, in this order.
    pub fn release(&mut self, numbers: Vec<u64>) {
        self.outgoing.extend(numbers.into_iter().map(|n| (n, Duration::ZERO)));
    }

    /// No further try will be made.
    pub fn settle(&mut self, n: u64, delivered: bool) {
        self.webhooks.settle(n, delivered);
        self.journal.append(&Record::WebhookSettled { n });
    }

    pub fn take_outgoing(&mut self) -> Vec<(u64, Duration)> {
        std::mem::take(&mut self.outgoing)
    }
}

/// Why a request to send wasn't accepted.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub http: u16,
    pub code: i64,
    pub subcode: Option<i64>,
    pub message: String,
}
