//! What became of each body: a function of the webhook's answer and of the facts that the log got. A fact is known for
//! a body's by the platform's time that both carry; where a body has none, by the moment at which it was sent.

use super::bodies::Sent;
use jiff::Timestamp;
use segnalalo_domain::{
    event::{
        ChannelEvent, Event, Log, Recorded,
        conversation::{Event as Said, Route},
    },
    id::{MessageId, TicketId},
};
use segnalalo_proto::{convert, record};
use std::{
    collections::{BTreeSet, HashMap},
    ops::RangeInclusive,
};

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

/// When something in a body happened, as far as it says so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(Timestamp),
    /// As the webhook received it.
    OnReceipt,
}

#[derive(Debug)]
pub struct Fate {
    sent: Sent,
    /// From the request to the answer.
    during: RangeInclusive<Timestamp>,
    /// What the body tells, and whether a fact was found for it.
    told: Vec<(When, bool)>,
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

    /// Whether it tells of something at that time. `fresh`: of something that no fact was found for yet.
    fn claims(&mut self, at: Timestamp, fresh: bool) -> bool {
        let during = self.during.clone();
        let told = self.told.iter_mut().find(|(when, found)| {
            let same = match when {
                When::At(when) => *when == at,
                When::OnReceipt => during.contains(&at),
            };
            same && (!fresh || !*found)
        });
        told.map(|(_, found)| *found = true).is_some()
    }
}

#[derive(Debug, Default)]
pub struct Fates {
    fates: Vec<Fate>,
    by_message: HashMap<MessageId, usize>,
}

impl Fates {
    /// The next body: what it tells, when it was sent, and what was answered.
    pub fn push(&mut self, told: &[When], during: RangeInclusive<Timestamp>, sent: Sent) {
        let told = told.iter().map(|when| (*when, false)).collect();
        self.fates.push(Fate { sent, during, told, messages: Vec::new(), noted: false });
    }

    pub fn is_empty(&self) -> bool {
        self.fates.is_empty()
    }

    /// One record of the log.
    pub fn read(&mut self, bytes: &[u8]) {
        let read = record::decode(bytes).ok().and_then(|record| convert::from_wire(record.envelope).ok());
        if let Some(recorded) = read {
            self.take(&recorded);
        }
    }

    fn take(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::Conversation(Said::MessageReceived { message, .. }) => {
                if let Some(own) = self.owner(recorded.occurred_at) {
                    self.by_message.insert(*message, own);
                    self.fates[own].messages.push((*message, Became::Waiting));
                }
            }
            Event::Conversation(Said::MessageRouted { message, route }) => self.route(*message, *route),
            Event::Conversation(
                Said::MessageEdited { .. }
                | Said::MessageRemoved { .. }
                | Said::MessageReacted { .. }
                | Said::DeliveryReported { .. }
                | Said::ColleagueAnswered { .. }
                | Said::IdentityChanged { .. },
            )
            | Event::Channel(ChannelEvent::NoticeReceived { .. })
            | Event::Log(Log::ObservationNoted { .. } | Log::CalendarAdopted { .. }) => {
                if let Some(own) = self.owner(recorded.occurred_at) {
                    self.fates[own].noted = true;
                }
            }
            _ => {}
        }
    }

    /// Which body told of it. Facts come in the order in which bodies were sent; one observation may give several.
    fn owner(&mut self, at: Timestamp) -> Option<usize> {
        let fresh = self.fates.iter_mut().position(|fate| fate.claims(at, true));
        fresh.or_else(|| self.fates.iter_mut().position(|fate| fate.claims(at, false)))
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

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn recorded(occurred_at: &str, event: Event) -> Recorded {
        Recorded {
            position: 1,
            stream: Stream::Conversation(ConversationId([3; 16])),
            version: 1,
            event_id: EventId([0; 16]),
            cause: CauseId([0; 16]),
            correlation: [0; 16],
            actor: Actor::citizen(),
            occurred_at: at(occurred_at),
            recorded_at: at(occurred_at),
            trace_parent: String::new(),
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

    fn sent(told: &[When], answer: Sent) -> Fates {
        let mut fates = Fates::default();
        fates.push(told, at("2026-11-23T10:00:00Z")..=at("2026-11-23T10:00:01Z"), answer);
        fates
    }

    #[test]
    fn a_message_is_followed_from_its_time_to_its_ticket() {
        let written = "2026-11-22T09:10:00Z";
        let mut fates = sent(&[When::At(at(written))], Ok(200));
        assert_eq!(fates.of(0).became(), [Became::Ignored]);
        fates.take(&recorded(written, received()));
        assert!(fates.waiting());
        assert_eq!(fates.of(0).became(), [Became::Waiting]);
        fates.take(&recorded("2026-11-23T10:00:02Z", routed()));
        assert!(!fates.waiting());
        assert_eq!(fates.of(0).became(), [Became::Ticket(TICKET)]);
        assert_eq!(fates.tickets().len(), 1);
    }

    #[test]
    fn a_body_without_a_time_is_known_by_the_moment_of_its_receipt() {
        let mut fates = sent(&[When::OnReceipt], Ok(200));
        fates.take(&recorded("2026-11-23T09:59:59Z", received()));
        assert_eq!(fates.of(0).became(), [Became::Ignored]);
        fates.take(&recorded("2026-11-23T10:00:00.5Z", received()));
        assert_eq!(fates.of(0).became(), [Became::Waiting]);
    }

    #[test]
    fn of_two_bodies_of_the_same_second_each_gets_its_own_fact() {
        let written = "2026-11-22T09:10:00Z";
        let mut fates = sent(&[When::At(at(written))], Ok(200));
        fates.push(&[When::At(at(written))], at("2026-11-23T10:00:01Z")..=at("2026-11-23T10:00:02Z"), Ok(200));
        fates.take(&recorded(written, received()));
        assert_eq!(fates.of(1).became(), [Became::Ignored]);
        fates.take(&recorded(written, Event::Log(Log::ObservationNoted { reason: String::new() })));
        assert_eq!(fates.of(1).became(), [Became::Noted(None)]);
    }

    #[test]
    fn a_body_that_was_not_taken_is_refused() {
        let refused = sent(&[], Ok(401));
        assert_eq!((refused.of(0).became(), refused.of(0).status()), (vec![Became::Refused], 401));
        let unsent = sent(&[], Err("connection refused".to_owned()));
        assert_eq!((unsent.of(0).became(), unsent.of(0).status()), (vec![Became::Refused], 0));
    }
}
