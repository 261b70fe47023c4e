//! Records in, messages that wait for a conclusion out. What is owed is a function of the log: messages received, minus
//! those concluded or given up. Messages of one conversation come out one at a time, in the order in which they
//! arrived; an edit changes the text of one that still waits. It classifies nothing and sends nothing.

use jiff::Timestamp;
use segnalalo_domain::{
    event::{
        Event, Recorded, Stream,
        conversation::{Event as Said, GivenUp},
    },
    id::{ConversationId, MessageId},
    sealed::Sealed,
    words::{Channel, ContentType},
};
use segnalalo_proto::convert::{self, ReadError};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A message without a conclusion.
#[derive(Debug, Clone, PartialEq)]
pub struct Owed {
    pub conversation: ConversationId,
    pub message: MessageId,
    /// In the log.
    pub position: u64,
    pub channel: Channel,
    pub content_type: ContentType,
    pub attachments: u32,
    /// As received, or as edited since.
    pub sealed: Sealed,
    pub recorded_at: Timestamp,
    pub trace_parent: String,
}

#[derive(Debug, Default)]
pub struct Handler {
    conversations: HashMap<ConversationId, VecDeque<Owed>>,
    /// Whose turn it is: conversations by the position of their first message.
    turns: BTreeMap<u64, ConversationId>,
    waiting: usize,
    /// The log has been read to the head that it had at start.
    caught_up: bool,
}

impl Handler {
    /// Takes one record of the log.
    ///
    /// # Errors
    /// The record says nothing to this version; what is owed is as it was.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        let recorded = convert::read(bytes)?;
        let Stream::Conversation(conversation) = recorded.stream else {
            return Ok(());
        };
        self.apply(conversation, recorded);
        Ok(())
    }

    fn apply(&mut self, conversation: ConversationId, recorded: Recorded) {
        let Event::Conversation(said) = recorded.event else {
            return;
        };
        match said {
            Said::MessageReceived { message, channel, content_type, attachments, sealed, .. } => self.push(Owed {
                conversation,
                message,
                position: recorded.position,
                channel,
                content_type,
                attachments,
                sealed,
                recorded_at: recorded.recorded_at,
                trace_parent: recorded.trace_parent,
            }),
            Said::MessageEdited { message, sealed } => self.edit(conversation, message, sealed),
            Said::MessageConcluded { message, .. } | Said::TriageGivenUp { message, reason: GivenUp::Parked } => {
                self.settle(conversation, message);
            }
            // The URP got it unclassified; a late conclusion still classifies it, and still warns of an emergency.
            Said::TriageGivenUp { reason: GivenUp::TimedOut, .. } => {}
            Said::MessageRouted { .. }
            | Said::MessageRemoved { .. }
            | Said::MessageReacted { .. }
            | Said::ReplyRequested { .. }
            | Said::SendAttempted { .. }
            | Said::SendAccepted { .. }
            | Said::SendRefused { .. }
            | Said::SendUnknown { .. }
            | Said::ReplyHeld { .. }
            | Said::ReplyDropped { .. }
            | Said::DeliveryReported { .. }
            | Said::ColleagueAnswered { .. }
            | Said::IdentityChanged { .. }
            | Said::MediaStored { .. }
            | Said::MediaFailed { .. } => {}
        }
    }

    fn push(&mut self, owed: Owed) {
        let queue = self.conversations.entry(owed.conversation).or_default();
        if queue.is_empty() {
            self.turns.insert(owed.position, owed.conversation);
        }
        queue.push_back(owed);
        self.waiting += 1;
    }

    fn edit(&mut self, conversation: ConversationId, message: MessageId, sealed: Sealed) {
        let queue = self.conversations.get_mut(&conversation);
        if let Some(owed) = queue.and_then(|queue| queue.iter_mut().find(|owed| owed.message == message)) {
            owed.sealed = sealed;
        }
    }

    /// Nothing is owed for this message any more; the next one of its conversation has its turn.
    pub fn settle(&mut self, conversation: ConversationId, message: MessageId) {
        let Some(queue) = self.conversations.get_mut(&conversation) else {
            return;
        };
        let Some(index) = queue.iter().position(|owed| owed.message == message) else {
            return;
        };
        if index == 0 {
            self.turns.remove(&queue[0].position);
        }
        queue.remove(index);
        self.waiting -= 1;
        match queue.front() {
            Some(next) if index == 0 => {
                self.turns.insert(next.position, conversation);
            }
            Some(_) => {}
            None => {
                self.conversations.remove(&conversation);
            }
        }
    }

    /// The log begins anew: all is rebuilt.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    pub fn catch_up(&mut self) {
        self.caught_up = true;
    }

    pub fn is_caught_up(&self) -> bool {
        self.caught_up
    }

    /// What to conclude on now: the first message of each conversation, oldest first. Nothing before the log is read to
    /// its head: a later record may hold the conclusion.
    pub fn next(&self, limit: usize) -> Vec<&Owed> {
        if !self.caught_up {
            return Vec::new();
        }
        let first = |conversation: &ConversationId| self.conversations.get(conversation).and_then(VecDeque::front);
        self.turns.values().filter_map(first).take(limit).collect()
    }

    /// How many messages wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests;
