//! What must hold at the end of every history (targets I1 to I6 and I8), from three ledgers: what Meta got a 200 for, the
//! log, and what Meta took.

use super::{
    city::{City, Counts},
    registry::{identity, recorded},
    time::Process,
};
use segnalalo_domain::{
    conversation::ReplyStatus,
    event::{Event, Recorded, Register, Stream, conversation::Event as Said, ticket::Event as Happened},
    id::{ConversationId, MessageId, TicketId},
    protocol::ProtocolNumber,
    sla::{self, Deadline, DeadlineName, Rung},
    ticket::Phase,
};
use segnalalo_proto::{
    convert::channel_from_wire,
    observation::v1::inbound::Observation,
    sealed::{NoKeys, Opener as _},
};
use segnalalo_registry::{journal::verify::verify, world::World};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

type Checked = Result<(), String>;

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// All of them, and what there was.
pub fn all(city: &City) -> Result<Counts, String> {
    let log = recorded(&*city.registry.log());
    messages_are_there_once(city, &log)?;
    messages_are_handled_in_turn(&log)?;
    replies_left_once_and_ended(city)?;
    commands_had_their_effect_once(&log)?;
    register_has_no_gap(city, &log)?;
    replay_gives_the_same(city)?;
    rungs_stand_where_they_must(&log)?;
    rungs_are_said(city)?;
    nobody_is_forgotten(city, &log)?;
    nothing_is_left(city)?;
    Ok(count(city, &log))
}

fn count(city: &City, log: &[Recorded]) -> Counts {
    let events = |wanted: fn(&Event) -> bool| log.iter().filter(|recorded| wanted(&recorded.event)).count() as u64;
    Counts {
        histories: 1,
        messages: events(|event| matches!(event, Event::Conversation(Said::MessageReceived { .. }))),
        tickets: events(|event| matches!(event, Event::Ticket(Happened::Opened { .. }))),
        replies: events(|event| matches!(event, Event::Conversation(Said::ReplyRequested { .. }))),
        posts: city.meta.posts,
        posts_in_the_storm: city.posts_in_the_storm,
        attempts: events(|event| matches!(event, Event::Conversation(Said::SendAttempted { .. }))),
        unknown: events(|event| matches!(event, Event::Conversation(Said::SendUnknown { .. }))),
        held: events(|event| matches!(event, Event::Conversation(Said::ReplyHeld { .. }))),
        accepted: city.meta.accepted.len() as u64,
        deaths: city.deaths,
        rungs: events(|event| matches!(event, Event::Ticket(Happened::DeadlineReached { .. }))),
        records: log.len() as u64,
    }
}

/// I1: what was answered with 200 and was addressed to us is in the log, once.
fn messages_are_there_once(city: &City, log: &[Recorded]) -> Checked {
    let mut times: HashMap<MessageId, usize> = HashMap::new();
    let mut edits: HashMap<(MessageId, Vec<u8>), usize> = HashMap::new();
    for recorded in log {
        match &recorded.event {
            Event::Conversation(Said::MessageReceived { message, .. }) => *times.entry(*message).or_default() += 1,
            Event::Conversation(Said::MessageEdited { message, sealed }) => {
                // Each edit says the instant at which it was made.
                let key = [recorded.occurred_at.as_nanosecond().to_be_bytes().as_slice(), &sealed.payload].concat();
                *edits.entry((*message, key)).or_default() += 1;
            }
            _ => {}
        }
    }
    for (message, times) in &times {
        ensure(*times == 1, || format!("I1: message {message} is in the log {times} times"))?;
    }
    for ((message, _), times) in &edits {
        ensure(*times == 1, || format!("I1: one edit of message {message} is in the log {times} times"))?;
    }
    for (key, inbound) in &city.meta.answered {
        let Some(Observation::Message(message)) = &inbound.observation else {
            continue;
        };
        let channel = channel_from_wire(inbound.channel).ok_or("a citizen on no channel")?;
        let id = identity().message(channel, &message.provider_id).ok_or("a message without id")?;
        let addressed = message.has_hashtag || !channel.is_public();
        ensure(!addressed || times.contains_key(&id), || {
            format!("I1: {key} was answered with 200, and message {id} is not in the log")
        })?;
    }
    Ok(())
}

/// Rule 11: messages of one conversation are decided on in the order in which they came.
fn messages_are_handled_in_turn(log: &[Recorded]) -> Checked {
    let mut came: BTreeMap<Stream, Vec<MessageId>> = BTreeMap::new();
    let mut routed: BTreeMap<Stream, Vec<MessageId>> = BTreeMap::new();
    for recorded in log {
        match &recorded.event {
            Event::Conversation(Said::MessageReceived { message, .. }) => {
                came.entry(recorded.stream).or_default().push(*message);
            }
            Event::Conversation(Said::MessageRouted { message, .. }) => {
                routed.entry(recorded.stream).or_default().push(*message);
            }
            _ => {}
        }
    }
    for (stream, came) in &came {
        let routed = routed.get(stream).map(Vec::as_slice).unwrap_or_default();
        ensure(came == routed, || {
            format!("rule 11: in {stream} messages came as {came:?} and were decided on as {routed:?}")
        })?;
    }
    Ok(())
}

