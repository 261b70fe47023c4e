//! What the city owes its citizens, as a function of the log: replies requested minus replies settled, in order for each
//! conversation. It keeps no acknowledgements and no cursor; after a restart it is the same again. It sends nothing.

use jiff::Timestamp;
use segnalalo_domain::{
    event::{Event, Recorded, Stream, conversation::Event as Said},
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
}

#[derive(Debug)]
struct Conversation {
    channel: Channel,
    /// Box that holds the address: in public the one that began the thread, in private the latest.
    address: Sealed,
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
    pub status: Status,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// To be sent, not before this instant.
    Due(Timestamp),
    /// An attempt runs, here or in a process that is no more.
    InFlight { since: Timestamp },
    /// Nobody knows what became of the attempt that began then.
    Unknown { attempted_at: Timestamp, since: Timestamp },
    /// A person decides.
    Held,
}

/// A reply with all that sending it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub conversation: ConversationId,
    pub channel: Channel,
    pub address: Sealed,
    pub last_message_at: Timestamp,
    pub reply: Reply,
}

impl Outbox {
    /// Folds a fact in. Total: what it doesn't know changes nothing.
    pub fn apply(&mut self, recorded: &Recorded) {
        let (Stream::Conversation(id), Event::Conversation(event)) = (recorded.stream, &recorded.event) else {
            return;
        };
        match event {
            Said::MessageReceived { channel, sealed, .. } => self.received(id, *channel, sealed, recorded.occurred_at),
            Said::ReplyRequested { reply, template, variables, words, by_person, .. } => self.requested(
                id,
                Reply {
                    id: *reply,
                    template: *template,
                    variables: variables.clone(),
                    words: words.clone(),
                    by_person: *by_person,
                    trace_parent: recorded.trace_parent.clone(),
                    attempts: 0,
                    status: Status::Due(recorded.recorded_at),
                },
            ),
            Said::SendAttempted { reply, attempt, .. } => self.change(id, *reply, |reply| {
                reply.attempts = *attempt;
                reply.status = Status::InFlight { since: recorded.recorded_at };
            }),
            Said::SendRefused { reply, last: false, retry_at, .. } => self.change(id, *reply, |reply| {
                reply.status = Status::Due(retry_at.unwrap_or(recorded.recorded_at));
            }),
            Said::SendUnknown { reply, .. } => self.change(id, *reply, |reply| {
                let attempted_at = match reply.status {
                    Status::InFlight { since } => since,
                    _ => recorded.recorded_at,
                };
                reply.status = Status::Unknown { attempted_at, since: recorded.recorded_at };
            }),
            Said::ReplyHeld { reply, .. } => self.change(id, *reply, |reply| reply.status = Status::Held),
            Said::SendAccepted { reply, .. } | Said::SendRefused { reply, .. } | Said::ReplyDropped { reply, .. } => {
                self.settle(id, *reply);
            }
            Said::MessageEdited { .. }
            | Said::MessageRemoved { .. }
            | Said::MessageReacted { .. }
            | Said::MessageConcluded { .. }
            | Said::TriageGivenUp { .. }
            | Said::MessageRouted { .. }
            | Said::DeliveryReported { .. }
            | Said::ColleagueAnswered { .. }
            | Said::IdentityChanged { .. } => {}
        }
    }

    fn received(&mut self, id: ConversationId, channel: Channel, address: &Sealed, at: Timestamp) {
        match self.conversations.get_mut(&id) {
            Some(known) => {
                known.last_message_at = known.last_message_at.max(at);
                if !known.channel.is_public() {
                    known.address = address.clone();
                }
            }
            None => {
                let begun =
                    Conversation { channel, address: address.clone(), last_message_at: at, queue: VecDeque::new() };
                self.conversations.insert(id, begun);
            }
        }
    }

    fn requested(&mut self, id: ConversationId, reply: Reply) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.queue.push_back(reply);
            self.owing.insert(id);
        }
    }

    fn change(&mut self, id: ConversationId, reply: ReplyId, change: impl FnOnce(&mut Reply)) {
        let queue = self.conversations.get_mut(&id).map(|conversation| &mut conversation.queue);
        if let Some(known) = queue.and_then(|queue| queue.iter_mut().find(|known| known.id == reply)) {
            change(known);
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
    /// on its way or unknown holds back those behind it: answers arrive in order.
    pub fn due(&self, now: Timestamp) -> Vec<Work> {
        self.fronts().filter(|work| matches!(work.reply.status, Status::Due(at) if at <= now)).collect()
    }

    /// Replies whose attempt has an unknown outcome.
    pub fn unknown(&self) -> Vec<Work> {
        self.fronts().filter(|work| matches!(work.reply.status, Status::Unknown { .. })).collect()
    }

    /// Attempts that began and have no outcome: right after the log is read, those of a process that is no more.
    pub fn in_flight(&self) -> Vec<Work> {
        self.fronts().filter(|work| matches!(work.reply.status, Status::InFlight { .. })).collect()
    }

    /// Conversations with something owed.
    pub fn owing(&self) -> usize {
        self.owing.len()
    }

    fn fronts(&self) -> impl Iterator<Item = Work> + '_ {
        self.owing.iter().filter_map(|id| {
            let conversation = self.conversations.get(id)?;
            let reply = conversation.queue.iter().find(|reply| reply.status != Status::Held)?;
            Some(Work {
                conversation: *id,
                channel: conversation.channel,
                address: conversation.address.clone(),
                last_message_at: conversation.last_message_at,
                reply: reply.clone(),
            })
        })
    }

    /// How many replies wait, by what for: due, in flight, unknown, held.
    pub fn counts(&self) -> [(&'static str, usize); 4] {
        let mut counts = [("due", 0), ("in_flight", 0), ("unknown", 0), ("held", 0)];
        for reply in self.owing.iter().filter_map(|id| self.conversations.get(id)).flat_map(|known| &known.queue) {
            let index = match reply.status {
                Status::Due(_) => 0,
                Status::InFlight { .. } => 1,
                Status::Unknown { .. } => 2,
                Status::Held => 3,
            };
            counts[index].1 += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests;
