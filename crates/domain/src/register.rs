//! The protocol register: which number comes next. Gapless within a year of registration (DPR 445/2000 art. 57).

use crate::{
    calendar::rome,
    event::Register,
    id::TicketId,
    protocol::{Cited, ProtocolNumber},
};
use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    pub version: u64,
    /// The last number given out.
    pub last: Option<ProtocolNumber>,
    /// The day of the last registration.
    pub last_date: Option<Date>,
    pub numbers: BTreeMap<ProtocolNumber, TicketId>,
    pub annulled: BTreeSet<ProtocolNumber>,
}

impl State {
    /// The day that a registration at this moment is of, in Europe/Rome. It never steps back with the clock: the order of
    /// numbers is the order of days.
    pub fn date(&self, now: Timestamp) -> Date {
        let today = now.to_zoned(rome()).date();
        self.last_date.map_or(today, |last| last.max(today))
    }

    /// The number that a registration of this day gets. The year never steps back either.
    pub fn next(&self, date: Date) -> ProtocolNumber {
        let year = u16::try_from(date.year()).unwrap_or(0);
        match self.last {
            Some(last) if last.year >= year => ProtocolNumber { year: last.year, number: last.number + 1 },
            _ => ProtocolNumber { year, number: 1 },
        }
    }

    /// The tickets that a cited number may mean, newest year first: several when the year was left out.
    pub fn find(&self, cited: Cited) -> Vec<TicketId> {
        let years = self.numbers.keys().map(|number| number.year).collect::<BTreeSet<_>>();
        years
            .into_iter()
            .rev()
            .filter(|year| cited.year.is_none_or(|cited| cited == *year))
            .filter_map(|year| self.numbers.get(&ProtocolNumber { year, number: cited.number }))
            .copied()
            .collect()
    }
}

/// The state after the event.
pub fn evolve(mut state: State, event: &Register) -> State {
    state.version += 1;
    match event {
        Register::NumberAssigned { protocol, ticket, registration, .. } => {
            state.last = Some(*protocol);
            state.last_date = registration.as_ref().map(|registration| registration.date).or(state.last_date);
            state.numbers.insert(*protocol, *ticket);
        }
        Register::NumberAnnulled { protocol, .. } => {
            state.annulled.insert(*protocol);
        }
    }
    state
}

#[cfg(test)]
mod tests;
