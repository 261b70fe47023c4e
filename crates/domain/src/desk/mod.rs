//! The whole desk: every aggregate's state, and the one place that decides. `decide` is pure: it takes the state, a
//! command and the moment, and gives events or a refusal; `apply` folds recorded events in, live and on replay alike.
//!
//! | module | decides on |
//! |---|---|
//! | `intake` | what arrived on a channel |
//! | `verdict` | what triage concluded, or that it didn't |
//! | `routing` | which ticket a message belongs to, in the order of the conversation |
//! | `action` | what operators and offices do with a ticket |
//! | `clients` | the systems that may call, and what they do within their offices |
//! | `delivery` | attempts to send, their outcomes, delivery reports |
//! | `deadline` | terms that came near or went by |
//! | `daily`, `emergency` | the daily register; days without the system |
//! | `media` | attachments that were fetched, or can't be |
//! | `terms` | terms that are set, stopped, counted anew in another calendar |
//! | `keys` | which key locks what, and that keys are erased |
//! | `retention` | content whose time is over |

mod action;
mod clients;
mod command;
mod daily;
mod deadline;
mod decision;
mod delivery;
mod emergency;
mod intake;
mod keys;
mod lookup;
mod media;
mod retention;
mod routing;
mod terms;
mod verdict;

pub use action::{Act, Action, Words};
pub use clients::Clients;
pub use command::{
    BeginAttempt, ChangeIdentity, Command, Conclude, DeliveryReport, EditMessage, Outcome, OwnMessage, ReactToMessage,
    ReceiveMessage, RecordOutcome, RemoveMessage, SettleReply, Verdict,
};
pub use daily::ExportDay;
pub use deadline::ReachDeadline;
pub use decision::{Context, Decision};
pub use emergency::{EmergencyRegister, EmergencyStep, HandReport, HandRow, HandWhat};
pub use keys::EraseKeys;
pub use lookup::TicketRef;
pub use media::{MediaEnd, SettleMedia};
pub use retention::{ApplyRetention, Due, Over, Reason, Standing, Subject};
pub use terms::Adopted;

use crate::{
    client,
    conversation::{self, Times},
    event::{self, Event, Recorded, Stream, conversation::Event as ConversationEvent, ticket::Event as TicketEvent},
    id::{ConversationId, MessageId, ReplyId, TicketId},
    register,
    rejection::Rejection,
    ticket,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How long triage has before the URP gets the message unclassified, in seconds (architecture: "The log comes first").
pub const TRIAGE_PATIENCE_SECONDS: i64 = 30;

/// State of everything: a function of the log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desk {
    pub conversations: HashMap<ConversationId, conversation::State>,
    pub tickets: HashMap<TicketId, ticket::State>,
    pub register: register::State,
    /// Public codes, upper case.
    pub codes: BTreeMap<String, TicketId>,
    /// Which conversation a reply belongs to.
    pub replies: HashMap<ReplyId, ConversationId>,
    /// Our messages by the keyed hash of the platform's id.
    pub sent: HashMap<MessageId, ReplyId>,
    /// The citizens' messages by theirs.
    pub messages: HashMap<MessageId, ConversationId>,
    /// Conversations with messages that wait for a verdict.
    pub waiting: BTreeSet<ConversationId>,
    /// The calendar in force; `None` in a log from before there was one.
    pub calendar: Option<Adopted>,
    pub clients: client::State,
    /// Days (UTC) on which platforms told us something.
    pub notice_days: BTreeSet<Date>,
    /// Of the last run of retention that came to its end.
    pub retained: Option<Date>,
}

impl Desk {
    /// What the command leads to. Nothing is changed.
    ///
    /// # Errors
    /// A `Rejection` says why nothing can be done; the state is as it was.
    pub fn decide(&self, command: &Command, context: &Context<'_>) -> Result<Decision, Rejection> {
        match command {
            Command::ReceiveMessage(received) => Ok(intake::receive(self, received)),
            Command::EditMessage(edit) => Ok(intake::edit(self, edit)),
            Command::RemoveMessage(removal) => Ok(intake::remove(self, removal)),
            Command::ReactToMessage(reaction) => Ok(intake::react(self, reaction)),
            Command::ChangeIdentity(change) => Ok(intake::change_identity(self, change)),
            Command::RecordNotice { channel, subject, known, sealed } => Ok(Decision::of(
                Stream::Channel(*channel),
                Event::Channel(event::ChannelEvent::NoticeReceived {
                    channel: *channel,
                    subject: subject.clone(),
                    known: *known,
                    sealed: sealed.clone(),
                }),
            )),
            Command::RecordOwnMessage(own) => Ok(delivery::own_message(self, own)),
            Command::ReportDelivery(report) => Ok(delivery::report(self, report)),
            Command::Conclude(conclude) => Ok(verdict::conclude(self, conclude, context)),
            Command::GiveUpOnTriage { conversation, message, reason } => {
                Ok(verdict::give_up(self, *conversation, *message, *reason))
            }
            Command::RouteNext { conversation } => Ok(routing::route_next(self, *conversation, context)),
            Command::Act(act) => action::act(self, act, context),
            Command::ActWithin(offices, act) => clients::act_within(self, offices, act, context),
            Command::Clients(command) => clients::decide(self, command, context),
            Command::BeginAttempt(attempt) => delivery::begin(self, attempt),
            Command::RecordOutcome(outcome) => delivery::outcome(self, outcome),
            Command::SettleReply(settle) => delivery::settle(self, settle, context),
            Command::ReachDeadline(reached) => Ok(deadline::reach(self, reached, context)),
            Command::SettleMedia(settle) => media::settle(self, settle),
            Command::EraseKeys(erase) => keys::erase(self, erase),
            Command::ApplyRetention(apply) => retention::apply(self, apply, context),
            Command::Emergency(emergency) => emergency::step(self, emergency, context),
            Command::ExportDay(export) => daily::export_day(self, export, context),
            Command::AdoptCalendar => Ok(terms::adopt(self, context)),
            Command::RecountTerms { ticket } => Ok(terms::recount_ticket(self, *ticket, context)),
        }
    }

