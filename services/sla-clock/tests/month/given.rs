//! Events and records, as the registry writes them.

use jiff::{SignedDuration, Timestamp};
use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};
use segnalalo_domain::{
    event::{
        Event, Recorded, Stream,
        ticket::{Classification, CloseReason, Event as Happened},
    },
    id::{CauseId, ConversationId, EventId, MessageId, TicketId},
    protocol::ProtocolNumber,
    sealed::{Scheme, Sealed},
    sla::{Deadline, DeadlineName, Rung},
    words::{Actor, Channel, Office, Urgency},
};

pub fn begin() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

pub fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

pub fn deadline(name: DeadlineName, version: u32, from: Timestamp, due: Timestamp) -> Deadline {
    Deadline::plain(name, version, from, due, "test/1")
}

/// Of some length, from this instant.
pub fn some_deadline(random: &mut StdRng, version: u32, from: Timestamp) -> Deadline {
    let name = *DeadlineName::ALL.choose(random).unwrap();
    let length = random.random_range(3_600..10 * 24 * 3_600);
    deadline(name, version, from, from + seconds(length))
}

pub fn opened(received_at: Timestamp, deadlines: Vec<Deadline>) -> Happened {
    Happened::Opened {
        conversation: ConversationId([1; 16]),
        message: MessageId([2; 16]),
        code: "S-7K3M9".to_owned(),
        channel: Channel::Whatsapp,
        public: false,
        classification: Classification {
            kind: None,
            office: None,
            second_office: None,
            confidence: 0.0,
            urgency: Urgency::Normal,
            place_key: None,
        },
        received_at,
        deadlines,
        sealed: None,
    }
}

pub fn reached(deadline: DeadlineName, version: u32, rung: Rung, due_at: Timestamp) -> Happened {
    Happened::DeadlineReached { deadline, version, rung, due_at, to: String::new() }
}

fn words() -> Sealed {
    Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() }
}

/// What may happen to a ticket beside its terms, legal or not.
pub fn something(random: &mut StdRng) -> Happened {
    match random.random_range(0..14) {
        0 => Happened::TakenInCharge { protocol: ProtocolNumber { year: 2026, number: 1 }, office: Office::urp() },
        1 => Happened::Reassigned { office: Office::urp(), reason: String::new(), words: None },
        2 => Happened::SentBack { office: Office::urp(), reason: String::new(), words: None },
        3 => Happened::CitizenAsked { automatic: random.random(), words: None },
        4 => Happened::CitizenAnswered { message: MessageId([3; 16]) },
        5 => Happened::Feasible { expected_by: "2026-12-18".parse().unwrap(), words: None },
        6 => Happened::Answered { words: words() },
        7 => Happened::Resolved { words: None },
        8 => Happened::Closed { reason: CloseReason::Satisfied, note: String::new(), words: None },
        9 => Happened::Reopened { reason: "citizen_objects".to_owned(), message: None, words: None },
        10 => Happened::Merged { into: TicketId([9; 16]) },
        11 => Happened::MarkedSpam,
        12 => Happened::SpamLifted,
        _ => Happened::NoteAdded { words: words() },
    }
}

pub fn recorded(position: u64, stream: Stream, cause: CauseId, at: Timestamp, event: Event) -> Recorded {
    Recorded {
        position,
        stream,
        version: position,
        event_id: EventId::derived(&[&position.to_be_bytes()]),
        cause,
        correlation: [0; 16],
        actor: Actor::rule("test"),
        occurred_at: at,
        recorded_at: at,
        trace_parent: String::new(),
        event,
    }
}
