//! One ticket, made small: its phase, and of its terms the names, versions and instants. It comes back as a state that
//! the domain can evolve; what isn't about terms is missing there, and no rule about terms asks for it (a test folds
//! whole states beside it and compares).

use jiff::Timestamp;
use segnalalo_domain::{
    event::ticket::{Classification, Event},
    id::{ConversationId, MessageId, TicketId},
    sla::{self, Deadline, DeadlineName, Rung},
    ticket::{self, Phase, State},
    words::{Channel, Urgency},
};
use std::sync::LazyLock;

pub const RUNGS: usize = Rung::ALL.len();
/// No such rung.
const NEVER: i64 = i64::MAX;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub id: TicketId,
    pub phase: Phase,
    pub resume: Phase,
    pub before_spam: Phase,
    pub terms: Box<[Term]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// By rung; nanoseconds since 1970.
    pub at: [i64; RUNGS],
    /// Nanoseconds since 1970.
    pub from: i64,
    pub version: u32,
    pub name: DeadlineName,
    /// The highest rung that was reached.
    pub reached: Option<Rung>,
    /// A bit for each rung that the registry handled without effect.
    pub declined: u8,
    pub done: bool,
}

const _: () = assert!(RUNGS <= 8);

impl Slot {
    /// As it is after `event`. Terms that aren't new keep their instants from `before`.
    pub fn of(id: TicketId, state: &State, event: &Event, before: Option<&Self>) -> Self {
        let set = match event {
            Event::DeadlineSet { deadline } => Some(deadline.name),
            _ => None,
        };
        let known = |deadline: &Deadline| {
            let term = before?.term(deadline.name)?;
            (term.version == deadline.version && set != Some(deadline.name)).then_some(term)
        };
        let small = |term: &ticket::Term| match known(&term.deadline) {
            Some(known) => Term { reached: term.rung, done: term.done, ..known.clone() },
            None => Term::new(term),
        };
        Self {
            id,
            phase: state.phase,
            resume: state.resume,
            before_spam: state.before_spam,
            terms: state.terms.iter().map(small).collect(),
        }
    }

    /// Whether something may still come of it. Of what doesn't matter any more nothing is kept: should it be opened
    /// again, its terms are set anew.
    pub fn matters(&self) -> bool {
        [self.phase, self.resume, self.before_spam].iter().any(|phase| matches!(phase, Phase::Spam | Phase::SentBack))
            || self.terms.iter().any(|term| !term.done)
    }

    pub fn term(&self, name: DeadlineName) -> Option<&Term> {
        self.terms.iter().find(|term| term.name == name)
    }

    pub fn decline(&mut self, name: DeadlineName, rung: Rung) {
        if let Some(term) = self.terms.iter_mut().find(|term| term.name == name) {
            term.declined |= 1 << rung as u8;
        }
    }

    /// Above the highest rung that was reached, of terms that run.
    pub fn to_come(&self) -> impl Iterator<Item = (DeadlineName, Rung, i64)> {
        let stands_still = self.phase == Phase::Spam;
        self.terms.iter().filter(move |term| !term.done && !stands_still).flat_map(Term::to_come)
    }

    pub fn expand(&self) -> State {
        let mut state = forgotten();
        state.phase = self.phase;
        state.resume = self.resume;
        state.before_spam = self.before_spam;
        for term in &self.terms {
            // The domain makes its own terms; that something was set is all that this needs.
            state = evolved(state, &Event::DeadlineSet { deadline: term.skeleton() }, instant(term.from));
            if let Some(made) = state.terms.iter_mut().find(|made| made.deadline.name == term.name) {
                made.rung = term.reached;
                made.done = term.done;
            }
        }
        state
    }
}

impl Term {
    fn new(term: &ticket::Term) -> Self {
        let deadline = &term.deadline;
        let mut at = [NEVER; RUNGS];
        for rung in deadline.name.rungs() {
            at[*rung as usize] = nanos(sla::rung_at(deadline, *rung));
        }
        Self {
            at,
            from: nanos(deadline.from),
            version: deadline.version,
            name: deadline.name,
            reached: term.rung,
            declined: 0,
            done: term.done,
        }
    }

    fn to_come(&self) -> impl Iterator<Item = (DeadlineName, Rung, i64)> {
        let to_come = self.name.rungs().iter().copied();
        to_come
            .filter(|rung| self.reached < Some(*rung) && self.declined & (1 << *rung as u8) == 0)
            .map(|rung| (self.name, rung, self.at[rung as usize]))
    }

    /// Without its instants.
    fn skeleton(&self) -> Deadline {
        let from = instant(self.from);
        Deadline::plain(self.name, self.version, from, from, "")
    }
}

/// A ticket of which nothing is known but that it was there, and owes nothing.
pub fn forgotten() -> State {
    static FORGOTTEN: LazyLock<State> = LazyLock::new(|| {
        let opened = Event::Opened {
            conversation: ConversationId([0; 16]),
            message: MessageId([0; 16]),
            code: String::new(),
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
            received_at: Timestamp::UNIX_EPOCH,
            deadlines: Vec::new(),
            sealed: None,
        };
        let state = ticket::evolve(None, &opened, Timestamp::UNIX_EPOCH).expect("an opened ticket has a state");
        State { phase: Phase::Closed, resume: Phase::Closed, before_spam: Phase::Closed, ..state }
    });
    FORGOTTEN.clone()
}

fn evolved(state: State, event: &Event, at: Timestamp) -> State {
    ticket::evolve(Some(state), event, at).expect("what is there stays there")
}

/// Nanoseconds since 1970, as far as they go: into the year 2262.
pub fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(if at < Timestamp::UNIX_EPOCH { i64::MIN } else { NEVER })
}

pub fn instant(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanos.into()).expect("the nanoseconds of an i64 lie between the years 1677 and 2262")
}
