//! One ticket: where it stands in its life. `evolve` holds no rule; which steps are legal says `desk::action`.

use crate::{
    event::ticket::{Classification, Event},
    id::{ConversationId, MessageId, TicketId},
    protocol::ProtocolNumber,
    sla::{self, Deadline, DeadlineName, Rung},
    words::{Channel, Kind, Office, Urgency, vocabulary},
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use std::fmt;

vocabulary! {
    /// The state that people see.
    Phase {
        Received = "received",
        TakenInCharge = "taken_in_charge",
        AwaitingCitizen = "awaiting_citizen",
        Feasible = "feasible",
        NotFeasible = "not_feasible",
        Answered = "answered",
        SentBack = "sent_back",
        NotPertinent = "not_pertinent",
        Resolved = "resolved",
        Closed = "closed",
        Reopened = "reopened",
        Merged = "merged",
        Spam = "spam",
    }
}

impl Phase {
    /// Whether somebody in the city still has to do something, or the citizen was asked.
    pub fn is_open(self) -> bool {
        match self {
            Self::Received
            | Self::TakenInCharge
            | Self::AwaitingCitizen
            | Self::Feasible
            | Self::SentBack
            | Self::Reopened => true,
            Self::NotFeasible
            | Self::Answered
            | Self::NotPertinent
            | Self::Resolved
            | Self::Closed
            | Self::Merged
            | Self::Spam => false,
        }
    }

    /// Answered for good, unless the citizen objects.
    pub fn is_concluded(self) -> bool {
        matches!(self, Self::NotFeasible | Self::Answered | Self::NotPertinent | Self::Resolved)
    }
}

/// A deadline as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub deadline: Deadline,
    /// Met, or no longer running.
    pub done: bool,
    pub rung: Option<Rung>,
    /// When what was owed was done; `None` as well when it was never done, because nobody owes it any more.
    pub met_at: Option<Timestamp>,
}

impl Term {
    fn new(deadline: Deadline) -> Self {
        // What people read of it stands in the log.
        Self { deadline: Deadline { steps: Vec::new(), ..deadline }, done: false, rung: None, met_at: None }
    }

    /// By how much it was met late; negative: before its end. `None` for what isn't met. Truth comes from instants: no
    /// tick must have seen it.
    pub fn late_by(&self) -> Option<SignedDuration> {
        self.met_at.map(|met_at| self.deadline.due.duration_until(met_at))
    }
}

/// A term that stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    pub term: Term,
    /// Working time that was left.
    pub left_seconds: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub version: u64,
    pub conversation: ConversationId,
    pub message: MessageId,
    pub code: String,
    pub channel: Channel,
    pub public: bool,
    pub phase: Phase,
    /// When it last stopped being open; `None` while it is.
    pub ended_at: Option<Timestamp>,
    /// How it was concluded, closed or not; `None` again when it is reopened.
    pub outcome: Option<Phase>,
    /// Where it goes on when the citizen has answered.
    pub resume: Phase,
    /// Where it goes on when spam is lifted: perhaps to waiting for the citizen.
    pub before_spam: Phase,
    pub classification: Classification,
    /// In charge; before that, proposed.
    pub office: Option<Office>,
    pub protocol: Option<ProtocolNumber>,
    pub annulled: bool,
    pub received_at: Timestamp,
    /// When the last message joined it.
    pub last_message_at: Timestamp,
    pub terms: Vec<Term>,
    /// Terms that stand still until the citizen answers.
    pub paused: Vec<Paused>,
    pub expected_by: Option<Date>,
    pub emergency: bool,
    pub merged_into: Option<TicketId>,
    /// Conversations of merged tickets: they get the same news.
    pub followers: Vec<ConversationId>,
}

impl State {
    /// The running term that is due next.
    pub fn next_term(&self) -> Option<&Term> {
        self.terms.iter().filter(|term| !term.done).min_by_key(|term| term.deadline.due)
    }

    pub fn term(&self, name: DeadlineName) -> Option<&Term> {
        self.terms.iter().find(|term| term.deadline.name == name)
    }

    pub fn paused(&self, name: DeadlineName) -> Option<&Paused> {
        self.paused.iter().find(|paused| paused.term.deadline.name == name)
    }

