//! One ticket: where it stands in its life. `evolve` holds no rule; which steps are legal says `desk::action`.

use crate::{
    event::ticket::{Classification, Event},
    id::{ConversationId, MessageId, TicketId},
    protocol::ProtocolNumber,
    sla::{Deadline, DeadlineName, Rung},
    words::{Channel, Kind, Office, Urgency, vocabulary},
};
use jiff::{Timestamp, civil::Date};
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

    /// What the next version of a deadline is called.
    pub fn next_version(&self, name: DeadlineName) -> u32 {
        self.term(name).map_or(1, |term| term.deadline.version + 1)
    }
}

/// The state after the event; `None` only before `Opened`. An event without a ticket changes nothing.
pub fn evolve(state: Option<State>, event: &Event, occurred_at: Timestamp) -> Option<State> {
    let Some(mut state) = state else {
        return open(event);
    };
    state.version += 1;
    match event {
        Event::Opened { .. } | Event::NoteAdded { .. } => {}
        Event::Reclassified { classification, .. } => reclassify(&mut state, classification),
        Event::MessageJoined { .. } => state.last_message_at = state.last_message_at.max(occurred_at),
        Event::TakenInCharge { protocol, office } => {
            // A number that was annulled is never used again; a new one is good.
            state.annulled &= state.protocol == Some(*protocol);
            state.protocol = Some(*protocol);
            state.office = Some(office.clone());
            enter(&mut state, Phase::TakenInCharge);
            end(&mut state, &[DeadlineName::TakeInCharge]);
        }
        Event::Reassigned { office, .. } => {
            state.office = Some(office.clone());
            if state.phase == Phase::SentBack {
                enter(&mut state, Phase::TakenInCharge);
                end(&mut state, &[DeadlineName::TakeInCharge]);
            }
        }
        Event::SentBack { .. } => {
            state.office = Some(Office::urp());
            enter(&mut state, Phase::SentBack);
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
            enter(&mut state, resume);
        }
        Event::Feasible { expected_by, .. } => {
            state.expected_by = Some(*expected_by);
            enter(&mut state, Phase::Feasible);
            // A reopened one may get here without being taken in charge again.
            end(&mut state, &[DeadlineName::TakeInCharge, DeadlineName::FirstAnswer]);
        }
        Event::ProgressReported { expected_by, .. } => {
            state.expected_by = expected_by.or(state.expected_by);
        }
        Event::NotFeasible { .. } => conclude(&mut state, Phase::NotFeasible),
        Event::Answered { .. } => conclude(&mut state, Phase::Answered),
        Event::Resolved { .. } => conclude(&mut state, Phase::Resolved),
        Event::NotPertinent { .. } => conclude(&mut state, Phase::NotPertinent),
        Event::Closed { .. } => conclude(&mut state, Phase::Closed),
        Event::Reopened { .. } => {
            enter(&mut state, Phase::Reopened);
            end(&mut state, DeadlineName::ALL);
        }
        Event::Merged { into } => {
            state.merged_into = Some(*into);
            conclude(&mut state, Phase::Merged);
        }
        Event::Absorbed { .. } => {}
        Event::MarkedSpam => {
            state.before_spam = state.phase;
            state.phase = Phase::Spam;
        }
        Event::SpamLifted => state.phase = state.before_spam,
        Event::DeadlineSet { deadline } => set(&mut state, deadline.clone()),
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
    Some(state)
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
        resume: Phase::Received,
        before_spam: Phase::Received,
        classification: classification.clone(),
        office: classification.office.clone(),
        protocol: None,
        annulled: false,
        received_at: *received_at,
        last_message_at: *received_at,
        terms: deadlines.iter().map(|deadline| Term { deadline: deadline.clone(), done: false, rung: None }).collect(),
        expected_by: None,
        emergency: classification.kind == Some(Kind::Emergency),
        merged_into: None,
        followers: Vec::new(),
    })
}

/// A person's choice of office outlives triage's second thoughts.
fn reclassify(state: &mut State, classification: &Classification) {
    state.classification = classification.clone();
    if state.phase == Phase::Received {
        state.office = classification.office.clone();
    }
}

fn enter(state: &mut State, phase: Phase) {
    state.phase = phase;
    state.resume = phase;
}

/// Nothing is owed any more but silence: every term ends.
fn conclude(state: &mut State, phase: Phase) {
    enter(state, phase);
    end(state, DeadlineName::ALL);
}

fn end(state: &mut State, names: &[DeadlineName]) {
    for term in &mut state.terms {
        if names.contains(&term.deadline.name) {
            term.done = true;
        }
    }
}

fn set(state: &mut State, deadline: Deadline) {
    state.terms.retain(|term| term.deadline.name != deadline.name);
    state.terms.push(Term { deadline, done: false, rung: None });
}
