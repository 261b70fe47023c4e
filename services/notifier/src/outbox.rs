//! What the city owes its citizens, as a function of the log: replies requested minus replies settled, in order for each
//! conversation. It keeps no acknowledgements and no cursor; after a restart it is the same again. It sends nothing.

use crate::queue::Queue;
use jiff::Timestamp;
use segnalalo_domain::{
    event::{
        Event, Recorded, Stream,
        conversation::{Event as Said, Proof},
    },
    id::{ConversationId, ReplyId},
    sealed::Sealed,
    template::Template,
    words::Channel,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

#[derive(Debug, Default)]
pub struct Outbox {
    conversations: HashMap<ConversationId, Conversation>,
    /// Conversations with something owed.
    owing: BTreeSet<ConversationId>,
    /// When the platform last took something of ours.
    passed: HashMap<Queue, Timestamp>,
}

#[derive(Debug)]
struct Conversation {
    channel: Channel,
    /// Box that holds the address: in public the one that began the thread, in private the latest.
    address: Sealed,
    /// In public, the latest comment: it is answered below the same post, should whoever began it be erased.
    newer: Option<Sealed>,
    /// When the citizen last wrote, by the platform's clock: Meta's windows run from here. Edits don't count.
    last_message_at: Timestamp,
    queue: VecDeque<Reply>,
}

/// One owed reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub id: ReplyId,
    pub template: Template,
    pub variables: BTreeMap<String, String>,
    pub words: Option<Sealed>,
    pub by_person: bool,
    pub trace_parent: String,
    /// Attempts begun.
    pub attempts: u32,
    pub last_attempt: Option<Attempt>,
    /// How often it was put before a person.
    pub holds: u32,
    pub status: Status,
}

/// The attempt as it is in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub at: Timestamp,
    /// Text and address as they went out. The city's texts may have changed since.
    pub sent: Sealed,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// To be sent, not before this instant.
    Due(Timestamp),
    /// An attempt runs, here or in a process that is no more.
    InFlight { since: Timestamp },
    /// Nobody knows what became of the last attempt.
    Unknown { since: Timestamp },
    /// A person decides.
    Held,
    /// The platform will not take it as it is; a person may still have it sent again.
    Refused,
}

/// A reply with all that sending it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub conversation: ConversationId,
    pub channel: Channel,
    pub address: Sealed,
    /// As in the conversation: good when `address` was erased.
    pub newer: Option<Sealed>,
    pub last_message_at: Timestamp,
    pub reply: Reply,
    /// The platform took another reply after this one's last attempt began: what stops this one is its own.
    pub others_pass: bool,
}

impl Outbox {
    /// Folds a fact in. Total: what it doesn't know changes nothing.
    pub fn apply(&mut self, recorded: &Recorded) {
        let (Stream::Conversation(id), Event::Conversation(event)) = (recorded.stream, &recorded.event) else {
            return;
        };
        match event {
            Said::MessageReceived { channel, sealed, .. } => self.received(id, *channel, sealed, recorded.occurred_at),
            Said::ReplyRequested { .. } => self.requested(id, event, recorded),
            Said::IdentityChanged { current: Some(_), sealed, .. } => self.moved(id, sealed),
            Said::SendAttempted { reply, attempt, sealed, .. } => self.change(id, *reply, |reply| {
                reply.attempts = *attempt;
                reply.last_attempt = Some(Attempt { at: recorded.recorded_at, sent: sealed.clone() });
                reply.status = Status::InFlight { since: recorded.recorded_at };
            }),
            Said::SendRefused { reply, last: false, retry_at, .. } => self.change(id, *reply, |reply| {
                reply.status = Status::Due(retry_at.unwrap_or(recorded.recorded_at));
            }),
            Said::SendUnknown { reply, .. } => self.change(id, *reply, |reply| {
                reply.status = Status::Unknown { since: recorded.recorded_at };
            }),
            Said::ReplyHeld { reply, .. } => self.change(id, *reply, |reply| {
                reply.holds += 1;
                reply.status = Status::Held;
            }),
            Said::SendAccepted { reply, proof, .. } => {
                if *proof != Proof::Operator {
                    self.passed(id, recorded.recorded_at);
                }
                self.settle(id, *reply);
            }
            Said::SendRefused { reply, last: true, .. } => {
                self.change(id, *reply, |reply| reply.status = Status::Refused)
            }
            Said::ReplyDropped { reply, .. } => self.settle(id, *reply),
            Said::MessageEdited { .. }
            | Said::MessageRemoved { .. }
            | Said::MessageReacted { .. }
            | Said::MessageConcluded { .. }
            | Said::TriageGivenUp { .. }
            | Said::MessageRouted { .. }
            | Said::DeliveryReported { .. }
            | Said::ColleagueAnswered { .. }
            | Said::IdentityChanged { current: None, .. }
            | Said::MediaStored { .. }
            | Said::MediaFailed { .. } => {}
        }
    }