/// I2 and I3.
fn replies_left_once_and_ended(city: &City) -> Checked {
    let world = city.registry.world().ok_or("the registry is down at the end")?;
    for conversation in world.desk.conversations.values() {
        for (id, reply) in &conversation.replies {
            let accepted = city.meta.count(*id);
            ensure(accepted <= 1, || format!("I2: reply {id} ({}) was accepted {accepted} times", reply.template))?;
            ensure(reply.status.is_settled() || reply.status == ReplyStatus::Held, || {
                format!("I3: reply {id} ({}) ends as {:?}", reply.template, reply.status)
            })?;
            // Two comments with the same words in one thread can't be told apart when they are read back.
            let public = conversation.channel.is_some_and(|channel| channel.is_public());
            ensure(reply.status != ReplyStatus::Accepted || accepted == 1 || public, || {
                format!("I3: reply {id} counts as accepted, and Meta has it {accepted} times")
            })?;
        }
    }
    for one in &city.meta.accepted {
        ensure(world.desk.replies.contains_key(&one.reply), || {
            format!("I2: Meta took {} that nobody asked for", one.reply)
        })?;
    }
    Ok(())
}

/// Rule 5: an operator's words are never said twice.
fn commands_had_their_effect_once(log: &[Recorded]) -> Checked {
    let mut notes: HashSet<(Stream, String)> = HashSet::new();
    for recorded in log {
        let words = match &recorded.event {
            Event::Ticket(Happened::NoteAdded { words }) => Some(words),
            Event::Conversation(Said::ReplyRequested { words, .. }) => words.as_ref(),
            _ => None,
        };
        let Some(words) = words else {
            continue;
        };
        let text = NoKeys.open(words).map_err(|error| error.to_string())?.text;
        ensure(notes.insert((recorded.stream, text.clone())), || format!("rule 5: {text:?} was done twice"))?;
    }
    Ok(())
}

/// I4: no gap in a year's numbers, and each belongs to a ticket that knows it, in one append.
fn register_has_no_gap(city: &City, log: &[Recorded]) -> Checked {
    let report = verify(&*city.registry.log()).map_err(|error| error.to_string())?;
    ensure(report.fault.is_none(), || format!("I4: log verify: {:?}", report.fault))?;
    let mut last: BTreeMap<u16, u32> = BTreeMap::new();
    let mut taken: BTreeSet<(ProtocolNumber, TicketId)> = BTreeSet::new();
    for recorded in log {
        let Event::Register(Register::NumberAssigned { protocol, ticket, .. }) = &recorded.event else {
            continue;
        };
        let expected = last.get(&protocol.year).copied().unwrap_or_default() + 1;
        ensure(protocol.number == expected, || format!("I4: {protocol} was given where {expected} came next"))?;
        ensure(last.keys().all(|year| *year <= protocol.year), || format!("I4: {protocol} after a later year's"))?;
        last.insert(protocol.year, protocol.number);
        let together = log.iter().any(|other| {
            other.cause == recorded.cause
                && matches!(&other.event, Event::Ticket(Happened::TakenInCharge { protocol: given, .. }) if given == protocol)
                && other.stream == Stream::Ticket(*ticket)
        });
        ensure(together, || format!("I4: {protocol} was given, and ticket {ticket} was not taken in charge with it"))?;
        taken.insert((*protocol, *ticket));
    }
    let world = city.registry.world().ok_or("the registry is down at the end")?;
    for (id, ticket) in &world.desk.tickets {
        let known = ticket.protocol.is_none_or(|protocol| taken.contains(&(protocol, *id)));
        ensure(known, || format!("I4: ticket {id} has a number that the register doesn't have"))?;
    }
    for (protocol, id) in taken {
        let ticket = world.desk.tickets.get(&id).ok_or(format!("I4: {protocol} belongs to no ticket"))?;
        let replaced = world.desk.register.annulled.contains(&protocol);
        ensure(ticket.protocol == Some(protocol) || replaced, || format!("I4: ticket {id} doesn't know {protocol}"))?;
    }
    Ok(())
}

/// I5: a replay of the log, and of EVENTS, is the live state.
fn replay_gives_the_same(city: &City) -> Checked {
    let reader = city.registry.log();
    let replayed = World::replay(&*reader, &NoKeys, |_| {}).map_err(|error| error.to_string())?;
    let live = city.registry.world().ok_or("the registry is down at the end")?;
    ensure(replayed == *live, || "I5: a replay of the log gives another state".to_owned())?;
    let records = reader.read_all(0, usize::MAX).map_err(|error| error.to_string())?;
    let records = records.into_iter().map(|(_, record)| record).collect::<Vec<_>>();
    let events = &city.events.lock().records;
    ensure(*events == records, || {
        format!("I5: EVENTS has {} records and the log {}, or they differ", events.len(), records.len())
    })
}

