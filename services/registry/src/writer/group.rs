//! Commands that share one sync: each is decided on with what those before it brought about.

use super::{Error, Receipt, Request, Rules};
use crate::{
    journal::{self, Batch, Journal, NewEvent},
    world::World,
};
use segnalalo_domain::{
    Timestamp,
    desk::{Command, Context, Decision},
    event::{Event, Log, Recorded, Stream},
    id::{CauseId, ConversationId, EventId},
    words::Actor,
};
use std::collections::HashMap;

pub(super) struct Group<'a> {
    world: &'a mut World,
    rules: &'a Rules,
    reader: std::sync::Arc<dyn journal::Reader>,
    batches: Vec<Batch>,
    /// Versions of the streams that this group touches, its own events counted in.
    versions: HashMap<Stream, u64>,
    /// Causes handled in this group, and their last position.
    handled: HashMap<CauseId, u64>,
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
        }
    }

    /// Decides on one command. The outer error is the log's: nothing can go on after it.
    pub fn take(&mut self, request: &Request) -> Result<Result<Receipt, Error>, journal::Error> {
        if let Some(position) = self.handled_before(request.cause)? {
            return Ok(Ok(Receipt { position, repeated: true, ignored: false }));
        }
        let decision = match self.decide(request.cause, &request.command) {
            Ok(decision) => decision,
            Err(rejection) => return Ok(Err(rejection.into())),
        };
        if decision.ignored {
            return Ok(Ok(Receipt { position: 0, repeated: false, ignored: true }));
        }
        let mut position = self.record(request, decision)?;
        if let Some(conversation) = conversation_of(&request.command) {
            position = self.route(conversation, &request.trace_parent)?.unwrap_or(position);
        }
        Ok(Ok(Receipt { position, repeated: false, ignored: false }))
    }

    /// Decides on every message of the conversation whose turn has come. The last position, if anything was decided.
    pub fn route(&mut self, conversation: ConversationId, trace_parent: &str) -> Result<Option<u64>, journal::Error> {
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
            last = Some(self.record(&request, decision)?);
        }
        Ok(last)
    }

    /// One append for all.
    pub fn append(self, journal: &mut dyn Journal) -> Result<(), journal::Error> {
        if self.batches.is_empty() {
            return Ok(());
        }
        journal.append(&self.batches).map(drop)
    }

    fn handled_before(&self, cause: CauseId) -> Result<Option<u64>, journal::Error> {
        match self.handled.get(&cause) {
            Some(position) => Ok(Some(*position)),
            None => self.reader.handled(&cause),
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
    fn record(&mut self, request: &Request, decision: Decision) -> Result<u64, journal::Error> {
        let recorded_at = self.rules.clock.now();
        let occurred_at = request.occurred_at.unwrap_or(recorded_at);
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
        let mut batch = Batch {
            cause: request.cause,
            recorded_at,
            trace_parent: request.trace_parent.clone(),
            expected: Vec::new(),
            events: Vec::new(),
        };
        for (index, (stream, event)) in events.into_iter().enumerate() {
            let version = self.version(stream)?;
            if !batch.expected.iter().any(|(expected, _)| *expected == stream) {
                batch.expected.push((stream, version));
            }
            self.versions.insert(stream, version + 1);
            let event_id = EventId::derived(&[&request.cause.0, &(index as u64).to_be_bytes()]);
            let correlation = correlation.unwrap_or(request.cause.0);
            self.fold(
                Fold { request, stream, version: version + 1, event_id, correlation, occurred_at, recorded_at },
                &actor,
                &event,
            );
            batch.events.push(NewEvent { stream, event_id, correlation, actor: actor.clone(), occurred_at, event });
        }
        self.batches.push(batch);
        self.handled.insert(request.cause, self.world.position);
        Ok(self.world.position)
    }

    fn version(&self, stream: Stream) -> Result<u64, journal::Error> {
        match self.versions.get(&stream) {
            Some(version) => Ok(*version),
            None => self.reader.stream_version(&stream),
        }
    }

    fn fold(&mut self, at: Fold<'_>, actor: &Actor, event: &Event) {
        let recorded = Recorded {
            position: self.world.position + 1,
            stream: at.stream,
            version: at.version,
            event_id: at.event_id,
            cause: at.request.cause,
            correlation: at.correlation,
            actor: actor.clone(),
            occurred_at: at.occurred_at,
            recorded_at: at.recorded_at,
            trace_parent: at.request.trace_parent.clone(),
            event: event.clone(),
        };
        self.world.apply(&recorded);
    }
}

/// Where and when an event stands, for folding it in as the log will give it back.
struct Fold<'a> {
    request: &'a Request,
    stream: Stream,
    version: u64,
    event_id: EventId,
    correlation: [u8; 16],
    occurred_at: Timestamp,
    recorded_at: Timestamp,
}

/// The conversation in which a verdict may have made a message ready.
fn conversation_of(command: &Command) -> Option<ConversationId> {
    match command {
        Command::Conclude(conclude) => Some(conclude.conversation),
        Command::GiveUpOnTriage { conversation, .. } => Some(*conversation),
        _ => None,
    }
}
