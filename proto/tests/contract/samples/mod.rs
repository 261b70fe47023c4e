//! One sample of every event. That none is missing is proven against the descriptor (`names`).

mod conversation;
mod register;
mod ticket;

use crate::source::Source;
use segnalalo_domain::{
    client::Right,
    event::{
        Access, ChannelEvent, ClientAdded, Event, KeysErased, Log, PersonalDataRead, Recorded, Removal,
        RetentionApplied, Stream,
    },
    id::{ClientId, ConversationId, KeyId, PersonId, TicketId},
    protocol::ProtocolNumber,
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
        let event = Log::CalendarAdopted {
            version: source.number(),
            sha256: source.bytes(),
            content: source.text("[[hours]]\nfrom = \"2015-01-01\"\n"),
        };
        (Stream::Log, Event::Log(event))
    },
    |source| {
        let removal = Removal {
            rule: source.text("content"),
            period: source.text("5 years"),
            keys: source.number(),
            messages: source.number(),
            attachments: source.number(),
            tickets: vec![TicketId(source.bytes()), TicketId(source.bytes())],
        };
        let applied = RetentionApplied {
            day: source.date(),
            rules: source.bytes(),
            removals: source.maybe(|_| removal).into_iter().collect(),
            complete: source.flag(),
        };
        (Stream::Log, Event::Log(Log::RetentionApplied(applied)))
    },
    |source| {
        let client = ClientAdded {
            client: ClientId(source.bytes()),
            name: source.text("gestionale-strade"),
            token: source.maybe(|source| source.bytes()),
            certificate: source.maybe(|source| source.bytes()),
            offices: vec![source.office()],
            rights: Right::ALL.to_vec(),
        };
        (Stream::Log, Event::Log(Log::Access(Access::ClientAdded(client))))
    },
    |source| {
        let client = ClientId(source.bytes());
        let reason = source.text("sostituito");
        (Stream::Log, Event::Log(Log::Access(Access::ClientRevoked { client, reason })))
    },
    |source| {
        let read = PersonalDataRead {
            client: source.maybe(|source| ClientId(source.bytes())),
            call: source.text("get_history"),
            tickets: vec![TicketId(source.bytes()), TicketId(source.bytes())],
        };
        (Stream::Log, Event::Log(Log::Access(Access::PersonalDataRead(read))))
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
    let registers = register::ALL.iter().map(|make| {
        let mut source = source();
        let event = Event::Register(make(&mut source));
        source.recorded(Stream::Register, event)
    });
    others.chain(conversations).chain(tickets).chain(registers).collect()
}

fn protocol(source: &mut Source) -> ProtocolNumber {
    ProtocolNumber { year: source.pick(&[2026, 2027]), number: source.number() }
}
