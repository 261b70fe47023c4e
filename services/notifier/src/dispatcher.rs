//! Who is sent to when: one queue a channel, one reply a conversation at a time. A channel's trouble stops nobody else.

use crate::{
    outbox::{Outbox, Status, Work},
    sender::{CHANNEL_PAUSE, Told},
};
use jiff::SignedDuration;
use segnalalo_domain::{Timestamp, id::ConversationId, words::Channel};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::Instant;

/// Replies of one channel that are on their way at a time.
const AT_A_TIME: usize = 16;

/// The channels' queues are those of the platforms' endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Queue {
    Facebook,
    Messenger,
    Whatsapp,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::Facebook, Self::Messenger, Self::Whatsapp];

    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::FacebookPost | Channel::FacebookComment => Self::Facebook,
            Channel::Messenger => Self::Messenger,
            Channel::Whatsapp => Self::Whatsapp,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Messenger => "messenger",
            Self::Whatsapp => "whatsapp",
        }
    }
}

/// What to do with a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    Send(Work),
    Reconcile(Work),
    /// An attempt that nobody works on any more.
    GiveUp(Work),
}

/// No call takes this long: whoever began the attempt isn't at it any more.
const LOST_AFTER: SignedDuration = SignedDuration::from_secs(60);

fn is_lost(work: &Work, now: Timestamp) -> bool {
    matches!(work.reply.status, Status::InFlight { since } if now.duration_since(since) > LOST_AFTER)
}

#[derive(Debug, Default)]
pub struct Dispatcher {
    pub outbox: Outbox,
    /// Until the log has been read to its head nothing is sent.
    live: bool,
    /// Conversations with a task, or whose outcome hasn't come back from the log yet.
    busy: HashMap<ConversationId, Queue>,
    /// Conversations to be left alone until then: what failed left no trace in the log.
    resting: HashMap<ConversationId, Instant>,
    paused: HashMap<Queue, Instant>,
}

impl Dispatcher {
    /// The log is read: attempts without an outcome are those of a process that is no more.
    pub fn caught_up(&mut self) -> Vec<Work> {
        self.live = true;
        self.outbox.in_flight().into_iter().filter(|work| !self.busy.contains_key(&work.conversation)).collect()
    }

    /// The log begins anew. Tasks that run go on; their outcomes come back through the log.
    pub fn reset(&mut self) {
        self.outbox = Outbox::default();
        self.live = false;
    }

    /// The tasks that may begin now.
    pub fn take(&mut self, now: Timestamp, instant: Instant) -> Vec<Task> {
        if !self.live {
            return Vec::new();
        }
        self.paused.retain(|_, until| *until > instant);
        self.resting.retain(|_, until| *until > instant);
        let mut running: HashMap<Queue, usize> = HashMap::new();
        for queue in self.busy.values() {
            *running.entry(*queue).or_default() += 1;
        }
        let unknown = self.outbox.unknown().into_iter().map(Task::Reconcile);
        let due = self.outbox.due(now).into_iter().map(Task::Send);
        let lost = self.outbox.in_flight().into_iter().filter(|work| is_lost(work, now)).map(Task::GiveUp);
        let mut tasks = Vec::new();
        for task in unknown.chain(lost).chain(due) {
            let (work, sends) = match &task {
                Task::Send(work) => (work, true),
                Task::Reconcile(work) | Task::GiveUp(work) => (work, false),
            };
            let (id, queue) = (work.conversation, Queue::of(work.channel));
            let free = !self.busy.contains_key(&id) && !self.resting.contains_key(&id);
            let open = !(sends && self.paused.contains_key(&queue));
            let running = running.entry(queue).or_default();
            if free && open && *running < AT_A_TIME {
                *running += 1;
                self.busy.insert(id, queue);
                tasks.push(task);
            }
        }
        tasks
    }

    /// A task has ended. `published`: its outcome is durable, and the log will bring it back.
    pub fn told(&mut self, work: &Work, told: &Told, instant: Instant) {
        self.busy.remove(&work.conversation);
        let rest = match told {
            Told::Again { after, .. } => *after,
            // The log's news takes a moment; without it the ledger would refuse the attempt anyway.
            Told::Outcome { .. } | Told::Nothing => Duration::from_secs(2),
        };
        self.resting.insert(work.conversation, instant + rest);
        if let Told::Outcome { pause_channel: true, .. } = told {
            self.paused.insert(Queue::of(work.channel), instant + CHANNEL_PAUSE);
        }
    }

    /// Something came back from the log for this conversation: what is behind it may go.
    pub fn heard(&mut self, conversation: ConversationId) {
        if !self.busy.contains_key(&conversation) {
            self.resting.remove(&conversation);
        }
    }

    /// A message got through: whatever was wrong with the channel is over.
    pub fn got_through(&mut self, queue: Queue) {
        self.paused.remove(&queue);
    }

    pub fn paused(&self) -> HashSet<Queue> {
        self.paused.keys().copied().collect()
    }
}
