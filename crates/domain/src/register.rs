//! The protocol register: which number comes next. Gapless within a year of registration (DPR 445/2000 art. 57).

use crate::{
    event::Register,
    id::TicketId,
    protocol::{Cited, ProtocolNumber},
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    pub version: u64,
    /// The last number given out.
    pub last: Option<ProtocolNumber>,
    pub numbers: BTreeMap<ProtocolNumber, TicketId>,
    pub annulled: BTreeSet<ProtocolNumber>,
}

impl State {
    /// The number that a registration in `year` (of Europe/Rome) gets. The year never steps back with the clock.
    pub fn next(&self, year: u16) -> ProtocolNumber {
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
        Register::NumberAssigned { protocol, ticket, .. } => {
            state.last = Some(*protocol);
            state.numbers.insert(*protocol, *ticket);
        }
        Register::NumberAnnulled { protocol, .. } => {
            state.annulled.insert(*protocol);
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(year: u16, number: u32) -> Register {
        Register::NumberAssigned {
            protocol: ProtocolNumber { year, number },
            ticket: TicketId::derived(&[&year.to_be_bytes(), &number.to_be_bytes()]),
            subject: String::new(),
        }
    }

    #[test]
    fn numbers_begin_at_one_each_year_and_leave_no_gap() {
        let state = evolve(State::default(), &assigned(2026, 1));
        assert_eq!(State::default().next(2026), ProtocolNumber { year: 2026, number: 1 });
        assert_eq!(state.next(2026), ProtocolNumber { year: 2026, number: 2 });
        assert_eq!(state.next(2027), ProtocolNumber { year: 2027, number: 1 });
    }

    #[test]
    fn a_clock_that_steps_back_over_new_year_does_not_reopen_the_old_register() {
        let state = evolve(State::default(), &assigned(2027, 1));
        assert_eq!(state.next(2026), ProtocolNumber { year: 2027, number: 2 });
    }

    #[test]
    fn a_number_without_its_year_may_mean_several_tickets() {
        let state = evolve(evolve(State::default(), &assigned(2026, 7)), &assigned(2027, 7));
        assert_eq!(state.find(Cited { year: None, number: 7 }).len(), 2);
        assert_eq!(state.find(Cited { year: Some(2026), number: 7 }).len(), 1);
        assert!(state.find(Cited { year: Some(2026), number: 8 }).is_empty());
    }
}
