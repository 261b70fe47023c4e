//! Who is sent to when: one queue a channel, one reply a conversation at a time. A channel's trouble stops nobody else.
//! It sends nothing itself.

mod gate;

use crate::{
    outbox::{Outbox, Status, Work},
    queue::Queue,
    sender::Told,
};
use gate::Gate;
use jiff::SignedDuration;
use segnalalo_domain::{
    Timestamp,
    event::{Event, Recorded, Stream, conversation::Event as Said},
    id::{ConversationId, ReplyId},
};
use segnalalo_proto::observation::v1::send_outcome::Outcome;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::Instant;

/// Replies of one channel that are on their way at a time; and as many whose outcome is looked for.
const AT_A_TIME: usize = 16;
/// The log brings an outcome back at once. Without its news the conversation is looked at again after this: the ledger
/// refuses what would be a second attempt.
const NEWS: Duration = Duration::from_secs(30);
/// After a task that panicked.
const PANIC: Duration = Duration::from_secs(60);
/// No call takes this long: whoever began the attempt isn't at it any more.
const LOST_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// What to do with a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    Send(Work),
    Reconcile(Work),
    /// An attempt that nobody works on any more.
    GiveUp(Work),
}

#[derive(Debug, Default)]
pub struct Dispatcher {
    pub outbox: Outbox,
    /// Until the log has been read to its head nothing is sent.
    live: bool,
    /// Conversations with a task.
    busy: HashMap<ConversationId, Busy>,
    /// Conversations to be left alone until then.
    resting: HashMap<ConversationId, Instant>,
    /// Replies whose outcome the broker has: the log will bring it, however late.
    told: HashSet<ReplyId>,
    gates: HashMap<Queue, Gate>,
}

#[derive(Debug)]
struct Busy {
    queue: Queue,
    reply: ReplyId,
    sends: bool,
    /// The log brought news of the reply while the task ran.
    heard: bool,
}

/// How many tasks of each kind run.
#[derive(Default)]
struct Running(HashMap<(Queue, bool), usize>);

impl Running {
    fn count(&mut self, queue: Queue, sends: bool) -> &mut usize {
        self.0.entry((queue, sends)).or_default()
    }
}

impl Dispatcher {
    /// The log is read: attempts without an outcome are those of a process that is no more.
    pub fn caught_up(&mut self) -> Vec<Task> {
        self.live = true;
        let orphans = self.lost(|_| true);
        for work in &orphans {
            self.occupy(work, false);
        }
        orphans.into_iter().map(Task::GiveUp).collect()
    }

    /// Folds a fact in. The reply whose outcome it brings back, if any.
    pub fn apply(&mut self, recorded: &Recorded) -> Option<ReplyId> {
        self.outbox.apply(recorded);
        let (conversation, reply) = news(recorded)?;
        self.heard(conversation, reply);
        Some(reply)
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
        self.resting.retain(|_, until| *until > instant);
        let mut running = Running::default();
        for busy in self.busy.values() {
            *running.count(busy.queue, busy.sends) += 1;
        }
        let unknown = self.outbox.unknown().into_iter().map(Task::Reconcile);
        let lost = self.lost(|since| now.duration_since(since) > LOST_AFTER).into_iter().map(Task::GiveUp);
        let due = self.outbox.due(now).into_iter().map(Task::Send);
        let mut tasks = Vec::new();
        for task in unknown.chain(lost).chain(due) {
            let (work, sends) = match &task {
                Task::Send(work) => (work, true),
                Task::Reconcile(work) | Task::GiveUp(work) => (work, false),
            };
            let queue = Queue::of(work.channel);
            let count = running.count(queue, sends);
            let most = if sends { self.most(queue, instant) } else { AT_A_TIME };
            if *count < most && self.is_free(work) {
                *count += 1;
                self.occupy(work, sends);
                tasks.push(task);
            }
        }
        tasks
    }

