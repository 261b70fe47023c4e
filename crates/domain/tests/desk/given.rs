//! A desk to try rules on: it decides, folds in and keeps what was decided, as the registry does.

use jiff::{SignedDuration, Timestamp};
use segnalalo_domain::{
    calendar::Calendar,
    desk::{
        Act, Action, BeginAttempt, Command, Conclude, Context, Decision, Desk, Outcome, ReceiveMessage, RecordOutcome,
        TicketRef, Words,
    },
    event::{
        Event, Recorded, Stream,
        conversation::{Event as Said, GivenUp, Proof},
        ticket::Event as Happened,
    },
    id::{CauseId, ConversationId, EventId, MessageId, PersonId, ReplyId, TicketId},
    rejection::Rejection,
    sealed::{Scheme, Sealed},
    template::Template,
    ticket::{Phase, State},
    words::{Actor, ActorType, Channel, Conclusion, ContentType, Kind, Office, Stance, Urgency},
};
use std::collections::HashMap;

pub fn sealed(text: &str) -> Sealed {
    Sealed { scheme: Scheme::Plain, person: None, payload: text.as_bytes().to_vec() }
}

pub fn words(text: &str) -> Words {
    Words { sealed: sealed(text), is_empty: text.is_empty(), personal: Vec::new() }
}

pub fn message_id(name: &str) -> MessageId {
    MessageId::derived(&[b"test", name.as_bytes()])
}

/// A conclusion; `STRADE` in via Italia unless changed.
pub fn concluded(kind: Kind) -> Conclusion {
    Conclusion {
        kind,
        office: Some(Office("STRADE".into())),
        second_office: None,
        confidence: 0.9,
        urgency: Urgency::Normal,
        stance: Stance::Neutral,
        protocol: None,
        place_key: None,
        language: "it".into(),
        rules_version: "test".into(),
    }
}

pub struct Given {
    pub desk: Desk,
    pub now: Timestamp,
    pub log: Vec<Recorded>,
    pub calendar: Calendar,
    versions: HashMap<Stream, u64>,
    causes: u64,
}

impl Given {
    /// An empty desk, on Monday 23 November 2026 at 9:10 in Biella.
    pub fn nothing() -> Self {
        Self {
            desk: Desk::default(),
            now: "2026-11-23T09:10:00+01:00".parse().unwrap(),
            log: Vec::new(),
            calendar: segnalalo_domain::calendar::article(),
            versions: HashMap::new(),
            causes: 0,
        }
    }

    pub fn later(&mut self, by: SignedDuration) -> &mut Self {
        self.now += by;
        self
    }

    /// What the command would lead to; nothing is folded in.
    pub fn decide(&self, command: &Command) -> Result<Decision, Rejection> {
        let context = Context {
            now: self.now,
            cause: CauseId::derived(&[&self.causes.to_be_bytes()]),
            calendar: &self.calendar,
            office_name: &|code| ["STRADE", "LUCE", "URP"].contains(&code).then(|| format!("Ufficio {code}")),
        };
        self.desk.decide(command, &context)
    }

    /// Decides, folds in, and gives the events.
    pub fn when(&mut self, command: Command) -> Vec<Event> {
        let decision = self.decide(&command).unwrap();
        self.causes += 1;
        let events = decision.events.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>();
        for (stream, event) in decision.events {
            self.record(stream, decision.actor.clone(), event);
        }
        events
    }

