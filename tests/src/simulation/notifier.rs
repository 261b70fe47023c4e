//! The notifier's process: the real dispatcher and the real sender, whose questions wait in the exchange.

use super::{
    broker::EventsPort,
    exchange::Exchange,
    feed::Feed,
    files::FILES,
    time::{Process, Time},
};
use bytes::Bytes;
use jiff::SignedDuration;
use prost::Message as _;
use segnalalo_kit::{bus::FeedItem, shutdown::Shutdown};
use segnalalo_notifier::{
    dispatcher::{Dispatcher, Task},
    outbox::Work,
    outcomes::observed,
    sender::{Posted, Sender, Told, given_up},
};
use segnalalo_proto::{convert, sealed::NoKeys};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

pub struct Notifier {
    dispatcher: Dispatcher,
    sender: Sender,
    pub exchange: Exchange,
    feed: Feed,
    time: Time,
    tasks: Vec<Running>,
}

struct Running {
    work: Work,
    stage: Stage,
}

enum Stage {
    Working(Pin<Box<dyn Future<Output = Told> + Send>>),
    /// What became of it is to be put on OBSERVED; `None`: there is nothing to say.
    Telling(Told, Option<Bytes>),
}

impl Notifier {
    /// `mark`: where a process with a cursor of its own, a mistake, would go on.
    pub fn start(time: Time, events: EventsPort, caller_id: [u8; 16], mark: Option<usize>) -> Self {
        let exchange = Exchange::new(time.clone(), caller_id);
        let port = Arc::new(exchange.clone());
        let sender = Sender {
            messages: FILES.messages.clone(),
            graph: port.clone(),
            keys: Arc::new(NoKeys),
            ledger: port.clone(),
            clock: time.clock(Process::Notifier),
            read_back_pause: Duration::from_secs(60),
            proof_wait: SignedDuration::from_mins(10),
            posted: Posted::default(),
            pauses: port,
            shutdown: Shutdown::new(),
        };
        let feed = match mark {
            Some(mark) => Feed::at_mark(events, mark),
            None => Feed::new(events, time.now()),
        };
        Self { dispatcher: Dispatcher::default(), sender, exchange, feed, time, tasks: Vec::new() }
    }

    /// Whether there was something.
    pub fn read(&mut self, most: usize) -> bool {
        let items = self.feed.next(most, self.time.now());
        let any = !items.is_empty();
        for item in items {
            match item {
                FeedItem::Record { record, .. } => {
                    let recorded = convert::read(&record).expect("records are events");
                    if let Some(reply) = self.dispatcher.apply(&recorded) {
                        self.sender.posted.forget(reply);
                    }
                }
                FeedItem::Reset { .. } => self.dispatcher.reset(),
                FeedItem::CaughtUp => {
                    let orphans = self.dispatcher.caught_up();
                    orphans.into_iter().for_each(|task| self.begin(task));
                }
            }
        }
        any
    }

    /// Begins what may begin; how much.
    pub fn dispatch(&mut self) -> usize {
        let tasks = self.dispatcher.take(self.time.of(Process::Notifier), self.time.instant());
        let count = tasks.len();
        tasks.into_iter().for_each(|task| self.begin(task));
        count
    }

    fn begin(&mut self, task: Task) {
        let sender = self.sender.clone();
        let work = match &task {
            Task::Send(work) | Task::Reconcile(work) | Task::GiveUp(work) => work.clone(),
        };
        let working = async move {
            match task {
                Task::Send(work) => sender.send(&work).await,
                Task::Reconcile(work) => sender.reconcile(&work).await,
                Task::GiveUp(work) => given_up(&work),
            }
        };
        self.tasks.push(Running { work, stage: Stage::Working(Box::pin(working)) });
        self.poll();
    }

    /// Lets what was answered go on.
    pub fn poll(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        for running in &mut self.tasks {
            if let Stage::Working(working) = &mut running.stage
                && let Poll::Ready(told) = working.as_mut().poll(&mut context)
            {
                let observed = observed(&running.work, &told, self.time.of(Process::Notifier));
                let payload = observed.map(|observed| Bytes::from(observed.encode_to_vec()));
                running.stage = Stage::Telling(told, payload);
            }
        }
    }

    /// The first task that has something to tell the broker, or nothing at all.
    pub fn telling(&self) -> Option<(usize, Option<Bytes>)> {
        self.tasks.iter().enumerate().find_map(|(index, running)| match &running.stage {
            Stage::Telling(_, payload) => Some((index, payload.clone())),
            Stage::Working(_) => None,
        })
    }

    /// What it had to tell is durable.
    pub fn told(&mut self, index: usize) {
        let running = self.tasks.remove(index);
        if let Stage::Telling(told, _) = running.stage {
            self.dispatcher.told(&running.work, &told, self.time.instant());
        }
    }

    pub fn position(&self) -> usize {
        self.feed.position()
    }

    /// Nothing is on its way, and all is read.
    pub fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.feed.is_idle()
    }

    /// Whether something is owed that isn't a person's matter.
    pub fn waits(&self) -> bool {
        self.dispatcher.outbox.counts().iter().any(|(what, count)| *count > 0 && !["held", "refused"].contains(what))
    }
}
