//! The rungs that are still to come, in order of time: a function of the log. The tickets evolve by the domain's own
//! rules, so that this clock and the registry can't disagree on which terms run. A ticket marked as spam stands still.
//! (A question to the citizen doesn't pause a term yet.)

use jiff::Timestamp;
use segnalalo_domain::{
    event::{Event, Log, Recorded, Stream},
    id::{CauseId, TicketId},
    sla::{self, DeadlineName, Rung},
    ticket::{self, Phase, State},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// One rung of one version of one term of one ticket. In order of time; of equal ones the lower rung first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Due {
    pub at: Timestamp,
    pub rung: Rung,
    pub ticket: TicketId,
    pub deadline: DeadlineName,
    pub version: u32,
}

impl Due {
    /// The id under which the registry handles it, once for good.
    fn cause(&self) -> CauseId {
        sla::rung_cause(self.ticket, self.deadline, self.version, self.rung)
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timers {
    tickets: HashMap<TicketId, State>,
    queue: BTreeSet<Due>,
    /// What waits in `queue`, by its id.
    causes: HashMap<CauseId, Due>,
    /// Handled by the registry without effect: never asked for again.
    declined: HashSet<CauseId>,
}

impl Timers {
    /// Folds a recorded event in.
    pub fn apply(&mut self, recorded: &Recorded) {
        match (recorded.stream, &recorded.event) {
            (Stream::Ticket(id), Event::Ticket(event)) => {
                let before = self.tickets.remove(&id);
                for due in before.iter().flat_map(|state| rungs(id, state)) {
                    self.remove(&due);
                }
                if let Some(state) = ticket::evolve(before, event, recorded.occurred_at) {
                    for due in rungs(id, &state) {
                        self.insert(due);
                    }
                    self.tickets.insert(id, state);
                }
            }
            (_, Event::Log(Log::ObservationNoted { .. })) => self.decline(recorded.cause),
            _ => {}
        }
    }

    /// The instant of the next rung.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.queue.first().map(|due| due.at)
    }

    /// Rungs whose instant has come, oldest first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = &Due> {
        self.queue.iter().take_while(move |due| due.at <= now)
    }

    pub fn contains(&self, due: &Due) -> bool {
        self.queue.contains(due)
    }

    /// Rungs still to come.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn insert(&mut self, due: Due) {
        if !self.declined.contains(&due.cause()) {
            self.causes.insert(due.cause(), due);
            self.queue.insert(due);
        }
    }

    fn remove(&mut self, due: &Due) {
        self.causes.remove(&due.cause());
        self.queue.remove(due);
    }

    fn decline(&mut self, cause: CauseId) {
        if let Some(due) = self.causes.get(&cause).copied() {
            self.remove(&due);
            self.declined.insert(cause);
        }
    }
}

/// What is still to come for a ticket: above the highest rung that was reached, of terms that run.
fn rungs(id: TicketId, state: &State) -> Vec<Due> {
    if state.phase == Phase::Spam {
        return Vec::new();
    }
    let running = state.terms.iter().filter(|term| !term.done);
    running
        .flat_map(|term| {
            let to_come = term.deadline.name.rungs().iter().copied();
            to_come.filter(|rung| term.rung < Some(*rung)).map(|rung| Due {
                at: sla::rung_at(&term.deadline, rung),
                rung,
                ticket: id,
                deadline: term.deadline.name,
                version: term.deadline.version,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