    /// Whose it is when triage proposes another office: a person's choice outlives triage's second thoughts.
    pub fn office_after(&self, proposed: Option<Office>) -> Option<Office> {
        if self.office == self.classification.office { proposed } else { self.office.clone() }
    }

    /// What the next version of a deadline is called.
    pub fn next_version(&self, name: DeadlineName) -> u32 {
        let known = self.term(name).or_else(|| self.paused(name).map(|paused| &paused.term));
        known.map_or(1, |term| term.deadline.version + 1)
    }
}

/// The state after the event, which happened `at`; `None` only before `Opened`. An event without a ticket changes nothing.
pub fn evolve(state: Option<State>, event: &Event, at: Timestamp) -> Option<State> {
    let Some(mut state) = state else {
        return open(event);
    };
    state.version += 1;
    let before = state.phase;
    match event {
        Event::Opened { .. } | Event::NoteAdded { .. } => {}
        Event::Reclassified { classification, .. } => reclassify(&mut state, classification),
        Event::MessageJoined { .. } => state.last_message_at = state.last_message_at.max(at),
        Event::TakenInCharge { protocol, office } => {
            // A number that was annulled is never used again; a new one is good.
            state.annulled &= state.protocol == Some(*protocol);
            state.protocol = Some(*protocol);
            state.office = Some(office.clone());
            enter(&mut state, Phase::TakenInCharge, at);
            meet(&mut state, &[DeadlineName::TakeInCharge], at);
        }
        Event::Reassigned { office, .. } => {
            state.office = Some(office.clone());
            if state.phase == Phase::SentBack {
                enter(&mut state, Phase::TakenInCharge, at);
                meet(&mut state, &[DeadlineName::TakeInCharge], at);
            } else if (state.phase, state.resume) == (Phase::AwaitingCitizen, Phase::SentBack) {
                state.resume = Phase::TakenInCharge;
                meet(&mut state, &[DeadlineName::TakeInCharge], at);
            }
        }
        Event::SentBack { .. } => {
            state.office = Some(Office::urp());
            enter(&mut state, Phase::SentBack, at);
        }
        Event::CitizenAsked { automatic, .. } => {
            if !automatic {
                if state.phase != Phase::AwaitingCitizen {
                    state.resume = state.phase;
                }
                state.phase = Phase::AwaitingCitizen;
            }
        }
        Event::CitizenAnswered { .. } => {
            let resume = state.resume;
            enter(&mut state, resume, at);
        }
        Event::WaitEnded => {
            end(&mut state, &[DeadlineName::CitizenReply]);
            let resume = state.resume;
            enter(&mut state, resume, at);
        }
        Event::Feasible { expected_by, .. } => {
            state.expected_by = Some(*expected_by);
            enter(&mut state, Phase::Feasible, at);
            // A reopened one may get here without being taken in charge again.
            meet(&mut state, &[DeadlineName::TakeInCharge, DeadlineName::FirstAnswer], at);
        }
        Event::ProgressReported { expected_by, .. } => {
            state.expected_by = expected_by.or(state.expected_by);
        }
        Event::NotFeasible { .. } => conclude(&mut state, Phase::NotFeasible, at),
        Event::Answered { .. } => conclude(&mut state, Phase::Answered, at),
        Event::Resolved { .. } => conclude(&mut state, Phase::Resolved, at),
        Event::NotPertinent { .. } => conclude(&mut state, Phase::NotPertinent, at),
        Event::Closed { .. } => leave(&mut state, Phase::Closed, at),
        Event::Reopened { .. } => leave(&mut state, Phase::Reopened, at),
        Event::Merged { into } => {
            state.merged_into = Some(*into);
            leave(&mut state, Phase::Merged, at);
        }
        Event::Absorbed { .. } => {}
        Event::MarkedSpam => {
            state.before_spam = state.phase;
            state.phase = Phase::Spam;
        }
        Event::SpamLifted => state.phase = state.before_spam,
        Event::DeadlineSet { deadline } => set(&mut state, deadline.clone(), at),
        Event::DeadlinePaused { deadline, version, left_seconds } => {
            pause(&mut state, *deadline, *version, *left_seconds)
        }
        Event::DeadlineReached { deadline, version, rung, .. } => {
            for term in &mut state.terms {
                if term.deadline.name == *deadline && term.deadline.version == *version {
                    term.rung = term.rung.max(Some(*rung));
                }
            }
        }
        Event::EmergencyFlagged { .. } => {
            state.emergency = true;
            state.classification.urgency = Urgency::Emergency;
        }
    }
    if state.phase != before {
        note_end(&mut state, at);
    }
    Some(state)
}

