//! What became of each body: a function of the webhook's answer and of the facts that carry the body's trace.

use super::bodies::Sent;
use segnalalo_domain::{
    event::{
        ChannelEvent, Event, Log, Recorded,
        conversation::{Event as Said, Route},
    },
    id::{MessageId, TicketId},
};
use segnalalo_proto::{convert, record};
use std::collections::{BTreeSet, HashMap};

/// Letters of a traceparent before the trace's id.
const PREFIX: &str = "00-";
const TRACE_LETTERS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    Ticket(TicketId),
    Joined(TicketId),
    Answered(Option<TicketId>),
    Noted(Option<TicketId>),
    Ignored,
    /// Received, and not routed yet.
    Waiting,
    /// Not taken by the webhook.
    Refused,
}

impl Became {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ticket(_) => "ticket",
            Self::Joined(_) => "joined",
            Self::Answered(_) => "answered",
            Self::Noted(_) => "noted",
            Self::Ignored => "ignored",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
        }
    }

    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::Ticket(id) | Self::Joined(id) => Some(*id),
            Self::Answered(id) | Self::Noted(id) => *id,
            Self::Ignored | Self::Waiting | Self::Refused => None,
        }
    }
}

#[derive(Debug)]
pub struct Fate {
    sent: Sent,
    /// In the order in which they were received.
    messages: Vec<(MessageId, Became)>,
    /// Something else was kept.
    noted: bool,
}

impl Fate {
    pub fn became(&self) -> Vec<Became> {
        if !self.taken() {
            vec![Became::Refused]
        } else if !self.messages.is_empty() {
            self.messages.iter().map(|(_, became)| *became).collect()
        } else if self.noted {
            vec![Became::Noted(None)]
        } else {
            vec![Became::Ignored]
        }
    }

    /// Whether the webhook answered 200.
    pub fn taken(&self) -> bool {
        self.sent == Ok(200)
    }

    /// 0 when there was no answer.
    pub fn status(&self) -> u16 {
        *self.sent.as_ref().unwrap_or(&0)
    }

    pub fn shown(&self) -> String {
        self.sent.as_ref().map_or_else(Clone::clone, ToString::to_string)
    }
}

#[derive(Debug, Default)]
pub struct Fates {
    fates: Vec<Fate>,
    by_trace: HashMap<String, usize>,
    by_message: HashMap<MessageId, usize>,
}

impl Fates {
    /// The next body: the traceparent that it goes with. Drawn at random, as whoever begins a trace does.
    pub fn begin(&mut self) -> String {
        let trace = hex::encode(rand::random::<[u8; 16]>());
        let traceparent = format!("{PREFIX}{trace}-{}-01", hex::encode(rand::random::<[u8; 8]>()));
        self.by_trace.insert(trace, self.fates.len());
        self.fates.push(Fate { sent: Err(String::new()), messages: Vec::new(), noted: false });
        traceparent
    }

    /// The answer to the body that was begun last.
    pub fn answered(&mut self, sent: Sent) {
        if let Some(fate) = self.fates.last_mut() {
            fate.sent = sent;
        }
    }

    /// One record of the log.
    pub fn read(&mut self, bytes: &[u8]) {
        let read = record::decode(bytes).ok().and_then(|record| convert::from_wire(record.envelope).ok());
        if let Some(recorded) = read {
            self.take(&recorded);
        }
    }

    fn take(&mut self, recorded: &Recorded) {
        let trace = recorded.trace_parent.get(PREFIX.len()..PREFIX.len() + TRACE_LETTERS).unwrap_or_default();
        let own = self.by_trace.get(trace).copied();
        match (&recorded.event, own) {
            (Event::Conversation(Said::MessageReceived { message, .. }), Some(own)) => {
                self.by_message.insert(*message, own);
                self.fates[own].messages.push((*message, Became::Waiting));
            }
            (Event::Conversation(Said::MessageRouted { message, route }), _) => self.route(*message, *route),
            (
                Event::Conversation(
                    Said::MessageEdited { .. }
                    | Said::MessageRemoved { .. }
                    | Said::MessageReacted { .. }
                    | Said::DeliveryReported { .. }
                    | Said::ColleagueAnswered { .. }
                    | Said::IdentityChanged { .. },
                )
                | Event::Channel(ChannelEvent::NoticeReceived { .. })
                | Event::Log(Log::ObservationNoted { .. }),
                Some(own),
            ) => self.fates[own].noted = true,
            _ => {}
        }
    }

