//! The log's records in, replies out: what the log says is owed is begun as tasks, and what becomes of them is told. The
//! loop around it is the app's.

use crate::{
    board::Board,
    dispatcher::{Dispatcher, Task},
    media::Media,
    outbox::Work,
    outcomes::Outcomes,
    queue::Queue,
    sender::{Sender, Told, given_up},
};
use segnalalo_domain::{event::Recorded, id::ConversationId};
use segnalalo_kit::{
    bus::FeedItem,
    clock::{self, SharedClock},
    passed_over::PassedOver,
    trace,
};
use segnalalo_proto::convert;
use std::{collections::HashMap, time::Duration};
use tokio::task::{Id, JoinError, JoinSet};
use tracing::Instrument as _;

/// With more conversations than this waiting, they are looked through at ticks only: at each record of a surge it would
/// cost more than it gives.
const CROWD: usize = 200;

pub type Ended = Result<(Id, (Work, Told)), JoinError>;

pub struct Handler {
    pub sender: Sender,
    pub outcomes: Outcomes,
    pub clock: SharedClock,
    pub board: Board,
    passed_over: PassedOver,
    dispatcher: Dispatcher,
    tasks: JoinSet<(Work, Told)>,
    conversations: HashMap<Id, ConversationId>,
}

impl Handler {
    pub fn new(sender: Sender, outcomes: Outcomes, clock: SharedClock, board: Board, passed_over: PassedOver) -> Self {
        Self {
            sender,
            outcomes,
            clock,
            board,
            passed_over,
            dispatcher: Dispatcher::default(),
            tasks: JoinSet::new(),
            conversations: HashMap::new(),
        }
    }

    pub fn take(&mut self, item: FeedItem, media: &mut Media) {
        match item {
            FeedItem::Record { position, record } => match convert::read(&record) {
                Ok(recorded) => {
                    media.apply(&recorded);
                    self.apply(&recorded);
                }
                Err(error) => self.passed_over.note(position, &error),
            },
            FeedItem::Reset { why } => {
                tracing::warn!(why, "the log is read from the beginning again");
                self.board.reading();
                self.dispatcher.reset();
                media.reset();
            }
            FeedItem::CaughtUp => {
                media.caught_up();
                let orphans = self.dispatcher.caught_up();
                tracing::info!(orphans = orphans.len(), "the log is read");
                self.board.read();
                orphans.into_iter().for_each(|task| self.begin(task));
            }
        }
    }

    fn apply(&mut self, recorded: &Recorded) {
        if let Some(reply) = self.dispatcher.apply(recorded) {
            self.sender.posted.forget(reply);
        }
    }

    /// Begins what is due.
    pub fn send(&mut self, ticked: bool) {
        if !ticked && self.dispatcher.outbox.owing() > CROWD {
            return;
        }
        for task in self.dispatcher.take(self.clock.now(), clock::monotonic()) {
            self.begin(task);
        }
    }

    fn begin(&mut self, task: Task) {
        let (sender, outcomes) = (self.sender.clone(), self.outcomes.clone());
        let (work, name) = match &task {
            Task::Send(work) => (work.clone(), "send"),
            Task::Reconcile(work) => (work.clone(), "reconcile"),
            Task::GiveUp(work) => (work.clone(), "give-up"),
        };
        let conversation = work.conversation;
        let span = tracing::info_span!("reply", task = name, reply = %work.reply.id, channel = %work.channel);
        let span = trace::span_from(&work.reply.trace_parent, span);
        let run = async move {
            let told = match task {
                Task::Send(work) => sender.send(&work).await,
                Task::Reconcile(work) => tokio::select! {
                    told = sender.reconcile(&work) => told,
                    () = sender.shutdown.cancelled() => Told::Nothing,
                },
                Task::GiveUp(work) => given_up(&work),
            };
            outcomes.publish(&work, &told).await;
            (work, told)
        };
        let id = self.tasks.spawn(run.instrument(span)).id();
        self.conversations.insert(id, conversation);
    }

    /// The next task that ends; for ever while none runs.
    pub async fn ended(&mut self) -> Ended {
        match self.tasks.join_next_with_id().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    pub fn told(&mut self, ended: Ended) {
        let instant = clock::monotonic();
        match ended {
            Ok((id, (work, told))) => {
                self.conversations.remove(&id);
                self.dispatcher.told(&work, &told, instant);
                self.board.told(Queue::of(work.channel), &told);
                if let Told::Again { why, .. } = told {
                    tracing::debug!(why, "again later");
                }
            }
            Err(error) => {
                tracing::error!(%error, "a task panicked: its attempt is given up when its time is over");
                if let Some(conversation) = self.conversations.remove(&error.id()) {
                    self.dispatcher.panicked(conversation, instant);
                }
            }
        }
    }

    pub fn show(&self) {
        self.board.show(&self.dispatcher.outbox, &self.dispatcher.closed());
    }

    /// Lets what is on its way end. How many were cut off.
    pub async fn drain(&mut self, patience: Duration) -> usize {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // What is left in the set is cut off with it.
        let _ = tokio::time::timeout(patience, all).await;
        self.tasks.len()
    }
}
