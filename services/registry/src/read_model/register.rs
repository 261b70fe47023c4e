//! Which registrations and annulments belong to which day of the register.

use segnalalo_domain::{
    calendar::rome,
    event::{Recorded, Register},
};
use std::collections::BTreeMap;

/// A day in Europe/Rome.
pub type Day = jiff::civil::Date;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct DayIndex {
    days: BTreeMap<Day, Vec<u64>>,
    /// Where it stands that a day was exported.
    exports: BTreeMap<Day, u64>,
}

impl DayIndex {
    pub fn note(&mut self, recorded: &Recorded, event: &Register) {
        if let Register::DayExported { day, .. } = event {
            self.exports.entry(*day).or_insert(recorded.position);
        }
        let day = match event {
            Register::NumberAssigned { registration, .. } => {
                Some(registration.as_ref().map(|registration| registration.date))
            }
            Register::NumberAnnulled { date, .. } => Some(*date),
            Register::EmergencyOpened(_)
            | Register::EmergencyExtended { .. }
            | Register::EmergencyClosed { .. }
            | Register::EmergencyImported(_) => Some(None),
            Register::DayExported { .. } => None,
        };
        if let Some(day) = day {
            let day = day.unwrap_or_else(|| recorded.recorded_at.to_zoned(rome()).date());
            self.days.entry(day).or_default().push(recorded.position);
        }
    }

    /// Positions in the log, oldest first.
    pub fn of(&self, day: Day) -> &[u64] {
        self.days.get(&day).map_or(&[], Vec::as_slice)
    }

    /// The position of the event that says so.
    pub fn export_of(&self, day: Day) -> Option<u64> {
        self.exports.get(&day).copied()
    }

    /// Days before this one on which something was registered, annulled, or noted of the emergency register.
    pub fn before(&self, day: Day) -> impl Iterator<Item = Day> {
        self.days.range(..day).map(|(day, _)| *day)
    }
}
