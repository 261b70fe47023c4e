//! Commands that share one sync: each is decided on with what those before it brought about.

use super::{Error, Failure, Receipt, Request, Rules};
use crate::{
    journal::{self, Batch, Journal, NewEvent},
    keyring, media,
    person::erasure,
    register::Known,
    world::World,
};
use prost::Message as _;
use segnalalo_domain::{
    desk::{Command, Context, Decision},
    event::{Event, Log, Recorded, Register, Stream, conversation::Event as Said, ticket::Event::Opened},
    id::{CauseId, ConversationId, EventId, KeyId, TicketId},
    sealed::{Place, Sealed},
    words::{Actor, Kind},
};
use segnalalo_kit::fault;
use segnalalo_proto::{convert, sealed};
use std::collections::HashMap;

/// Bytes of an event's envelope: with its frame it stays below what the journal takes.
const LARGEST: usize = 8 * 1024 * 1024 - 128 * 1024;

pub(super) struct Group<'a> {
    world: &'a mut World,
    rules: &'a Rules,
    reader: std::sync::Arc<dyn journal::Reader>,
    batches: Vec<Batch>,
    /// Versions of the streams that this group touches, its own events counted in.
    versions: HashMap<Stream, u64>,
    /// Causes handled in this group, and their last position.
    handled: HashMap<CauseId, u64>,
    /// Keys that this group's events say are erased.
    erased: Vec<KeyId>,
}

impl<'a> Group<'a> {
    pub fn new(journal: &dyn Journal, world: &'a mut World, rules: &'a Rules) -> Self {
        Self {
            world,
            rules,
            reader: journal.reader(),
            batches: Vec::new(),
            versions: HashMap::new(),
            handled: HashMap::new(),
            erased: Vec::new(),
        }
    }

    /// Decides on one command. The outer error is the log's: nothing can go on after it.
    pub fn take(&mut self, request: &Request) -> Result<Result<Receipt, Error>, Failure> {
        if let Some(position) = self.handled_before(request.cause)? {
            if !self.handled.contains_key(&request.cause) && fault::mistaken("deduplicated-only-by-a-window") {
                return self.take_new(&forgotten(request, self.world.position));
            }
            return Ok(Ok(Receipt { position, repeated: true, ignored: false }));
        }
        self.take_new(request)
    }

