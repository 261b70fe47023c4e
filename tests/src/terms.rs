//! What a log says of terms and their rungs, and whether each rung is there once and where the rule puts it (I6).

use jiff::Timestamp;
use segnalalo_domain::{
    event::{Event, Recorded, Stream, ticket::Event as Happened},
    id::TicketId,
    sla::{self, Deadline, DeadlineName, Rung},
    ticket,
};
use std::collections::{BTreeMap, HashMap};

#[derive(Default)]
pub struct Terms {
    pub states: HashMap<TicketId, ticket::State>,
    pub set: HashMap<(TicketId, DeadlineName, u32), Deadline>,
    pub reached: BTreeMap<(TicketId, DeadlineName, u32, Rung), Vec<Timestamp>>,
    twice: Vec<String>,
}

impl Terms {
    pub fn of<'a>(log: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut terms = Self::default();
        for recorded in log {
            let (Stream::Ticket(id), Event::Ticket(event)) = (recorded.stream, &recorded.event) else {
                continue;
            };
            terms.note(id, event);
            let before = terms.states.remove(&id);
            if let Some(state) = ticket::evolve(before, event, recorded.occurred_at) {
                terms.states.insert(id, state);
            }
        }
        terms
    }

    fn note(&mut self, id: TicketId, event: &Happened) {
        match event {
            Happened::Opened { deadlines, .. } => {
                if deadlines.is_empty() {
                    self.twice.push(format!("ticket {id} was opened without a term"));
                }
                deadlines.iter().for_each(|deadline| self.note_set(id, deadline));
            }
            Happened::DeadlineSet { deadline } => self.note_set(id, deadline),
            Happened::DeadlineReached { deadline, version, rung, due_at, .. } => {
                self.reached.entry((id, *deadline, *version, *rung)).or_default().push(*due_at);
            }
            _ => {}
        }
    }

    fn note_set(&mut self, id: TicketId, deadline: &Deadline) {
        let (name, version) = (deadline.name, deadline.version);
        if self.set.insert((id, name, version), deadline.clone()).is_some() {
            self.twice.push(format!("{name}/{version} of ticket {id} was set twice"));
        }
    }

    /// Rungs of running terms that are past and have no event.
    pub fn missing(&self, now: Timestamp) -> Vec<String> {
        let running = self
            .states
            .iter()
            .flat_map(|(id, state)| state.terms.iter().filter(|term| !term.done).map(move |term| (id, term)));
        running
            .flat_map(|(id, term)| {
                let rungs = term.deadline.name.rungs().iter();
                let past = rungs.filter(|rung| sla::rung_at(&term.deadline, **rung) <= now && term.rung < Some(**rung));
                past.map(|rung| format!("{id} {} {rung}", term.deadline.name)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// What isn't as it must be: a ticket without a term, a term set twice, a rung said twice or elsewhere than the rule
    /// has it.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = self.twice.clone();
        for ((id, name, version, rung), due) in &self.reached {
            let what = format!("{rung} of {name}/{version} of ticket {id}");
            match self.set.get(&(*id, *name, *version)).map(|term| sla::rung_at(term, *rung)) {
                None => wrong.push(format!("{what} belongs to no term")),
                Some(_) if due.len() > 1 => wrong.push(format!("{what} was said {} times", due.len())),
                Some(at) if due[0] != at => wrong.push(format!("{what} stands at {}, not at {at}", due[0])),
                Some(_) => {}
            }
        }
        wrong
    }
}
