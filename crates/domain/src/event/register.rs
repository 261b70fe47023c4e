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
    NumberAnnulled { protocol: ProtocolNumber, ticket: TicketId, reason: String, act: String },
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