    /// Folds a recorded event in. Total: an event that names what isn't there changes nothing.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.fold(
            recorded.stream,
            &recorded.event,
            Times { occurred_at: recorded.occurred_at, recorded_at: recorded.recorded_at },
        );
    }

    fn fold(&mut self, stream: Stream, event: &Event, times: Times) {
        match (stream, event) {
            (Stream::Conversation(id), Event::Conversation(event)) => self.fold_conversation(id, event, times),
            (Stream::Ticket(id), Event::Ticket(event)) => self.fold_ticket(id, event, times),
            (_, Event::Log(event::Log::Access(event))) => {
                self.clients = client::evolve(std::mem::take(&mut self.clients), event, times.occurred_at);
            }
            (_, Event::Register(event)) => {
                self.register = register::evolve(std::mem::take(&mut self.register), event);
                if let event::Register::NumberAnnulled { ticket, .. } = event
                    && let Some(ticket) = self.tickets.get_mut(ticket)
                {
                    ticket.annulled = true;
                }
            }
            (_, Event::Channel(event::ChannelEvent::NoticeReceived { .. })) => {
                self.notice_days.insert(retention::notice_day(times.recorded_at));
            }
            (_, Event::Log(event::Log::RetentionApplied(applied))) if applied.complete => {
                self.retained = self.retained.max(Some(applied.day));
            }
            (_, Event::Log(event)) => self.fold_log(event),
            _ => {}
        }
    }

    fn fold_conversation(&mut self, id: ConversationId, event: &ConversationEvent, times: Times) {
        match event {
            ConversationEvent::MessageReceived { message, .. } => {
                self.messages.insert(*message, id);
            }
            ConversationEvent::ReplyRequested { reply, .. } => {
                self.replies.insert(*reply, id);
            }
            ConversationEvent::SendAccepted { reply, sent_message: Some(sent), .. } => {
                self.sent.insert(*sent, *reply);
            }
            _ => {}
        }
        let state = self.conversations.remove(&id).unwrap_or_default();
        let state = conversation::evolve(state, event, times);
        if state.pending.is_empty() {
            self.waiting.remove(&id);
        } else {
            self.waiting.insert(id);
        }
        self.conversations.insert(id, state);
    }

    fn fold_ticket(&mut self, id: TicketId, event: &TicketEvent, times: Times) {
        if let TicketEvent::Opened { code, .. } = event {
            self.codes.insert(code.clone(), id);
        }
        let follower = match event {
            TicketEvent::Absorbed { from } => self.tickets.get(from).map(|from| {
                let mut all = vec![from.conversation];
                all.extend(from.followers.iter().copied());
                all
            }),
            _ => None,
        };
        let occurred_at = match event {
            // The clock of the log says when it was routed; messages belong together by when they were written.
            TicketEvent::MessageJoined { message } => self.written_at(*message).unwrap_or(times.occurred_at),
            _ => times.occurred_at,
        };
        let state = ticket::evolve(self.tickets.remove(&id), event, occurred_at);
        if let Some(mut state) = state {
            for conversation in follower.into_iter().flatten() {
                if conversation != state.conversation && !state.followers.contains(&conversation) {
                    state.followers.push(conversation);
                }
            }
            self.tickets.insert(id, state);
        }
    }

    /// When a message that isn't routed yet was written.
    fn written_at(&self, message: MessageId) -> Option<jiff::Timestamp> {
        let conversation = self.conversations.get(self.messages.get(&message)?)?;
        conversation.pending.iter().find(|pending| pending.message == message).map(|pending| pending.occurred_at)
    }

    /// Whether the conversation's first waiting message can be decided on. A verdict that overtook another waits.
    pub fn is_ready(&self, conversation: ConversationId) -> bool {
        self.conversations
            .get(&conversation)
            .and_then(|state| state.pending.front())
            .is_some_and(|pending| pending.verdict.is_some())
    }

    /// Messages that triage has been given enough time for, by the moment `now`.
    pub fn overdue_for_triage(&self, now: jiff::Timestamp) -> Vec<(ConversationId, MessageId)> {
        let limit = now - jiff::SignedDuration::from_secs(TRIAGE_PATIENCE_SECONDS);
        self.waiting
            .iter()
            .filter_map(|id| self.conversations.get(id).map(|state| (*id, state)))
            .flat_map(|(id, state)| state.pending.iter().map(move |pending| (id, pending)))
            .filter(|(_, pending)| pending.verdict.is_none() && pending.recorded_at <= limit)
            .map(|(id, pending)| (id, pending.message))
            .collect()
    }
}