    pub fn refused(&self, command: &Command) -> &'static str {
        self.decide(command).expect_err("it should be refused").code()
    }

    fn record(&mut self, stream: Stream, actor: Actor, event: Event) {
        let version = self.versions.entry(stream).or_default();
        *version += 1;
        let recorded = Recorded {
            position: self.log.len() as u64 + 1,
            stream,
            version: *version,
            event_id: EventId::derived(&[&self.causes.to_be_bytes()]),
            cause: CauseId::derived(&[&self.causes.to_be_bytes()]),
            correlation: [0; 16],
            actor,
            occurred_at: self.now,
            recorded_at: self.now,
            trace_parent: String::new(),
            event,
        };
        self.desk.apply(&recorded);
        self.log.push(recorded);
    }

    /// A citizen writes, and triage concludes at once; the registry routes what is ready.
    pub fn says(&mut self, from: &str, channel: Channel, name: &str, conclusion: Conclusion) -> Vec<Event> {
        self.arrives(from, channel, name);
        self.concludes(from, name, conclusion)
    }

    pub fn arrives(&mut self, from: &str, channel: Channel, name: &str) -> Vec<Event> {
        self.when(Command::ReceiveMessage(received(from, channel, name)))
    }

    pub fn concludes(&mut self, from: &str, name: &str, conclusion: Conclusion) -> Vec<Event> {
        let mut events = self.when(Command::Conclude(Conclude {
            conversation: conversation_id(from),
            message: message_id(name),
            conclusion,
            sealed: sealed("reasons"),
        }));
        events.extend(self.route(from));
        events
    }

    pub fn gives_up(&mut self, from: &str, name: &str) -> Vec<Event> {
        let mut events = self.when(Command::GiveUpOnTriage {
            conversation: conversation_id(from),
            message: message_id(name),
            reason: GivenUp::TimedOut,
        });
        events.extend(self.route(from));
        events
    }

    fn route(&mut self, from: &str) -> Vec<Event> {
        let conversation = conversation_id(from);
        let mut events = Vec::new();
        while self.desk.is_ready(conversation) {
            events.extend(self.when(Command::RouteNext { conversation }));
        }
        events
    }

    /// An operator acts on the only ticket, or on the one with this code.
    pub fn act(&mut self, action: Action) -> Vec<Event> {
        let command = self.acting(action);
        self.when(command)
    }

    pub fn acting(&self, action: Action) -> Command {
        let (id, _) = self.last_ticket();
        acting_on(id, action)
    }

    pub fn last_ticket(&self) -> (TicketId, &State) {
        let id = self
            .log
            .iter()
            .rev()
            .find_map(|recorded| match (&recorded.stream, &recorded.event) {
                (Stream::Ticket(id), Event::Ticket(Happened::Opened { .. })) => Some(*id),
                _ => None,
            })
            .expect("a ticket was opened");
        (id, &self.desk.tickets[&id])
    }

    pub fn phase(&self) -> Phase {
        self.last_ticket().1.phase
    }

    /// The reply asked for last, and its id.
    pub fn last_reply(&self) -> (ConversationId, ReplyId, Template) {
        self.log
            .iter()
            .rev()
            .find_map(|recorded| match (&recorded.stream, &recorded.event) {
                (Stream::Conversation(id), Event::Conversation(Said::ReplyRequested { reply, template, .. })) => {
                    Some((*id, *reply, *template))
                }
                _ => None,
            })
            .expect("a reply was asked for")
    }

    pub fn attempt(&self, attempt: u32) -> Command {
        let (conversation, reply, _) = self.last_reply();
        Command::BeginAttempt(BeginAttempt {
            conversation,
            reply,
            attempt,
            text_sha256: [attempt as u8; 32],
            sealed: sealed("text"),
        })
    }

    pub fn outcome(&self, attempt: u32, outcome: Outcome) -> Command {
        let (conversation, reply, _) = self.last_reply();
        Command::RecordOutcome(RecordOutcome { conversation, reply, attempt, outcome })
    }

    pub fn accepted(&self) -> Outcome {
        Outcome::Accepted { sent_message: Some(message_id("sent")), proof: Proof::Response, sealed: sealed("wamid") }
    }
}

/// `thread` begins a name of a public thread; all else is a person's private conversation.
pub fn conversation_id(from: &str) -> ConversationId {
    let key = from.split('/').next().unwrap_or(from);
    ConversationId::derived(&[b"test", key.as_bytes()])
}

/// `from` is a person, or `thread/person`.
pub fn received(from: &str, channel: Channel, name: &str) -> ReceiveMessage {
    let person = from.split('/').next_back().unwrap_or(from);
    ReceiveMessage {
        conversations: vec![conversation_id(from)],
        message: message_id(name),
        channel,
        person: Some(PersonId::derived(&[person.as_bytes()])),
        addressed: true,
        content_type: ContentType::Text,
        attachments: 0,
        has_text: true,
        quoted: None,
        sealed: sealed(name),
    }
}

pub fn acting_on(id: TicketId, action: Action) -> Command {
    Command::Act(Act {
        ticket: TicketRef::Id(id),
        expected_version: None,
        actor: Actor { kind: ActorType::Person, name: "anna".into() },
        action,
    })
}

pub fn templates(events: &[Event]) -> Vec<Template> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Conversation(Said::ReplyRequested { template, .. }) => Some(*template),
            _ => None,
        })
        .collect()
}

pub fn opened(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Ticket(Happened::Opened { .. }))).count()
}
