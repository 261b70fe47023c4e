//! The invariants, checked on three ledgers: what citizens sent, what the log holds, what graph-sim took. Each finding
//! begins with the invariant it breaks (docs/reliability.md).

use super::{
    citizens::{Fate, Kind},
    city::{City, SOON},
    evidence::{self, Evidence, Standing},
};
use crate::{
    harness::{Service, wait_until},
    terms::Terms,
};
use anyhow::Result;
use jiff::Timestamp;
use segnalalo_domain::{
    calendar,
    event::{Event, Recorded, Register, Stream, conversation::Event as Said, ticket::Event as Happened},
};
use segnalalo_proto::registry::v1::{ListHeldRepliesRequest, VerifyLogRequest, log_service_client::LogServiceClient};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// # Errors
/// A process doesn't answer: nothing could be checked.
pub async fn check(city: &mut City, evidence: &Evidence) -> Result<Vec<String>> {
    let mut findings = messages(city, evidence);
    findings.extend(answers(evidence));
    findings.extend(replies(city, evidence).await?);
    findings.extend(attempts(city, evidence));
    findings.extend(numbers(&evidence.log));
    findings.extend(causes(&evidence.log));
    findings.extend(order(&evidence.log));
    findings.extend(deadlines(city, &evidence.log));
    findings.extend(ready(city).await);
    findings.extend(privacy(city));
    findings.extend(copies(city, evidence).await?);
    // Last: it restarts the registry.
    findings.extend(replay(city).await?);
    Ok(findings)
}

/// I1 and I9: what was answered 200 is in the log exactly once; what was refused isn't in it.
fn messages(city: &City, evidence: &Evidence) -> Vec<String> {
    let mut findings = Vec::new();
    for written in &city.citizens.written {
        let times = evidence.times(&written.marker);
        let wanted = usize::from(written.kind != Kind::Stranger && written.fate == Fate::Answered);
        let (kind, marker) = (written.kind, &written.marker);
        match &written.fate {
            Fate::Answered if times < wanted => findings.push(format!("I1: lost: {kind:?} {marker}")),
            Fate::Answered if times > wanted => {
                findings.push(format!("I1: in the log {times} times instead of {wanted}: {kind:?} {marker}"));
            }
            Fate::Erased if times > 0 => findings.push(format!("I7: erased, and readable: {kind:?} {marker}")),
            Fate::Refused(status) if times > 0 => {
                findings.push(format!("I9: refused with {status} and in the log: {kind:?} {marker}"));
            }
            _ => {}
        }
    }
    findings
}

/// I2: at most one accepted POST a reply; and where the channel has no place for its id, no text twice to the same.
fn answers(evidence: &Evidence) -> Vec<String> {
    let mut counts = BTreeMap::<String, usize>::new();
    for accepted in &evidence.accepted {
        let text = |name: &str| accepted[name].as_str().unwrap_or_default().to_owned();
        let callback = text("callback");
        let reply = callback.split('.').next().unwrap_or_default();
        if !reply.is_empty() {
            *counts.entry(format!("reply {reply}")).or_default() += 1;
        }
        *counts.entry(format!("to {} {:?}", text("to"), text("text"))).or_default() += 1;
    }
    let doubled = counts.into_iter().filter(|(_, count)| *count > 1);
    doubled.map(|(what, count)| format!("I2: sent {count} times: {what}")).collect()
}

/// I3: every reply has an end, and what waits for a person is shown to him; what was taken was owed.
async fn replies(city: &City, evidence: &Evidence) -> Result<Vec<String>> {
    let replies = evidence.replies();
    let mut findings = Vec::new();
    for (reply, standing) in &replies {
        if *standing == Standing::Owed {
            findings.push(format!("I3: {reply} has no end"));
        }
    }
    let listed = city.client().await?.list_held_replies(ListHeldRepliesRequest {}).await?.into_inner().replies;
    let shown = listed.iter().map(|held| held.reply_id.clone()).collect::<BTreeSet<_>>();
    for (reply, standing) in &replies {
        if matches!(standing, Standing::Held | Standing::Refused) && !shown.contains(&reply.to_string()) {
            findings.push(format!("I3: {reply} is {standing:?} and isn't shown"));
        }
    }
    Ok(findings)
}

/// Rule 6: what was taken was in the log before, as an attempt. Where time is moved, two processes may not agree on it.
fn attempts(city: &City, evidence: &Evidence) -> Vec<String> {
    let mut began = HashMap::new();
    for recorded in &evidence.log {
        if let Event::Conversation(Said::SendAttempted { reply, attempt, .. }) = &recorded.event {
            began.insert(format!("{reply}.{attempt}"), recorded.recorded_at);
        }
    }
    let mut findings = Vec::new();
    for accepted in &evidence.accepted {
        let callback = accepted["callback"].as_str().unwrap_or_default();
        let at = accepted["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        match began.get(callback) {
            _ if callback.is_empty() => {}
            None => findings.push(format!("rule 6: posted, and the log knows of no attempt: {callback}")),
            Some(began) if at.is_none_or(|at| at < *began) && !city.moves_clocks => {
                findings.push(format!("rule 6: posted before the log had the attempt: {callback}"));
            }
            Some(_) => {}
        }
    }
    findings
}

