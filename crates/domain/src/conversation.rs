//! One conversation: what the citizen wrote, what became of each message, and the replies that the city owes him or
//! has sent. `evolve` holds no rule and never opens sealed data.

use crate::sealed::Sealed;
use crate::{
    event::conversation::{Attachment, DeliveryStatus, Event, Route, StoredFile},
    id::{MessageId, PersonId, ReplyId, TicketId},
    template::Template,
    words::{Channel, Conclusion, ContentType},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    /// Of the stream; 0 before the first event.
    pub version: u64,
    /// Where the citizen wrote first: a thread's comments are answered where the thread stands.
    pub channel: Option<Channel>,
    /// Who began it.
    pub person: Option<PersonId>,
    /// Messages that nothing was decided on yet, in order of arrival.
    pub pending: VecDeque<Pending>,
    /// The first message and the latest: an answer goes where they came from.
    pub first: Option<MessageId>,
    pub last: Option<MessageId>,
    /// Messages that belong to no ticket, and when they were written.
    pub apart: BTreeMap<MessageId, Timestamp>,
    /// Messages that weren't written to the city: in a public thread, without the hashtag.
    pub unaddressed: BTreeSet<MessageId>,
    /// Every message there is, and the ticket it belongs to.
    pub messages: BTreeMap<MessageId, Option<TicketId>>,
    /// Who wrote a message, where it isn't who began: in a public thread.
    pub authors: BTreeMap<MessageId, PersonId>,
    /// Tickets of this conversation, oldest first.
    pub tickets: Vec<TicketId>,
    /// Who opened them: in a public thread they may be several people.
    pub openers: BTreeMap<TicketId, Option<PersonId>>,
    pub replies: BTreeMap<ReplyId, Reply>,
    /// When the last word of the citizen came.
    pub last_message_at: Option<Timestamp>,
    /// When a colleague last answered by hand.
    pub colleague_at: Option<Timestamp>,
    /// What became of attachments that were to be fetched.
    pub media: BTreeMap<Attachment, Media>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    Stored(StoredFile),
    /// It can't be had: a code of docs/media.md.
    Failed(String),
}

/// A message that triage hasn't concluded on, or whose turn hasn't come.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    pub message: MessageId,
    pub person: Option<PersonId>,
    pub channel: Channel,
    pub addressed: bool,
    pub content_type: ContentType,
    pub attachments: u32,
    pub has_text: bool,
    pub quoted: Option<MessageId>,
    /// By the platform's clock: terms run from here.
    pub occurred_at: Timestamp,
    /// By ours: triage has 30 s from here.
    pub recorded_at: Timestamp,
    pub verdict: Option<Verdict>,
}

/// What triage said of a pending message, or that it didn't.
#[expect(clippy::large_enum_variant, reason = "nearly every verdict is the large one")]
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Concluded(Conclusion, Sealed),
    GivenUp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub ticket: Option<TicketId>,
    pub template: Template,
    pub by_person: bool,
    pub requested_at: Timestamp,
    /// Attempts begun.
    pub attempts: u32,
    /// When the last attempt began: a watermark from before it says nothing on it.
    pub attempted_at: Option<Timestamp>,
    /// Of the last attempt's text: by it our own comment is recognised when it comes back.
    pub text_sha256: Option<[u8; 32]>,
    pub status: ReplyStatus,
    pub delivery: Option<DeliveryStatus>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyStatus {
    /// To be sent, or sent again after a failure that left nothing behind.
    Due,
    /// An attempt has begun; nobody knows yet.
    InFlight,
    /// An attempt's outcome is unknown.
    Unknown,
    /// Waits for a person.
    Held,
    Accepted,
    Refused,
    Dropped,
}

impl ReplyStatus {
    /// Nothing more will be sent.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Accepted | Self::Refused | Self::Dropped)
    }
}

/// When the event happened and was recorded.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
}

impl State {
    /// Who wrote a message of the conversation; `None` when the platform didn't say.
    pub fn author(&self, message: MessageId) -> Option<PersonId> {
        self.authors.get(&message).copied().or(self.person)
    }
}

