//! One sample of every event. That none is missing is proven against the descriptor (`names`).

mod conversation;
mod ticket;

use crate::source::Source;
use segnalalo_domain::{
    event::{ChannelEvent, Event, KeysErased, Log, Recorded, Register, Registration, Stream},
    id::{ConversationId, KeyId, PersonId, TicketId},
    protocol::{EmergencyNumber, ProtocolNumber},
    words::Channel,
};

type Make<T> = fn(&mut Source) -> T;

const OTHERS: &[Make<(Stream, Event)>] = &[
    |source| {
        let log_id = source.bytes();
        (Stream::Log, Event::Log(Log::Opened { log_id, keyring: source.newer(|source| source.bytes()) }))
    },
    |source| {
        let erased = KeysErased {
            keys: vec![KeyId(source.bytes()), KeyId(source.bytes())],
            person: source.maybe(|source| PersonId(source.bytes())),
            ticket: source.maybe(|source| TicketId(source.bytes())),
            rule: source.text("request"),
            reason: source.text("istanza del 26/11/2026"),
        };
        (Stream::Log, Event::Log(Log::KeysErased(erased)))
    },
    |source| {
        let reason = source.text("duplicate");
        (Stream::Log, Event::Log(Log::ObservationNoted { reason }))
    },
    |source| {
        let channel = source.pick(Channel::ALL);
        let event = ChannelEvent::NoticeReceived {
            channel,
            subject: source.text("feed/status"),
            known: source.flag(),
            sealed: source.sealed(),
        };
        (Stream::Channel(channel), Event::Channel(event))
    },
    |source| {
        let event = Register::NumberAssigned {
            protocol: protocol(source),
            ticket: TicketId(source.bytes()),
            subject: source.text("Segnalazione: Strade, marciapiedi e segnaletica"),
            registration: source.newer(registration).map(Box::new),
        };
        (Stream::Register, Event::Register(event))
    },
    |source| {
        let event = Register::NumberAnnulled {
            protocol: protocol(source),
            ticket: TicketId(source.bytes()),
            reason: source.text("registrata due volte"),
            act: source.text("determina 12/2026"),
        };
        (Stream::Register, Event::Register(event))
    },
];

/// One of every event, each drawn from a source of its own.
pub fn all(source: impl Fn() -> Source) -> Vec<Recorded> {
    let others = OTHERS.iter().map(|make| {
        let mut source = source();
        let (stream, event) = make(&mut source);
        source.recorded(stream, event)
    });
    let conversations = conversation::ALL.iter().map(|make| {
        let mut source = source();
        let stream = Stream::Conversation(ConversationId(source.bytes()));
        let event = Event::Conversation(make(&mut source));
        source.recorded(stream, event)
    });
    let tickets = ticket::ALL.iter().map(|make| {
        let mut source = source();
        let stream = Stream::Ticket(TicketId(source.bytes()));
        let event = Event::Ticket(make(&mut source));
        source.recorded(stream, event)
    });
    others.chain(conversations).chain(tickets).collect()
}

fn registration(source: &mut Source) -> Registration {
    Registration {
        date: source.date(),
        arrived_at: source.instant(),
        channel: source.pick(Channel::ALL),
        office: source.office(),
        classification: source.text("VI/5"),
        deadline_rule: source.text("C1/1"),
        digest: source.bytes(),
        document: vec![source.number().into(), source.number().into()],
        emergency: source.maybe(|source| EmergencyNumber { year: 2026, number: source.number() }),
        sealed: source.sealed(),
    }
}

fn protocol(source: &mut Source) -> ProtocolNumber {
    ProtocolNumber { year: source.pick(&[2026, 2027]), number: source.number() }
}