    fn received(&mut self, id: ConversationId, channel: Channel, address: &Sealed, at: Timestamp) {
        match self.conversations.get_mut(&id) {
            Some(known) => {
                known.last_message_at = known.last_message_at.max(at);
                if !known.channel.is_public() {
                    known.address = address.clone();
                } else {
                    known.newer = Some(address.clone());
                }
            }
            None => {
                let begun = Conversation {
                    channel,
                    address: address.clone(),
                    newer: None,
                    last_message_at: at,
                    queue: VecDeque::new(),
                };
                self.conversations.insert(id, begun);
            }
        }
    }

    /// The platform says that he has another number: what was his may be somebody else's by now.
    fn moved(&mut self, id: ConversationId, address: &Sealed) {
        if let Some(known) = self.conversations.get_mut(&id).filter(|known| !known.channel.is_public()) {
            known.address = address.clone();
        }
    }

    fn requested(&mut self, id: ConversationId, event: &Said, recorded: &Recorded) {
        let Said::ReplyRequested { reply, template, variables, words, by_person, .. } = event else {
            return;
        };
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.queue.push_back(Reply {
                id: *reply,
                template: *template,
                variables: variables.clone(),
                words: words.clone(),
                by_person: *by_person,
                trace_parent: recorded.trace_parent.clone(),
                attempts: 0,
                last_attempt: None,
                holds: 0,
                status: Status::Due(recorded.recorded_at),
            });
            self.owing.insert(id);
        }
    }

    fn change(&mut self, id: ConversationId, reply: ReplyId, change: impl FnOnce(&mut Reply)) {
        let queue = self.conversations.get_mut(&id).map(|conversation| &mut conversation.queue);
        if let Some(known) = queue.and_then(|queue| queue.iter_mut().find(|known| known.id == reply)) {
            change(known);
        }
    }

    fn passed(&mut self, id: ConversationId, at: Timestamp) {
        if let Some(conversation) = self.conversations.get(&id) {
            self.passed.insert(Queue::of(conversation.channel), at);
        }
    }

    fn settle(&mut self, id: ConversationId, reply: ReplyId) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.queue.retain(|known| known.id != reply);
            if conversation.queue.is_empty() {
                self.owing.remove(&id);
            }
        }
    }

    /// What may be sent at this moment: for each conversation the first reply that isn't held, if it is due. One that is
    /// on its way or unknown holds back those behind it: answers arrive in order. Those with the fewest attempts come
    /// first, so that one that always fails is never in the others' way.
    pub fn due(&self, now: Timestamp) -> Vec<Work> {
        let mut due = self.fronts(|status| matches!(status, Status::Due(at) if *at <= now));
        due.sort_by_key(|work| work.reply.attempts);
        due
    }

    /// Replies whose last attempt has an unknown outcome.
    pub fn unknown(&self) -> Vec<Work> {
        self.fronts(|status| matches!(status, Status::Unknown { .. }))
    }

    /// Attempts that began and have no outcome: right after the log is read, those of a process that is no more.
    pub fn in_flight(&self) -> Vec<Work> {
        self.fronts(|status| matches!(status, Status::InFlight { .. }))
    }

    /// Conversations with something owed.
    pub fn owing(&self) -> usize {
        self.owing.len()
    }

    fn fronts(&self, wanted: impl Fn(&Status) -> bool) -> Vec<Work> {
        let front = |id: &ConversationId| {
            let conversation = self.conversations.get(id)?;
            let reply =
                conversation.queue.iter().find(|reply| !matches!(reply.status, Status::Held | Status::Refused))?;
            wanted(&reply.status).then(|| self.work(*id, conversation, reply))
        };
        self.owing.iter().filter_map(front).collect()
    }

    fn work(&self, id: ConversationId, conversation: &Conversation, reply: &Reply) -> Work {
        let passed = self.passed.get(&Queue::of(conversation.channel));
        let attempted = reply.last_attempt.as_ref().map(|attempt| attempt.at);
        Work {
            conversation: id,
            channel: conversation.channel,
            address: conversation.address.clone(),
            newer: conversation.newer.clone(),
            last_message_at: conversation.last_message_at,
            reply: reply.clone(),
            others_pass: passed.zip(attempted).is_some_and(|(passed, attempted)| *passed > attempted),
        }
    }

    /// How many replies wait, by what for: due, in flight, unknown, held, refused.
    pub fn counts(&self) -> [(&'static str, usize); 5] {
        let mut counts = [("due", 0), ("in_flight", 0), ("unknown", 0), ("held", 0), ("refused", 0)];
        let owing = self.owing.iter().filter_map(|id| self.conversations.get(id));
        for reply in owing.flat_map(|known| &known.queue) {
            let index = match reply.status {
                Status::Due(_) => 0,
                Status::InFlight { .. } => 1,
                Status::Unknown { .. } => 2,
                Status::Held => 3,
                Status::Refused => 4,
            };
            counts[index].1 += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests;