/// The state after the event.
pub fn evolve(mut state: State, event: &Event, times: Times) -> State {
    state.version += 1;
    match event {
        Event::MessageReceived { .. } => receive(&mut state, event, times),
        Event::MessageConcluded { message, conclusion, sealed } => {
            judge(&mut state, *message, Verdict::Concluded(conclusion.clone(), sealed.clone()));
        }
        Event::TriageGivenUp { message, .. } => judge(&mut state, *message, Verdict::GivenUp),
        Event::MessageRouted { message, route } => route_message(&mut state, *message, *route),
        Event::ReplyRequested { reply, ticket, template, by_person, .. } => {
            state.replies.insert(
                *reply,
                Reply {
                    ticket: *ticket,
                    template: *template,
                    by_person: *by_person,
                    requested_at: times.recorded_at,
                    attempts: 0,
                    attempted_at: None,
                    text_sha256: None,
                    status: ReplyStatus::Due,
                    delivery: None,
                },
            );
        }
        Event::SendAttempted { reply, attempt, text_sha256, .. } => {
            with_reply(&mut state, *reply, |reply| {
                reply.attempts = *attempt;
                reply.attempted_at = Some(times.recorded_at);
                // What the platform reported of an earlier one says nothing on this one.
                reply.delivery = None;
                reply.text_sha256 = Some(*text_sha256);
                reply.status = ReplyStatus::InFlight;
            });
        }
        Event::SendAccepted { reply, .. } => set_status(&mut state, *reply, ReplyStatus::Accepted),
        Event::SendRefused { reply, last, .. } => {
            let status = if *last { ReplyStatus::Refused } else { ReplyStatus::Due };
            set_status(&mut state, *reply, status);
        }
        Event::SendUnknown { reply, .. } => set_status(&mut state, *reply, ReplyStatus::Unknown),
        Event::ReplyHeld { reply, .. } => set_status(&mut state, *reply, ReplyStatus::Held),
        Event::ReplyDropped { reply, .. } => set_status(&mut state, *reply, ReplyStatus::Dropped),
        Event::DeliveryReported { reply, status, .. } => {
            with_reply(&mut state, *reply, |reply| reply.delivery = Some(*status));
        }
        Event::ColleagueAnswered { .. } => state.colleague_at = Some(times.occurred_at),
        Event::MessageEdited { .. }
        | Event::MessageRemoved { .. }
        | Event::MessageReacted { .. }
        | Event::IdentityChanged { .. } => {}
        Event::MediaStored { attachment, file, .. } => {
            state.media.insert(*attachment, Media::Stored(file.clone()));
        }
        Event::MediaFailed { attachment, code } => {
            state.media.entry(*attachment).or_insert_with(|| Media::Failed(code.clone()));
        }
    }
    state
}

fn receive(state: &mut State, event: &Event, times: Times) {
    let Event::MessageReceived {
        message, channel, person, addressed, content_type, attachments, has_text, quoted, ..
    } = event
    else {
        return;
    };
    if state.messages.is_empty() {
        state.channel = Some(*channel);
        state.person = *person;
    }
    state.last_message_at = Some(times.occurred_at);
    state.first = state.first.or(Some(*message));
    state.last = Some(*message);
    state.messages.insert(*message, None);
    if !addressed {
        state.unaddressed.insert(*message);
    }
    if let Some(person) = person.filter(|person| state.person != Some(*person)) {
        state.authors.insert(*message, person);
    }
    state.pending.push_back(Pending {
        message: *message,
        person: *person,
        channel: *channel,
        addressed: *addressed,
        content_type: *content_type,
        attachments: *attachments,
        has_text: *has_text,
        quoted: *quoted,
        occurred_at: times.occurred_at,
        recorded_at: times.recorded_at,
        verdict: None,
    });
}

/// The first verdict counts for a pending message; a conclusion replaces an earlier giving up while it waits its turn.
fn judge(state: &mut State, message: MessageId, verdict: Verdict) {
    let waiting = state.pending.iter_mut().find(|pending| pending.message == message);
    if let Some(pending) = waiting
        && !matches!(pending.verdict, Some(Verdict::Concluded(..)))
    {
        pending.verdict = Some(verdict);
    }
}

fn route_message(state: &mut State, message: MessageId, route: Route) {
    let pending = state.pending.iter().find(|pending| pending.message == message);
    let (author, written_at) = (pending.and_then(|pending| pending.person), pending.map(|pending| pending.occurred_at));
    state.pending.retain(|pending| pending.message != message);
    let ticket = match route {
        Route::OpenedTicket(ticket) => {
            state.tickets.push(ticket);
            state.openers.insert(ticket, author);
            Some(ticket)
        }
        Route::JoinedTicket(ticket) => Some(ticket),
        Route::StatusAnswered(ticket) | Route::QuestionAsked(ticket) | Route::Noted(ticket) => ticket,
    };
    // A question on the state belongs to no ticket, though it names one: perhaps another's.
    if ticket.is_none() || matches!(route, Route::StatusAnswered(_)) {
        state.apart.extend(written_at.map(|at| (message, at)));
    }
    state.messages.insert(message, ticket);
}

fn with_reply(state: &mut State, reply: ReplyId, change: impl FnOnce(&mut Reply)) {
    if let Some(reply) = state.replies.get_mut(&reply) {
        change(reply);
    }
}

fn set_status(state: &mut State, reply: ReplyId, status: ReplyStatus) {
    with_reply(state, reply, |reply| reply.status = status);
}
