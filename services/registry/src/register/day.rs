//! One day of the register, read back from the log: what the daily register shows (DPR 445/2000 art. 53 c. 2).

use crate::journal::{self, Head, Reader};
use segnalalo_domain::{
    Timestamp,
    calendar::rome,
    event::{EmergencyImport, EmergencyOpening, Event, Recorded, Register, Registration},
    protocol::ProtocolNumber,
};
use segnalalo_proto::convert;

/// In Europe/Rome.
pub type Date = jiff::civil::Date;

#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    pub date: Date,
    /// Of the log, when the day was exported.
    pub head: Head,
    /// In the log's order.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// In the log.
    pub position: u64,
    /// `None`: it is about the emergency register as a whole.
    pub protocol: Option<ProtocolNumber>,
    /// By the registry's clock.
    pub recorded_at: Timestamp,
    /// The operator's account, or the rule.
    pub operator: String,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Registration {
        subject: String,
        /// `None` in old logs.
        record: Option<Box<Registration>>,
    },
    Annulment {
        reason: String,
        act: String,
    },
    Emergency(Emergency),
}

/// What happened to the emergency register (art. 63).
#[derive(Debug, Clone, PartialEq)]
pub enum Emergency {
    Opened(EmergencyOpening),
    Extended { until: Timestamp, act: String },
    Closed { at: Timestamp },
    Imported(EmergencyImport),
}

impl Day {
    /// The day's rows up to a head, from the positions that the read model knows.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn gather(reader: &dyn Reader, date: Date, positions: &[u64], head: Head) -> Result<Self, journal::Error> {
        let mut rows = Vec::new();
        for position in positions.iter().copied().filter(|position| *position <= head.position) {
            let record = reader.read(position)?;
            rows.extend(record.and_then(|record| convert::read(&record).ok()).and_then(row));
        }
        Ok(Self { date, head, rows })
    }

    pub fn registrations(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.what, What::Registration { .. })).count()
    }

    /// Whether the emergency register was opened, extended, closed or taken in on it.
    pub fn has_emergency(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.what, What::Emergency(_)))
    }

    pub fn annulments(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.what, What::Annulment { .. })).count()
    }
}

fn row(recorded: Recorded) -> Option<Row> {
    let Recorded { position, recorded_at, actor, event: Event::Register(event), .. } = recorded else {
        return None;
    };
    let (protocol, what) = match event {
        Register::NumberAssigned { protocol, subject, registration, .. } => {
            (Some(protocol), What::Registration { subject, record: registration })
        }
        Register::NumberAnnulled { protocol, reason, act, .. } => (Some(protocol), What::Annulment { reason, act }),
        Register::EmergencyOpened(opening) => (None, What::Emergency(Emergency::Opened(opening))),
        Register::EmergencyExtended { until, act, .. } => (None, What::Emergency(Emergency::Extended { until, act })),
        Register::EmergencyClosed { at } => (None, What::Emergency(Emergency::Closed { at })),
        Register::EmergencyImported(import) => (None, What::Emergency(Emergency::Imported(import))),
        Register::DayExported { .. } => return None,
    };
    Some(Row { position, protocol, recorded_at, operator: actor.name, what })
}

/// `2026-11-27`, `10:05:09`: in Biella.
pub fn local(at: Timestamp) -> (String, String) {
    let local = at.to_zoned(rome());
    (local.date().to_string(), local.strftime("%H:%M:%S").to_string())
}