/// I4: numbers run from 1 without a gap, each in the append that takes its ticket in charge.
fn numbers(log: &[Recorded]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut last = HashMap::<u16, u32>::new();
    for recorded in log {
        let Event::Register(Register::NumberAssigned { protocol, ticket, .. }) = &recorded.event else { continue };
        let expected = last.get(&protocol.year).copied().unwrap_or_default() + 1;
        let year = calendar::local_date(recorded.recorded_at).year();
        if i32::from(protocol.year) != i32::from(year) {
            findings.push(format!("I4: {protocol} was assigned in {year}"));
        }
        if protocol.number != expected {
            findings.push(format!("I4: {protocol} comes where {expected} was due"));
        }
        last.insert(protocol.year, protocol.number);
        let taken = log.iter().any(|other| {
            other.cause == recorded.cause
                && other.stream == Stream::Ticket(*ticket)
                && matches!(&other.event, Event::Ticket(Happened::TakenInCharge { protocol: of, .. }) if of == protocol)
        });
        if !taken {
            findings.push(format!("I4: assigned outside the append that takes its ticket in charge: {protocol}"));
        }
    }
    findings
}

/// Rule 5: a cause is handled once; its events stand together.
fn causes(log: &[Recorded]) -> Vec<String> {
    let mut seen = HashMap::new();
    let mut findings = Vec::new();
    for recorded in log {
        if let Some(last) = seen.insert(recorded.cause, recorded.position)
            && last + 1 != recorded.position
        {
            findings.push(format!("I1: the cause of record {last} was handled again in {}", recorded.position));
        }
    }
    findings
}

/// Rule 11: messages of a conversation are routed in the order in which they came.
fn order(log: &[Recorded]) -> Vec<String> {
    let mut waiting = HashMap::<Stream, Vec<_>>::new();
    let mut findings = Vec::new();
    for recorded in log {
        match &recorded.event {
            Event::Conversation(Said::MessageReceived { message, .. }) => {
                waiting.entry(recorded.stream).or_default().push(*message);
            }
            Event::Conversation(Said::MessageRouted { message, .. }) => {
                let queue = waiting.entry(recorded.stream).or_default();
                if queue.first() != Some(message) {
                    findings.push(format!("rule 11: a message was routed out of turn at {}", recorded.position));
                }
                queue.retain(|other| other != message);
            }
            _ => {}
        }
    }
    findings
}

/// I6: every ticket has its terms, each set once; every rung that is due is said, once, and where the rule has it.
fn deadlines(city: &City, log: &[Recorded]) -> Vec<String> {
    let terms = Terms::of(log);
    let due = terms.missing(city.now()).into_iter().map(|rung| format!("I6: due and not said: {rung}"));
    terms.wrong().into_iter().map(|what| format!("I6: {what}")).chain(due).collect()
}

/// I8: after healing every process says that it is ready.
async fn ready(city: &City) -> Vec<String> {
    let mut findings = Vec::new();
    for service in Service::ALL {
        let url = format!("{}/readyz", city.processes.admin_url(service));
        let is_ready = async || city.http.get(&url).await.is_ok_and(|answer| answer.status == 200);
        if wait_until("it is ready", SOON, is_ready).await.is_err() {
            let said = city.http.get(&url).await.map_or_else(|error| error.to_string(), |answer| answer.body);
            findings.push(format!("I8: {} isn't ready after healing: {said}", service.name()));
        }
    }
    findings
}

/// I7: nothing of a citizen in what processes print.
fn privacy(city: &City) -> Vec<String> {
    let mut findings = Vec::new();
    for service in Service::ALL.into_iter().filter(|service| *service != Service::GraphSim) {
        let log = city.processes.log(service).unwrap_or_default();
        for written in &city.citizens.written {
            for word in [&written.marker, &written.citizen] {
                if log.contains(word.as_str()) {
                    findings.push(format!("I7: {} printed {word}", service.name()));
                }
            }
        }
        if log.contains("Prova Rossi") {
            findings.push(format!("I7: {} printed a citizen's name", service.name()));
        }
    }
    findings.dedup();
    findings
}

/// Rule 4: EVENTS has the log byte for byte; and the log's chain holds (I4).
async fn copies(city: &City, evidence: &Evidence) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    let events = city.bus.events_log();
    for (position, record) in (1_u64..).zip(&evidence.records) {
        if events.get(position).await?.as_deref() != Some(record.as_slice()) {
            findings.push(format!("rule 4: EVENTS differs from the log at {position}"));
            break;
        }
    }
    let mut client = LogServiceClient::new(city.processes.registry().await?);
    let report = client.verify_log(VerifyLogRequest {}).await?.into_inner();
    if !report.fault.is_empty() {
        findings.push(format!("I4: log verify: {} at {}", report.fault, report.fault_position));
    }
    Ok(findings)
}

/// I5: what a registry rebuilds from the log is what it had.
async fn replay(city: &mut City) -> Result<Vec<String>> {
    let before = evidence::tickets(city).await?;
    city.processes.restart(Service::Registry).await?;
    let after = evidence::tickets(city).await?;
    Ok(if before == after { Vec::new() } else { vec!["I5: a restarted registry shows other tickets".to_owned()] })
}