    fn route(&mut self, message: MessageId, route: Route) {
        let Some(fate) = self.by_message.get(&message).and_then(|own| self.fates.get_mut(*own)) else {
            return;
        };
        let became = match route {
            Route::OpenedTicket(id) => Became::Ticket(id),
            Route::JoinedTicket(id) => Became::Joined(id),
            Route::StatusAnswered(id) | Route::QuestionAsked(id) => Became::Answered(id),
            Route::Noted(id) => Became::Noted(id),
        };
        for (known, waiting) in &mut fate.messages {
            if *known == message {
                *waiting = became;
            }
        }
    }

    /// Whether a message hasn't found its way yet.
    pub fn waiting(&self) -> bool {
        self.fates.iter().flat_map(|fate| &fate.messages).any(|(_, became)| *became == Became::Waiting)
    }

    pub fn of(&self, number: usize) -> &Fate {
        &self.fates[number]
    }

    /// Ids of all tickets that were met.
    pub fn tickets(&self) -> BTreeSet<String> {
        let met = self.fates.iter().flat_map(|fate| &fate.messages).filter_map(|(_, became)| became.ticket());
        met.map(|id| id.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use segnalalo_domain::{
        event::Stream,
        id::{CauseId, ConversationId, EventId},
        sealed::{Scheme, Sealed},
        words::{Actor, Channel, ContentType},
    };

    const MESSAGE: MessageId = MessageId([1; 16]);
    const TICKET: TicketId = TicketId([2; 16]);

    fn recorded(trace_parent: &str, event: Event) -> Recorded {
        Recorded {
            position: 1,
            stream: Stream::Conversation(ConversationId([3; 16])),
            version: 1,
            event_id: EventId([0; 16]),
            cause: CauseId([0; 16]),
            correlation: [0; 16],
            actor: Actor::citizen(),
            occurred_at: jiff::Timestamp::UNIX_EPOCH,
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
            trace_parent: trace_parent.to_owned(),
            event,
        }
    }

    fn received() -> Event {
        Event::Conversation(Said::MessageReceived {
            message: MESSAGE,
            channel: Channel::Whatsapp,
            person: None,
            public: false,
            addressed: true,
            content_type: ContentType::Text,
            attachments: 0,
            has_text: true,
            quoted: None,
            sealed: Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() },
        })
    }

    fn routed() -> Event {
        Event::Conversation(Said::MessageRouted { message: MESSAGE, route: Route::OpenedTicket(TICKET) })
    }

    #[test]
    fn a_message_is_followed_from_its_trace_to_its_ticket() {
        let mut fates = Fates::default();
        let trace = fates.begin();
        fates.answered(Ok(200));
        assert_eq!(fates.of(0).became(), [Became::Ignored]);
        fates.take(&recorded(&trace, received()));
        assert!(fates.waiting());
        assert_eq!(fates.of(0).became(), [Became::Waiting]);
        fates.take(&recorded("", routed()));
        assert!(!fates.waiting());
        assert_eq!(fates.of(0).became(), [Became::Ticket(TICKET)]);
        assert_eq!(fates.tickets().len(), 1);
    }

    #[test]
    fn what_carries_another_trace_is_none_of_ours() {
        let mut fates = Fates::default();
        fates.begin();
        fates.answered(Ok(200));
        fates.take(&recorded("00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01", received()));
        assert_eq!(fates.of(0).became(), [Became::Ignored]);
    }

    #[test]
    fn a_body_that_was_not_taken_is_refused() {
        let mut fates = Fates::default();
        fates.begin();
        fates.answered(Ok(401));
        assert_eq!((fates.of(0).became(), fates.of(0).status()), (vec![Became::Refused], 401));
        fates.begin();
        fates.answered(Err("connection refused".to_owned()));
        assert_eq!((fates.of(1).became(), fates.of(1).status()), (vec![Became::Refused], 0));
    }
}