    /// How many sends the channel may have on their way.
    fn most(&self, queue: Queue, instant: Instant) -> usize {
        self.gates.get(&queue).map_or(AT_A_TIME, |gate| gate.most(instant).min(AT_A_TIME))
    }

    fn is_free(&self, work: &Work) -> bool {
        !self.busy.contains_key(&work.conversation) && !self.resting.contains_key(&work.conversation)
    }

    fn occupy(&mut self, work: &Work, sends: bool) {
        self.told.remove(&work.reply.id);
        let busy = Busy { queue: Queue::of(work.channel), reply: work.reply.id, sends, heard: false };
        self.busy.insert(work.conversation, busy);
    }

    /// Attempts in flight that nobody is at.
    fn lost(&self, long_enough: impl Fn(Timestamp) -> bool) -> Vec<Work> {
        let lost = |work: &Work| {
            matches!(work.reply.status, Status::InFlight { since } if long_enough(since))
                && !self.busy.contains_key(&work.conversation)
                && !self.told.contains(&work.reply.id)
        };
        self.outbox.in_flight().into_iter().filter(lost).collect()
    }

    /// A task has ended; what it has to tell is durable.
    pub fn told(&mut self, work: &Work, told: &Told, instant: Instant) {
        let busy = self.busy.remove(&work.conversation);
        let (heard, sent) = busy.map_or((false, false), |busy| (busy.heard, busy.sends));
        let rest = match told {
            Told::Again { after, .. } => Some(*after),
            // Its news came before we did: what is behind it may go.
            Told::Outcome { .. } | Told::Nothing => (!heard).then_some(NEWS),
        };
        if let Some(rest) = rest {
            self.resting.insert(work.conversation, instant + rest);
        }
        if let Told::Outcome { outcome, pause, .. } = told {
            if !heard {
                self.told.insert(work.reply.id);
            }
            if sent {
                self.judge(Queue::of(work.channel), outcome, *pause, instant);
            }
        }
    }

    /// What a send says about its channel.
    fn judge(&mut self, queue: Queue, outcome: &Outcome, pause: Option<Duration>, instant: Instant) {
        let gate = self.gates.entry(queue).or_default();
        match (outcome, pause) {
            (_, Some(pause)) => gate.close(instant + pause),
            (Outcome::Accepted(_) | Outcome::Refused(_), None) => gate.open(),
            (Outcome::Unknown(_), None) => gate.strike(instant),
            // Nothing left.
            (Outcome::Held(_) | Outcome::Erased(_), None) => {}
        }
    }

    /// A task is gone without a word.
    pub fn panicked(&mut self, conversation: ConversationId, instant: Instant) {
        self.busy.remove(&conversation);
        self.resting.insert(conversation, instant + PANIC);
    }

    /// Something came back from the log for this conversation: what is behind it may go.
    pub fn heard(&mut self, conversation: ConversationId, reply: ReplyId) {
        self.told.remove(&reply);
        match self.busy.get_mut(&conversation) {
            Some(busy) => busy.heard |= busy.reply == reply,
            None => drop(self.resting.remove(&conversation)),
        }
    }

    /// Channels that nothing gets through on.
    pub fn closed(&self) -> HashSet<Queue> {
        self.gates.iter().filter(|(_, gate)| gate.is_closed()).map(|(queue, _)| *queue).collect()
    }
}

/// What brings a reply's outcome back.
fn news(recorded: &Recorded) -> Option<(ConversationId, ReplyId)> {
    let (Stream::Conversation(conversation), Event::Conversation(event)) = (recorded.stream, &recorded.event) else {
        return None;
    };
    match event {
        Said::SendAccepted { reply, .. }
        | Said::SendRefused { reply, .. }
        | Said::SendUnknown { reply, .. }
        | Said::ReplyHeld { reply, .. }
        | Said::ReplyDropped { reply, .. } => Some((conversation, *reply)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
