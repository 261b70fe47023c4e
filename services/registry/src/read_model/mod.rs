//! What people read: each ticket's history, its first words, a word index, notices and replies that need a person. A
//! function of the log like everything else: built at start, kept up as records come, kept nowhere.

mod belonging;
mod register;
mod retention;
mod search;

pub use register::DayIndex;

use search::WordIndex;
use segnalalo_domain::{
    client::Offices,
    desk::Desk,
    event::{
        Access, ChannelEvent, Event, Log, Recorded, Register, Stream,
        conversation::{DeliveryStatus, Event as ConversationEvent, Proof},
        ticket::Event as TicketEvent,
    },
    id::{MessageId, ReplyId, TicketId},
    sealed::Sealed,
};
use segnalalo_proto::sealed::Opener;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Characters of a citizen's first words that lists show.
const SUMMARY: usize = 200;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReadModel {
    entries: HashMap<TicketId, Entry>,
    /// What was said of a message before it belonged to a ticket.
    unrouted: HashMap<MessageId, Unrouted>,
    words: WordIndex,
    /// Where the register's events are, by day.
    pub register: DayIndex,
    /// Positions of notices, oldest first.
    pub notices: Vec<u64>,
    /// Replies that need a person, and where the log says so: held, refused for good, or failed after acceptance.
    pub attention: BTreeMap<ReplyId, u64>,
    /// Positions of what was read of people, oldest first.
    pub reads: Vec<u64>,
    /// The last run of retention.
    pub retention: retention::LastRun,
    offices: belonging::Names,
}

/// What is known of one ticket beyond its state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// Everything that happened to it.
    pub positions: BTreeSet<u64>,
    pub summary: String,
    pub place: String,
    pub belonging: belonging::Belonging,
}

/// What lists and index are made of, piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Ticket(TicketId),
    /// A message that belongs to no ticket yet.
    Unrouted(MessageId),
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Unrouted {
    positions: Vec<u64>,
    text: String,
    place: String,
}

impl ReadModel {
    /// Folds in a record that `desk` has applied already.
    pub fn apply(&mut self, recorded: &Recorded, desk: &Desk, opener: &dyn Opener) {
        match (&recorded.stream, &recorded.event) {
            (_, Event::Channel(ChannelEvent::NoticeReceived { .. })) => self.notices.push(recorded.position),
            (Stream::Conversation(id), Event::Conversation(event)) => {
                self.apply_conversation(recorded, *id, event, (desk, opener));
            }
            (Stream::Ticket(id), Event::Ticket(event)) => {
                self.apply_ticket(recorded.position, *id, event);
                self.belongs(recorded.position, *id, desk);
            }
            (_, Event::Log(Log::Access(Access::PersonalDataRead(_)))) => self.reads.push(recorded.position),
            (_, Event::Log(Log::RetentionApplied(applied))) => self.retention.note(recorded.position, applied),
            (_, Event::Log(Log::KeysErased(erased))) => {
                if let Some(ticket) = erased.ticket {
                    self.entry(ticket).positions.insert(recorded.position);
                }
            }
            (_, Event::Register(event)) => {
                self.register.note(recorded, event);
                if let Register::NumberAssigned { ticket, protocol, .. }
                | Register::NumberAnnulled { ticket, protocol, .. } = event
                {
                    self.entry(*ticket).positions.insert(recorded.position);
                    self.words.add(*ticket, &protocol.to_string());
                }
                if let Register::NumberAssigned { ticket, registration: Some(registration), .. } = event
                    && let Some(number) = registration.emergency
                {
                    self.words.add(*ticket, &number.to_string());
                }
            }
            _ => {}
        }
    }

    /// `None` for a ticket that isn't there.
    pub fn entry_of(&self, ticket: TicketId) -> Option<&Entry> {
        self.entries.get(&ticket)
    }

    /// Tickets that hold every word of the query, beginnings of words included.
    pub fn search(&self, query: &str) -> BTreeSet<TicketId> {
        self.words.find(query)
    }

