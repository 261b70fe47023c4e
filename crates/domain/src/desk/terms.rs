//! Terms as they are set, stopped, and counted anew. Each setting says which calendar it was counted in, and why.

use super::{Context, Decision, Desk};
use crate::{
    calendar::{Calendar, URP},
    event::{Event as Fact, Log, Stream, ticket::Event},
    id::TicketId,
    sla::{self, Deadline, DeadlineName, Step, StepKind, Why},
    ticket::{State, Term},
    words::{Actor, Kind, Office},
};
use jiff::Timestamp;

/// The calendar in force, by what the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adopted {
    pub version: u32,
    pub sha256: [u8; 32],
}

/// Sets the terms of one ticket.
pub(super) struct Terms<'a> {
    pub desk: &'a Desk,
    pub id: TicketId,
    pub ticket: &'a State,
    pub context: &'a Context<'a>,
}

impl Terms<'_> {
    pub fn set(&self, decision: &mut Decision, deadline: Deadline, why: Why) {
        let version = self.ticket.next_version(deadline.name);
        let deadline = Deadline { version, ..self.desk.counted(deadline, why) };
        decision.ticket(self.id, Event::DeadlineSet { deadline });
    }

    /// A word was told to the citizen: the next one is due in so many days.
    pub fn renew_news(&self, decision: &mut Decision, why: Why) {
        let deadline = sla::news(self.context.calendar, self.context.now, self.ticket.office.as_ref());
        self.set(decision, deadline, why);
    }

    /// A person asked the citizen: the city's terms stand still, his runs. What is over already stays so.
    pub fn pause(&self, decision: &mut Decision) {
        let now = self.context.now;
        let stops = |term: &&Term| !term.done && term.deadline.name.is_paused_by_question() && term.deadline.due > now;
        for term in self.ticket.terms.iter().filter(stops) {
            let hours = self.context.calendar.hours(self.hours_of(term.deadline.name));
            let left = hours.between(now, term.deadline.due);
            // What is begun counts whole: a pause never shortens.
            let left_seconds = left.as_secs().unsigned_abs() + u64::from(left.subsec_nanos() > 0);
            let Deadline { name, version, .. } = term.deadline;
            decision.ticket(self.id, Event::DeadlinePaused { deadline: name, version, left_seconds });
        }
        self.set(decision, sla::citizen_reply(self.context.calendar, now), Why::Asked);
    }

    /// The wait is over: what was left runs from `from` on, but for the terms that are met or set anew.
    pub fn resume(&self, decision: &mut Decision, from: Timestamp, but: &[DeadlineName]) {
        for paused in self.ticket.paused.iter().filter(|paused| !but.contains(&paused.term.deadline.name)) {
            let (stopped, office) = (&paused.term.deadline, self.ticket.office.as_ref());
            let deadline = match stopped.name {
                DeadlineName::News => sla::news(self.context.calendar, from, office),
                _ => sla::resumed(self.context.calendar, stopped, paused.left_seconds, from, office),
            };
            self.set(decision, deadline, Why::Resumed);
        }
    }

    /// Another office has its own hours, and perhaps its own number of days.
    pub fn follow_office(&self, decision: &mut Decision, office: Option<&Office>, kind: Option<Kind>) {
        let running = self.ticket.term(DeadlineName::FirstAnswer).filter(|term| !term.done);
        let Some(Term { deadline: old, .. }) = running.filter(|term| term.deadline.rule != RESUMED) else {
            return;
        };
        let fresh = sla::first_answer(self.context.calendar, old.from, office, kind);
        if fresh.due != old.due {
            self.set(decision, fresh, Why::Office);
        }
    }

    fn hours_of(&self, name: DeadlineName) -> &str {
        match (name, &self.ticket.office) {
            (DeadlineName::TakeInCharge, _) | (_, None) => URP,
            (_, Some(office)) => &office.0,
        }
    }
}

/// The rule of terms that were paused.
const RESUMED: &str = "left/1";

