//! The protocol register (DPR 445/2000 art. 53-57, 63).

use crate::{
    id::TicketId,
    protocol::{EmergencyNumber, ProtocolNumber},
    sealed::Sealed,
    words::{Channel, Office},
};
use jiff::{Timestamp, civil::Date};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Register {
    /// Always in the same append as `ticket::Event::TakenInCharge` (DPR 445/2000 art. 53 c. 3).
    NumberAssigned {
        protocol: ProtocolNumber,
        ticket: TicketId,
        /// Neutral: category, and street when the city knows it. It can never be changed.
        subject: String,
        /// `None` in logs from before the whole record was kept.
        registration: Option<Box<Registration>>,
    },
    /// Marked, never deleted or used again (art. 54).
    NumberAnnulled {
        protocol: ProtocolNumber,
        ticket: TicketId,
        reason: String,
        act: String,
        /// In Europe/Rome, and never of a day that was exported already. `None` in old logs: the day it was recorded.
        date: Option<Date>,
    },
    /// The daily register of a day that is over (art. 53 c. 2): nothing is added to it any more.
    DayExported { day: Date, export: Box<DayExport> },
    /// Registering by hand begins (art. 63 c. 1).
    EmergencyOpened(EmergencyOpening),
    /// It goes on, for a week at most (art. 63 c. 2).
    EmergencyExtended { until: Timestamp, authorised_by: String, act: String },
    /// The system works again.
    EmergencyClosed { at: Timestamp },
    /// What was registered by hand has its ordinary numbers: in the same append (art. 63 c. 5).
    EmergencyImported(EmergencyImport),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayExport {
    /// The log's head when it was exported.
    pub head_position: u64,
    pub head_hash: [u8; 32],
    pub registrations: u32,
    pub annulments: u32,
    /// SHA-256 of each form.
    pub csv: [u8; 32],
    pub xml: [u8; 32],
    pub text: [u8; 32],
    /// Ed25519, over the manifest (docs/register.md).
    pub public_key: [u8; 32],
    pub signature: [u8; 64],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyOpening {
    pub from: Timestamp,
    /// As long as it is authorised: 24 hours at first.
    pub until: Timestamp,
    pub cause: String,
    /// Who answers for the register, and the act.
    pub authorised_by: String,
    pub act: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyImport {
    /// Of the file.
    pub sha256: [u8; 32],
    pub first: EmergencyNumber,
    pub last: EmergencyNumber,
    /// How many on each day.
    pub totals: Vec<(Date, u32)>,
}

/// What the register holds beside number and subject (art. 53 c. 1; AgID, Linee guida sulla formazione, gestione e
/// conservazione dei documenti informatici). When it was registered, and by whom, stands with the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Of registration, in Europe/Rome. Like the number's year, it never steps back with the clock.
    pub date: Date,
    /// By the platform's clock.
    pub arrived_at: Timestamp,
    pub channel: Channel,
    /// To which it was assigned.
    pub office: Office,
    /// The office's place in the city's classification scheme (titolario); may be empty.
    pub classification: String,
    /// That set the term for taking it in charge: "C1/1".
    pub deadline_rule: String,
    /// SHA-256 of the document: what the citizen wrote until then (docs/register.md says how it is put together).
    pub digest: [u8; 32],
    /// Positions in the log of the messages that the document consists of.
    pub document: Vec<u64>,
    /// The number it had while the system was down (art. 63).
    pub emergency: Option<EmergencyNumber>,
    /// The sender as declared, and what the document begins with.
    pub sealed: Sealed,
}