    /// Whether a record at a position was about one of these offices' tickets: the ticket was theirs before it or after.
    pub fn was_of(&self, ticket: TicketId, position: u64, offices: &Offices) -> bool {
        let Some(entry) = self.entries.get(&ticket) else {
            return false;
        };
        entry.belonging.around(position).into_iter().flatten().any(|name| offices.have(self.offices.get(name)))
    }

    fn belongs(&mut self, position: u64, ticket: TicketId, desk: &Desk) {
        let Some(state) = desk.tickets.get(&ticket) else {
            return;
        };
        let name = self.offices.number(state.office.as_ref());
        self.entry(ticket).belonging.note(position, name);
    }

    /// Takes out every word of these; what happened to them stays.
    pub fn forget(&mut self, parts: &BTreeSet<Part>) {
        let mut tickets = BTreeSet::new();
        for part in parts {
            match part {
                Part::Ticket(ticket) => {
                    tickets.insert(*ticket);
                    let entry = self.entry(*ticket);
                    entry.summary.clear();
                    entry.place.clear();
                }
                Part::Unrouted(message) => {
                    if let Some(unrouted) = self.unrouted.get_mut(message) {
                        unrouted.text.clear();
                        unrouted.place.clear();
                    }
                }
            }
        }
        self.words.forget(&tickets);
    }

    /// The records that a part is made of, in order.
    pub fn positions(&self, part: Part) -> Vec<u64> {
        match part {
            Part::Ticket(ticket) => {
                self.entry_of(ticket).into_iter().flat_map(|entry| entry.positions.iter().copied()).collect()
            }
            Part::Unrouted(message) => {
                self.unrouted.get(&message).map(|unrouted| unrouted.positions.clone()).unwrap_or_default()
            }
        }
    }

    /// Puts in what a model made of those records alone says.
    pub fn remember(&mut self, part: Part, mut own: Self) {
        match part {
            Part::Ticket(ticket) => {
                let Entry { summary, place, .. } = own.entries.remove(&ticket).unwrap_or_default();
                let entry = self.entry(ticket);
                (entry.summary, entry.place) = (summary, place);
                self.words.take(ticket, own.words);
            }
            Part::Unrouted(message) => {
                if let (Some(mine), Some(own)) = (self.unrouted.get_mut(&message), own.unrouted.remove(&message)) {
                    (mine.text, mine.place) = (own.text, own.place);
                }
            }
        }
    }

    fn entry(&mut self, ticket: TicketId) -> &mut Entry {
        self.entries.entry(ticket).or_default()
    }

    fn apply_conversation(
        &mut self,
        recorded: &Recorded,
        conversation: segnalalo_domain::id::ConversationId,
        event: &ConversationEvent,
        (desk, opener): (&Desk, &dyn Opener),
    ) {
        let position = recorded.position;
        // What an erased box holds is nothing.
        let content = |sealed: &Sealed| opener.open(sealed).unwrap_or_default();
        let state = desk.conversations.get(&conversation);
        let ticket_of_message =
            |message: &MessageId| state.and_then(|state| state.messages.get(message).copied().flatten());
        let ticket_of_reply =
            |reply: &ReplyId| state.and_then(|state| state.replies.get(reply)).and_then(|reply| reply.ticket);
        match event {
            ConversationEvent::MessageReceived { message, sealed, .. }
            | ConversationEvent::MessageEdited { message, sealed } => {
                let content = content(sealed);
                self.said(position, *message, ticket_of_message(message), &content.text, &content.place);
            }
            ConversationEvent::MessageConcluded { message, sealed, .. } => {
                let place = content(sealed).place;
                self.said(position, *message, ticket_of_message(message), "", &place);
            }
            ConversationEvent::MessageRemoved { message, .. }
            | ConversationEvent::MessageReacted { message, .. }
            | ConversationEvent::TriageGivenUp { message, .. } => {
                self.said(position, *message, ticket_of_message(message), "", "");
            }
            ConversationEvent::MediaStored { attachment, .. } | ConversationEvent::MediaFailed { attachment, .. } => {
                self.said(position, attachment.message, ticket_of_message(&attachment.message), "", "");
            }
            ConversationEvent::MessageRouted { message, .. } => {
                self.route(position, *message, ticket_of_message(message));
            }
            ConversationEvent::ColleagueAnswered { .. } | ConversationEvent::IdentityChanged { .. } => {
                if let Some(ticket) = state.and_then(|state| state.tickets.last()) {
                    self.entry(*ticket).positions.insert(position);
                }
            }
            ConversationEvent::ReplyRequested { reply, .. }
            | ConversationEvent::SendAttempted { reply, .. }
            | ConversationEvent::SendAccepted { reply, .. }
            | ConversationEvent::SendRefused { reply, .. }
            | ConversationEvent::SendUnknown { reply, .. }
            | ConversationEvent::ReplyHeld { reply, .. }
            | ConversationEvent::ReplyDropped { reply, .. }
            | ConversationEvent::DeliveryReported { reply, .. } => {
                if let Some(ticket) = ticket_of_reply(reply) {
                    self.entry(ticket).positions.insert(position);
                }
                let reported = state.and_then(|state| state.replies.get(reply)?.delivery);
                self.note_attention(position, *reply, event, reported);
            }
        }
    }