/// I6: each rung of each version of a term once, at the instant that the rule gives.
fn rungs_stand_where_they_must(log: &[Recorded]) -> Checked {
    let mut set: HashMap<(TicketId, DeadlineName, u32), Deadline> = HashMap::new();
    let mut reached: HashSet<(TicketId, DeadlineName, u32, Rung)> = HashSet::new();
    for recorded in log {
        let (Stream::Ticket(ticket), Event::Ticket(event)) = (recorded.stream, &recorded.event) else {
            continue;
        };
        let new = match event {
            Happened::Opened { deadlines, .. } => deadlines.as_slice(),
            Happened::DeadlineSet { deadline } => std::slice::from_ref(deadline),
            _ => &[],
        };
        for deadline in new {
            set.insert((ticket, deadline.name, deadline.version), deadline.clone());
        }
        let Happened::DeadlineReached { deadline, version, rung, due_at, .. } = event else {
            continue;
        };
        let what = format!("{rung} of {deadline}/{version} of ticket {ticket}");
        ensure(reached.insert((ticket, *deadline, *version, *rung)), || format!("I6: {what} came twice"))?;
        let term = set.get(&(ticket, *deadline, *version)).ok_or(format!("I6: {what} belongs to no term"))?;
        let at = sla::rung_at(term, *rung);
        ensure(at == *due_at, || format!("I6: {what} stands at {due_at}, not at {at}"))?;
    }
    Ok(())
}

/// I6: of terms that run, every rung whose instant has come is in the log.
pub fn rungs_are_said(city: &City) -> Checked {
    let world = city.registry.world().ok_or("the registry is down")?;
    let now = city.time.now();
    for (id, ticket) in &world.desk.tickets {
        if ticket.phase == Phase::Spam {
            continue;
        }
        for term in ticket.terms.iter().filter(|term| !term.done) {
            let gone =
                term.deadline.name.rungs().iter().filter(|rung| sla::rung_at(&term.deadline, **rung) < now).max();
            ensure(gone.copied() <= term.rung, || {
                format!("I6: ticket {id}: {} has {:?}, and {gone:?} is over at {now}", term.deadline.name, term.rung)
            })?;
        }
    }
    Ok(())
}

/// Every ticket ends, and whoever wrote it was answered, or a person is told that he couldn't be.
fn nobody_is_forgotten(city: &City, log: &[Recorded]) -> Checked {
    let world = city.registry.world().ok_or("the registry is down at the end")?;
    let mut conversations: BTreeMap<TicketId, Vec<ConversationId>> = BTreeMap::new();
    for recorded in log {
        if let (
            Stream::Conversation(conversation),
            Event::Conversation(Said::ReplyRequested { ticket: Some(ticket), .. }),
        ) = (recorded.stream, &recorded.event)
        {
            conversations.entry(*ticket).or_default().push(conversation);
        }
    }
    for (id, ticket) in &world.desk.tickets {
        ensure(!ticket.phase.is_open() || ticket.next_term().is_some(), || {
            format!("ticket {id} is {} and nothing is due", ticket.phase)
        })?;
        let over = matches!(ticket.phase, Phase::Closed | Phase::Merged | Phase::Spam);
        ensure(over, || format!("ticket {id} ends as {}", ticket.phase))?;
        let told = conversations.get(id).is_some_and(|told| told.contains(&ticket.conversation));
        let absorbed = ticket.phase == Phase::Merged || ticket.phase == Phase::Spam;
        ensure(told || absorbed, || format!("ticket {id} was closed without a word to its citizen"))?;
    }
    Ok(())
}

/// I8: nothing waits.
fn nothing_is_left(city: &City) -> Checked {
    let world = city.registry.world().ok_or("the registry is down at the end")?;
    ensure(world.desk.waiting.is_empty(), || "I8: messages wait for a verdict".to_owned())?;
    ensure(city.inbound.is_empty() && city.observed.is_empty(), || {
        format!("I8: {} wait on INBOUND and {} on OBSERVED", city.inbound.len(), city.observed.len())
    })?;
    for process in Process::ALL {
        ensure(city.is_up(process), || format!("I8: {process} is down at the end"))?;
    }
    let parked = city.inbound.parked.iter().chain(&city.observed.parked).map(|(_, why)| why).collect::<Vec<_>>();
    ensure(parked.is_empty(), || format!("I8: put aside: {parked:?}"))?;
    let too_often = city.said.iter().find(|(_, times)| **times > 2);
    ensure(too_often.is_none(), || format!("I6: a rung is said again and again: {too_often:?}"))?;
    ensure(city.meta.webhooks.is_empty(), || "I8: webhooks wait for their 200".to_owned())
}