/// What it goes over into counts: also from concluded to closed, and out of spam.
fn note_end(state: &mut State, at: Timestamp) {
    let open = state.phase.is_open();
    state.ended_at = (!open).then_some(at);
    if open || state.phase.is_concluded() {
        state.outcome = (!open).then_some(state.phase);
    }
}

fn open(event: &Event) -> Option<State> {
    let Event::Opened { conversation, message, code, channel, public, classification, received_at, deadlines, .. } =
        event
    else {
        return None;
    };
    Some(State {
        version: 1,
        conversation: *conversation,
        message: *message,
        code: code.clone(),
        channel: *channel,
        public: *public,
        phase: Phase::Received,
        ended_at: None,
        outcome: None,
        resume: Phase::Received,
        before_spam: Phase::Received,
        classification: classification.clone(),
        office: classification.office.clone(),
        protocol: None,
        annulled: false,
        received_at: *received_at,
        last_message_at: *received_at,
        terms: deadlines.iter().map(|deadline| Term::new(deadline.clone())).collect(),
        paused: Vec::new(),
        expected_by: None,
        emergency: classification.kind == Some(Kind::Emergency),
        merged_into: None,
        followers: Vec::new(),
    })
}

fn reclassify(state: &mut State, classification: &Classification) {
    if state.phase == Phase::Received {
        state.office = state.office_after(classification.office.clone());
    }
    state.classification = classification.clone();
}

/// Who goes on doesn't wait for the citizen any more.
fn enter(state: &mut State, phase: Phase, at: Timestamp) {
    state.phase = phase;
    state.resume = phase;
    meet(state, &[DeadlineName::CitizenReply], at);
}

/// All is done, and nothing is owed any more but silence.
fn conclude(state: &mut State, phase: Phase, at: Timestamp) {
    meet(state, DeadlineName::ALL, at);
    enter(state, phase, at);
}

/// Nothing is owed any more, done or not.
fn leave(state: &mut State, phase: Phase, at: Timestamp) {
    end(state, DeadlineName::ALL);
    enter(state, phase, at);
}

fn meet(state: &mut State, names: &[DeadlineName], at: Timestamp) {
    over(state, names, Some(at));
}

fn end(state: &mut State, names: &[DeadlineName]) {
    over(state, names, None);
}

/// Ends running terms, and those that stand still. When they were met doesn't change any more.
fn over(state: &mut State, names: &[DeadlineName], met_at: Option<Timestamp>) {
    let State { terms, paused, .. } = state;
    let ended = paused.extract_if(.., |paused| names.contains(&paused.term.deadline.name));
    terms.extend(ended.map(|paused| paused.term));
    for term in terms.iter_mut().filter(|term| !term.done && names.contains(&term.deadline.name)) {
        term.done = true;
        term.met_at = met_at;
    }
}

/// Rungs that were reached stay so when the same term is counted anew, unless they stand in the future now.
fn set(state: &mut State, deadline: Deadline, at: Timestamp) {
    let before =
        state.term(deadline.name).filter(|term| term.deadline.from == deadline.from).and_then(|term| term.rung);
    state.terms.retain(|term| term.deadline.name != deadline.name);
    state.paused.retain(|paused| paused.term.deadline.name != deadline.name);
    let mut term = Term::new(deadline);
    let reached = Rung::ALL.iter().rev().copied();
    term.rung = reached.filter(|rung| before >= Some(*rung)).find(|rung| sla::rung_at(&term.deadline, *rung) <= at);
    state.terms.push(term);
}

fn pause(state: &mut State, name: DeadlineName, version: u32, left_seconds: u64) {
    let runs = |term: &mut Term| !term.done && (term.deadline.name, term.deadline.version) == (name, version);
    let stopped = state.terms.extract_if(.., runs).collect::<Vec<_>>();
    state.paused.extend(stopped.into_iter().map(|term| Paused { term, left_seconds }));
}