impl Desk {
    /// The deadline as it goes to the log: with the calendar in force.
    pub(super) fn counted(&self, deadline: Deadline, why: Why) -> Deadline {
        Deadline { calendar: self.calendar.map_or(0, |adopted| adopted.version), why: Some(why), ..deadline }
    }

    /// Whether the log must take up this calendar first.
    pub fn must_adopt(&self, calendar: &Calendar) -> bool {
        calendar.source().is_some_and(|source| self.calendar.map(|adopted| adopted.sha256) != Some(source.sha256))
    }

    /// Tickets whose running terms were counted in an older calendar, and would be otherwise in this one.
    pub fn to_recount(&self, calendar: &Calendar) -> Vec<TicketId> {
        let Some(Adopted { version, .. }) = self.calendar else {
            return Vec::new();
        };
        let changed = |ticket: &State| {
            let older = |term: &&Term| !term.done && term.deadline.calendar != version;
            ticket.terms.iter().filter(older).any(|term| recount(calendar, ticket, &term.deadline).is_some())
        };
        let mut all = self.tickets.iter().filter(|(_, ticket)| changed(ticket)).map(|(id, _)| *id).collect::<Vec<_>>();
        all.sort_unstable();
        all
    }

    pub(super) fn fold_log(&mut self, event: &Log) {
        if let Log::CalendarAdopted { version, sha256, .. } = event {
            self.calendar = Some(Adopted { version: *version, sha256: *sha256 });
        }
    }
}

pub(super) fn adopt(desk: &Desk, context: &Context<'_>) -> Decision {
    let Some(source) = context.calendar.source().filter(|_| desk.must_adopt(context.calendar)) else {
        return Decision::none("calendar_known");
    };
    let version = desk.calendar.map_or(1, |adopted| adopted.version.saturating_add(1));
    let event = Log::CalendarAdopted { version, sha256: source.sha256, content: source.text.clone() };
    Decision::of(Stream::Log, Fact::Log(event))
}

/// Counts the ticket's running terms in the calendar in force.
pub(super) fn recount_ticket(desk: &Desk, id: TicketId, context: &Context<'_>) -> Decision {
    let Some(ticket) = desk.tickets.get(&id) else {
        return Decision::none("ticket_unknown");
    };
    let mut decision = Decision { reason: "terms_stay", ..Decision::by(Actor::rule("calendar")) };
    let terms = Terms { desk, id, ticket, context };
    for term in ticket.terms.iter().filter(|term| !term.done) {
        if let Some(fresh) = recount(context.calendar, ticket, &term.deadline) {
            terms.set(&mut decision, fresh, Why::Calendar);
        }
    }
    decision
}

/// The same term in another calendar; `None` when nothing changes. What the citizen was told never moves earlier.
fn recount(calendar: &Calendar, ticket: &State, old: &Deadline) -> Option<Deadline> {
    let office = ticket.office.as_ref();
    let fresh = match old.name {
        DeadlineName::AutoClose => return None,
        _ if old.rule == RESUMED => sla::resumed(calendar, old, old.working_seconds, old.from, office),
        DeadlineName::TakeInCharge => sla::take_in_charge(calendar, old.from),
        DeadlineName::FirstAnswer => sla::first_answer(calendar, old.from, office, ticket.classification.kind),
        DeadlineName::Resolution => sla::resolution(calendar, old.from, ticket.expected_by?, office),
        DeadlineName::News => sla::news(calendar, old.from, office),
        DeadlineName::CitizenReply => sla::citizen_reply(calendar, old.from),
    };
    let fresh = if old.name.is_told() && fresh.due < old.due { kept(fresh, old) } else { fresh };
    (fresh.due != old.due || fresh.rungs != old.rungs).then_some(fresh)
}

/// It stays as it was told, and so do its rungs.
fn kept(fresh: Deadline, old: &Deadline) -> Deadline {
    let mut steps = fresh.steps;
    steps.push(Step::new(StepKind::Kept, crate::calendar::local_date(old.due)));
    let (due, rungs, working_seconds) = (old.due, old.rungs.clone(), old.working_seconds);
    Deadline { due, rungs, working_seconds, steps, ..fresh }
}
