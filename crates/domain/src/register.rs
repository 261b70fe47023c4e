//! The protocol register: which number comes next. Gapless within a year of registration (DPR 445/2000 art. 57).

use crate::{
    calendar::rome,
    event::{EmergencyOpening, Register},
    id::TicketId,
    protocol::{Cited, EmergencyNumber, ProtocolNumber},
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
    /// Days whose register was exported.
    pub exported: BTreeSet<Date>,
    /// Times without the system, oldest first.
    pub emergencies: Vec<Emergency>,
    /// What numbers given by hand became.
    pub by_emergency: BTreeMap<EmergencyNumber, ProtocolNumber>,
}

/// A time in which numbers are given by hand (art. 63).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    pub opening: EmergencyOpening,
    /// As long as it is authorised, renewals counted in.
    pub until: Timestamp,
    pub closed_at: Option<Timestamp>,
}

impl State {
    /// The day that a registration at this moment is of, in Europe/Rome. It never steps back with the clock: the order of
    /// numbers is the order of days, and to a day that was exported nothing is added.
    pub fn date(&self, now: Timestamp) -> Date {
        let today = now.to_zoned(rome()).date();
        let after_export = self.exported.last().and_then(|day| day.tomorrow().ok());
        [self.last_date, after_export].into_iter().flatten().fold(today, Date::max)
    }

    /// The time without the system that isn't over.
    pub fn emergency(&self) -> Option<&Emergency> {
        self.emergencies.last().filter(|emergency| emergency.closed_at.is_none())
    }

    /// What was cited by its number of the emergency register.
    pub fn find_emergency(&self, number: EmergencyNumber) -> Option<TicketId> {
        self.numbers.get(self.by_emergency.get(&number)?).copied()
    }

    /// The tickets that a number means as somebody wrote it: an ordinary one, or one of the emergency register.
    pub fn find_written(&self, number: &str) -> Vec<TicketId> {
        match number.parse::<EmergencyNumber>() {
            Ok(number) => self.find_emergency(number).into_iter().collect(),
            Err(_) => number.parse().map(|cited| self.find(cited)).unwrap_or_default(),
        }
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
            state.numbers.insert(*protocol, *ticket);
            if let Some(registration) = registration {
                state.last_date = state.last_date.max(Some(registration.date));
                state.by_emergency.extend(registration.emergency.map(|number| (number, *protocol)));
            }
        }
        Register::NumberAnnulled { protocol, date, .. } => {
            state.annulled.insert(*protocol);
            state.last_date = state.last_date.max(*date);
        }
        Register::DayExported { day, .. } => {
            state.exported.insert(*day);
        }
        Register::EmergencyOpened(opening) => {
            state.emergencies.push(Emergency { opening: opening.clone(), until: opening.until, closed_at: None })
        }
        Register::EmergencyExtended { until, .. } => {
            if let Some(emergency) = state.emergencies.last_mut() {
                emergency.until = *until;
            }
        }
        Register::EmergencyClosed { at } => {
            if let Some(emergency) = state.emergencies.last_mut() {
                emergency.closed_at = Some(*at);
            }
        }
        Register::EmergencyImported(_) => {}
    }
    state
}

#[cfg(test)]
mod tests;