    /// `reported`: the last that the platform said of the reply. It may say that an attempt failed before we say that it took it.
    fn note_attention(
        &mut self,
        position: u64,
        reply: ReplyId,
        event: &ConversationEvent,
        reported: Option<DeliveryStatus>,
    ) {
        match event {
            ConversationEvent::SendAccepted { proof, .. }
                if reported == Some(DeliveryStatus::Failed) && *proof != Proof::Operator => {}
            ConversationEvent::ReplyHeld { .. }
            | ConversationEvent::SendRefused { last: true, .. }
            | ConversationEvent::DeliveryReported { status: DeliveryStatus::Failed, .. } => {
                self.attention.insert(reply, position);
            }
            ConversationEvent::SendAccepted { .. }
            | ConversationEvent::SendRefused { .. }
            | ConversationEvent::ReplyDropped { .. }
            | ConversationEvent::SendAttempted { .. } => {
                self.attention.remove(&reply);
            }
            _ => {}
        }
    }

    fn said(&mut self, position: u64, message: MessageId, ticket: Option<TicketId>, text: &str, place: &str) {
        if let Some(ticket) = ticket {
            self.entry(ticket).positions.insert(position);
            self.words.add(ticket, text);
            self.words.add(ticket, place);
            return;
        }
        let unrouted = self.unrouted.entry(message).or_default();
        unrouted.positions.push(position);
        if !text.is_empty() {
            text.clone_into(&mut unrouted.text);
        }
        if !place.is_empty() {
            place.clone_into(&mut unrouted.place);
        }
    }

    fn route(&mut self, position: u64, message: MessageId, ticket: Option<TicketId>) {
        let unrouted = self.unrouted.remove(&message).unwrap_or_default();
        let Some(ticket) = ticket else {
            return;
        };
        self.words.add(ticket, &unrouted.text);
        self.words.add(ticket, &unrouted.place);
        let entry = self.entry(ticket);
        entry.positions.extend(unrouted.positions);
        entry.positions.insert(position);
        if entry.summary.is_empty() {
            entry.summary = unrouted.text.chars().take(SUMMARY).collect();
        }
        if entry.place.is_empty() {
            entry.place = unrouted.place;
        }
    }

    fn apply_ticket(&mut self, position: u64, id: TicketId, event: &TicketEvent) {
        self.entry(id).positions.insert(position);
        if let TicketEvent::Opened { code, .. } = event {
            self.words.add(id, code);
        }
        // The news of a merge stands in both histories.
        if let TicketEvent::Merged { into } = event {
            self.entry(*into).positions.insert(position);
        }
    }
}