    fn take_new(&mut self, request: &Request) -> Result<Result<Receipt, Error>, Failure> {
        let decision = match self.decide(request.cause, &request.command) {
            Ok(decision) => decision,
            Err(rejection) => return Ok(Err(rejection.into())),
        };
        if decision.ignored {
            return Ok(Ok(Receipt { position: 0, repeated: false, ignored: true }));
        }
        let mut position = match self.record(request, decision)? {
            Ok(position) => position,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(conversation) = conversation_of(&request.command) {
            position = self.route(conversation, &request.trace_parent)?.unwrap_or(position);
        }
        Ok(Ok(Receipt { position, repeated: false, ignored: false }))
    }

    /// Decides on every message of the conversation whose turn has come. The last position, if anything was decided.
    pub fn route(&mut self, conversation: ConversationId, trace_parent: &str) -> Result<Option<u64>, Failure> {
        let mut last = None;
        while self.world.desk.is_ready(conversation) {
            let Some(message) = self
                .world
                .desk
                .conversations
                .get(&conversation)
                .and_then(|state| state.pending.front())
                .map(|pending| pending.message)
            else {
                break;
            };
            let request = Request {
                cause: CauseId::derived(&[b"route", &conversation.0, &message.0]),
                command: Command::RouteNext { conversation },
                occurred_at: None,
                trace_parent: trace_parent.to_owned(),
            };
            let Ok(decision) = self.decide(request.cause, &request.command) else {
                break;
            };
            match self.record(&request, decision)? {
                Ok(position) => last = Some(position),
                Err(error) => {
                    tracing::error!(%conversation, %error, "a message can't be routed");
                    break;
                }
            }
        }
        Ok(last)
    }

    /// One append for all: new keys are on disk before, and erased ones are deleted after.
    pub fn append(mut self, journal: &mut dyn Journal) -> Result<(), Failure> {
        if self.batches.is_empty() {
            return Ok(());
        }
        if fault::mistaken("number-outside-the-append") {
            self.batches = number_apart(journal, self.batches)?;
        }
        let Some(keyring) = &self.rules.keyring else {
            return Ok(journal.append(&self.batches).map(drop)?);
        };
        keyring.sync()?;
        journal.append(&self.batches)?;
        if !self.erased.is_empty() {
            erasure::perform(&self.erased, keyring, self.world, &*self.reader)?;
            self.remove_files();
        }
        Ok(())
    }

    /// What can't be removed now can't be opened either, and is swept at the next start.
    fn remove_files(&self) {
        let Some(blobs) = &self.rules.blobs else {
            return;
        };
        for blob in media::locked_by(self.world, &self.erased) {
            if let Err(error) = blobs.remove(&blob) {
                tracing::error!(%error, "the file of an erased attachment stays until the next start");
            }
        }
    }

    fn handled_before(&self, cause: CauseId) -> Result<Option<u64>, Failure> {
        match self.handled.get(&cause) {
            Some(position) => Ok(Some(*position)),
            None => Ok(self.reader.handled(&cause)?),
        }
    }

    fn decide(&self, cause: CauseId, command: &Command) -> Result<Decision, segnalalo_domain::rejection::Rejection> {
        let offices = &self.rules.offices;
        let context = Context {
            now: self.rules.clock.now(),
            cause,
            calendar: &self.rules.calendar,
            office_name: &|code| offices.get(code).map(|office| office.name.clone()),
        };
        self.world.desk.decide(command, &context)
    }

    /// Turns a decision into a batch and folds its events in. The position of the last one.
    fn record(&mut self, request: &Request, decision: Decision) -> Result<Result<u64, Error>, Failure> {
        let recorded = self.place(request, decision)?;
        // Found now, it concerns one command; found by the journal, it would stop the log, and again after a restart.
        if let Some(why) = recorded.iter().find_map(|recorded| unrecordable(recorded).err()) {
            return Ok(Err(Error::Unrecordable(why)));
        }
        let mut batch = Batch {
            cause: request.cause,
            recorded_at: recorded.first().map_or_else(|| self.rules.clock.now(), |first| first.recorded_at),
            trace_parent: request.trace_parent.clone(),
            expected: Vec::new(),
            events: Vec::new(),
        };
        for recorded in recorded {
            if let Event::Log(Log::KeysErased(erased)) = &recorded.event {
                self.erased.extend(&erased.keys);
            }
            self.world.apply(&recorded, self.rules.opener());
            self.versions.insert(recorded.stream, recorded.version);
            let Recorded { stream, event_id, correlation, actor, occurred_at, event, version, .. } = recorded;
            if !batch.expected.iter().any(|(expected, _)| *expected == stream) {
                batch.expected.push((stream, version - 1));
            }
            batch.events.push(NewEvent { stream, event_id, correlation, actor, occurred_at, event });
        }
        self.batches.push(batch);
        self.handled.insert(request.cause, self.world.position);
        Ok(Ok(self.world.position))
    }

    /// The decision's events as the log will give them back.
    fn place(&self, request: &Request, decision: Decision) -> Result<Vec<Recorded>, Failure> {
        let recorded_at = self.rules.clock.now();
        let occurred_at = request.occurred_at.unwrap_or(recorded_at);
        let happened = decision.happened;
        let (actor, events) = if decision.events.is_empty() {
            let note = Log::ObservationNoted { reason: decision.reason.to_owned() };
            (Actor::rule("registry"), vec![(Stream::Log, Event::Log(note))])
        } else {
            (decision.actor, decision.events)
        };
        let correlation = events.iter().find_map(|(stream, _)| match stream {
            Stream::Conversation(id) => Some(id.0),
            _ => None,
        });
        let mut versions = HashMap::new();
        let mut all = Vec::with_capacity(events.len());
        for (at, (stream, event)) in events.into_iter().enumerate() {
            let index = at as u64;
            let version = match versions.get(&stream) {
                Some(version) => *version,
                None => self.version(stream)?,
            } + 1;
            versions.insert(stream, version);
            let mut recorded = Recorded {
                position: self.world.position + 1 + index,
                stream,
                version,
                event_id: EventId::derived(&[&request.cause.0, &index.to_be_bytes()]),
                cause: request.cause,
                correlation: correlation.unwrap_or(request.cause.0),
                actor: actor.clone(),
                occurred_at: happened.get(&at).copied().unwrap_or(occurred_at),
                recorded_at,
                trace_parent: request.trace_parent.clone(),
                event,
            };
            self.register(&mut recorded, &all)?;
            self.lock(&mut recorded)?;
            all.push(recorded);
        }
        Ok(all)
    }

    /// Locks the event's box where it stands. One that comes out of another event is locked anew; what was erased there
    /// stays so.
    fn lock(&self, recorded: &mut Recorded) -> Result<(), Failure> {
        let Some(keyring) = &self.rules.keyring else {
            return Ok(());
        };
        let Some(payload) = recorded.event.sealed().map(|sealed| keyring.unlock(sealed)) else {
            return Ok(());
        };
        let lock = self.world.desk.lock_for(recorded);
        let place = Place { stream: recorded.stream, version: recorded.version };
        let sealed = match payload {
            Ok(payload) => {
                let (id, key) = keyring.key_for(&lock)?;
                sealed::lock(&payload, lock.owner, id, &key, place)
            }
            Err(sealed::Error::Erased) => Sealed::erased(Some(lock.owner)),
            Err(error) => return Err(keyring::Error::Storage(error.into()).into()),
        };
        if let Some(own) = recorded.event.sealed_mut() {
            *own = sealed;
        }
        Ok(())
    }

    /// Completes a registration, with the messages of its ticket: those of the same decision are `before` it.
    fn register(&self, recorded: &mut Recorded, before: &[Recorded]) -> Result<(), Failure> {
        let Event::Register(Register::NumberAssigned { ticket, subject, registration: Some(registration), .. }) =
            &mut recorded.event
        else {
            return Ok(());
        };
        let messages = self.messages_of(*ticket, before)?;
        let kind = self.world.desk.tickets.get(ticket).and_then(|ticket| ticket.classification.kind);
        let known = Known {
            kind: kind.map(Kind::code),
            place: self.world.read.entry_of(*ticket).map_or("", |entry| &entry.place),
            messages: &messages,
        };
        self.rules.registrar.complete(subject, registration, &known, (&self.rules.offices, self.rules.opener()));
        Ok(())
    }

    /// What the citizen wrote, oldest first: on disk, in this group, and in the decision itself.
    fn messages_of(&self, ticket: TicketId, before: &[Recorded]) -> Result<Vec<Recorded>, Failure> {
        let desk = &self.world.desk;
        let opened = before.iter().find_map(|recorded| match (&recorded.stream, &recorded.event) {
            (Stream::Ticket(id), Event::Ticket(Opened { conversation, .. })) if *id == ticket => Some(*conversation),
            _ => None,
        });
        let belongs = |recorded: &Recorded| match (&recorded.stream, &recorded.event) {
            (
                Stream::Conversation(id),
                Event::Conversation(Said::MessageReceived { message, .. } | Said::MessageEdited { message, .. }),
            ) => {
                let known = desk.conversations.get(id).and_then(|state| state.messages.get(message).copied().flatten());
                known == Some(ticket) || opened == Some(*id)
            }
            _ => false,
        };
        let positions = self.world.read.entry_of(ticket).map(|entry| entry.positions.clone()).unwrap_or_default();
        let mut messages = Vec::new();
        for position in positions {
            messages.extend(self.at(position)?.filter(&belongs));
        }
        messages.extend(before.iter().filter(|recorded| belongs(recorded)).cloned());
        Ok(messages)
    }

    /// The record at a position, which may be one that this group is about to append.
    fn at(&self, position: u64) -> Result<Option<Recorded>, Failure> {
        let head = self.reader.head().position;
        if position <= head {
            let record = self.reader.read(position)?;
            return Ok(record.and_then(|record| convert::read(&record).ok()));
        }
        let ahead = usize::try_from(position - head - 1).unwrap_or(usize::MAX);
        let new = self.batches.iter().flat_map(|batch| batch.events.iter().map(move |new| (batch, new))).nth(ahead);
        Ok(new.map(|(batch, new)| Recorded {
            position,
            stream: new.stream,
            version: 0,
            event_id: new.event_id,
            cause: batch.cause,
            correlation: new.correlation,
            actor: new.actor.clone(),
            occurred_at: new.occurred_at,
            recorded_at: batch.recorded_at,
            trace_parent: String::new(),
            event: new.event.clone(),
        }))
    }

    fn version(&self, stream: Stream) -> Result<u64, Failure> {
        match self.versions.get(&stream) {
            Some(version) => Ok(*version),
            None => Ok(self.reader.stream_version(&stream)?),
        }
    }
}

/// The mistake: only this group is remembered, and what came before it is taken as if it were new.
fn forgotten(request: &Request, position: u64) -> Request {
    let cause = CauseId::derived(&[b"forgotten", &request.cause.0, &position.to_be_bytes()]);
    Request { cause, ..request.clone() }
}

/// The mistake: numbers are on disk before what they belong to.
fn number_apart(journal: &mut dyn Journal, batches: Vec<Batch>) -> Result<Vec<Batch>, Failure> {
    let mut rest = Vec::new();
    for mut batch in batches {
        let is_number = |event: &NewEvent| event.stream == Stream::Register;
        let (first, after): (Vec<_>, Vec<_>) = batch.events.into_iter().partition(is_number);
        batch.events = after;
        if !first.is_empty() {
            let of_register = |(stream, _): &(Stream, u64)| *stream == Stream::Register;
            let (expected, others) = batch.expected.into_iter().partition(of_register);
            batch.expected = others;
            let cause = CauseId::derived(&[b"apart", &batch.cause.0]);
            journal.append(&[Batch { cause, expected, events: first, ..batch.clone() }])?;
            fault::point("log.between");
        }
        rest.push(batch);
    }
    Ok(rest)
}

/// What a record can't say.
fn unrecordable(recorded: &Recorded) -> Result<(), &'static str> {
    let envelope = convert::to_wire(recorded);
    if envelope.encoded_len() > LARGEST {
        return Err("an event is too large");
    }
    match convert::from_wire(envelope) {
        Ok(back) if back == *recorded => Ok(()),
        _ => Err("an event holds a value that a record can't keep"),
    }
}

/// The conversation in which a verdict may have made a message ready.
fn conversation_of(command: &Command) -> Option<ConversationId> {
    match command {
        Command::Conclude(conclude) => Some(conclude.conversation),
        Command::GiveUpOnTriage { conversation, .. } => Some(*conversation),
        _ => None,
    }
}
