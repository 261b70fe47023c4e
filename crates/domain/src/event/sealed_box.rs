//! The box of an event: each has one at most.

use super::{ChannelEvent, Event, Log, Register, conversation::Event as Conversation, ticket::Event as Ticket};
use crate::sealed::Sealed;

macro_rules! find {
    ($event:expr, $as_option:ident, $of_registration:expr) => {
        match $event {
            Event::Log(
                Log::Opened { .. }
                | Log::ObservationNoted { .. }
                | Log::KeysErased(_)
                | Log::RetentionApplied(_)
                | Log::CalendarAdopted { .. }
                | Log::Access(_),
            ) => None,
            Event::Channel(ChannelEvent::NoticeReceived { sealed, .. }) => Some(sealed),
            Event::Register(Register::NumberAssigned { registration, .. }) => {
                registration.$as_option().map($of_registration)
            }
            Event::Register(
                Register::NumberAnnulled { .. }
                | Register::DayExported { .. }
                | Register::EmergencyOpened(_)
                | Register::EmergencyExtended { .. }
                | Register::EmergencyClosed { .. }
                | Register::EmergencyImported(_),
            ) => None,
            Event::Conversation(event) => match event {
                Conversation::MessageReceived { sealed, .. }
                | Conversation::MessageEdited { sealed, .. }
                | Conversation::MessageConcluded { sealed, .. }
                | Conversation::SendAttempted { sealed, .. }
                | Conversation::SendAccepted { sealed, .. }
                | Conversation::ColleagueAnswered { sealed, .. }
                | Conversation::IdentityChanged { sealed, .. }
                | Conversation::MediaStored { sealed, .. } => Some(sealed),
                Conversation::ReplyRequested { words, .. } => words.$as_option(),
                Conversation::MessageRemoved { .. }
                | Conversation::MessageReacted { .. }
                | Conversation::TriageGivenUp { .. }
                | Conversation::MessageRouted { .. }
                | Conversation::SendRefused { .. }
                | Conversation::SendUnknown { .. }
                | Conversation::ReplyHeld { .. }
                | Conversation::ReplyDropped { .. }
                | Conversation::DeliveryReported { .. }
                | Conversation::MediaFailed { .. } => None,
            },
            Event::Ticket(event) => match event {
                Ticket::Opened { sealed, .. } | Ticket::Reclassified { sealed, .. } => sealed.$as_option(),
                Ticket::CitizenAsked { words, .. }
                | Ticket::Feasible { words, .. }
                | Ticket::Resolved { words }
                | Ticket::Reassigned { words, .. }
                | Ticket::SentBack { words, .. }
                | Ticket::Closed { words, .. }
                | Ticket::Reopened { words, .. } => words.$as_option(),
                Ticket::Answered { words }
                | Ticket::NotFeasible { words }
                | Ticket::ProgressReported { words, .. }
                | Ticket::NotPertinent { words }
                | Ticket::NoteAdded { words } => Some(words),
                Ticket::MessageJoined { .. }
                | Ticket::TakenInCharge { .. }
                | Ticket::CitizenAnswered { .. }
                | Ticket::Merged { .. }
                | Ticket::Absorbed { .. }
                | Ticket::MarkedSpam
                | Ticket::SpamLifted
                | Ticket::DeadlineSet { .. }
                | Ticket::DeadlineReached { .. }
                | Ticket::DeadlinePaused { .. }
                | Ticket::WaitEnded
                | Ticket::EmergencyFlagged { .. } => None,
            },
        }
    };
}

impl Event {
    /// The event's personal data, if it has any.
    pub fn sealed(&self) -> Option<&Sealed> {
        find!(self, as_ref, |registration| &registration.sealed)
    }

    pub fn sealed_mut(&mut self) -> Option<&mut Sealed> {
        find!(self, as_mut, |registration| &mut registration.sealed)
    }
}
