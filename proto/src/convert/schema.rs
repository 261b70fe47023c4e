//! Names and versions of events. An event's version goes up when its meaning changes: a field that must be there, a
//! word added to a vocabulary, another unit. A field that may be left out is no new version.
//!
//! How a version is added: change the event's message by adding fields only; raise its number in the table below;
//! give `upcast` an arm that turns the version before into the new one; keep the old golden files, add the new ones
//! under `golden/v2`.

use crate::event::v1::{Envelope, envelope::Event as Wire};
use segnalalo_domain::event::{
    Access, ChannelEvent, Event, Log, Register, conversation::Event as Conversation, ticket::Event as Ticket,
};

macro_rules! events {
    ($($arm:ident $name:literal $version:literal),* $(,)?) => {
        /// The event's name on the wire: `message_received`.
        pub fn wire_name(event: &Wire) -> &'static str {
            match event { $(Wire::$arm(_) => $name),* }
        }

        /// The version that we write.
        pub fn version(event: &Wire) -> u32 {
            match event { $(Wire::$arm(_) => $version),* }
        }
    };
}

events! {
    LogOpened "log_opened" 1,
    ObservationNoted "observation_noted" 1,
    KeysErased "keys_erased" 1,
    CalendarAdopted "calendar_adopted" 1,
    RetentionApplied "retention_applied" 1,
    PersonalDataRead "personal_data_read" 1,
    ClientAdded "client_added" 1,
    ClientRevoked "client_revoked" 1,
    NoticeReceived "notice_received" 1,
    MessageReceived "message_received" 1,
    MessageEdited "message_edited" 1,
    MessageRemoved "message_removed" 1,
    MessageReacted "message_reacted" 1,
    MessageConcluded "message_concluded" 1,
    TriageGivenUp "triage_given_up" 1,
    MessageRouted "message_routed" 1,
    ReplyRequested "reply_requested" 2,
    SendAttempted "send_attempted" 1,
    SendAccepted "send_accepted" 1,
    SendRefused "send_refused" 1,
    SendUnknown "send_unknown" 1,
    ReplyHeld "reply_held" 1,
    ReplyDropped "reply_dropped" 1,
    DeliveryReported "delivery_reported" 1,
    ColleagueAnswered "colleague_answered" 1,
    IdentityChanged "identity_changed" 1,
    MediaStored "media_stored" 1,
    MediaFailed "media_failed" 1,
    TicketOpened "ticket_opened" 1,
    TicketReclassified "ticket_reclassified" 1,
    MessageJoined "message_joined" 1,
    TicketTakenInCharge "ticket_taken_in_charge" 1,
    TicketReassigned "ticket_reassigned" 1,
    TicketSentBack "ticket_sent_back" 1,
    CitizenAsked "citizen_asked" 1,
    CitizenAnswered "citizen_answered" 1,
    TicketAnswered "ticket_answered" 1,
    TicketFeasible "ticket_feasible" 1,
    TicketNotFeasible "ticket_not_feasible" 1,
    ProgressReported "progress_reported" 1,
    TicketResolved "ticket_resolved" 1,
    TicketNotPertinent "ticket_not_pertinent" 1,
    TicketClosed "ticket_closed" 1,
    TicketReopened "ticket_reopened" 1,
    TicketMerged "ticket_merged" 1,
    TicketAbsorbed "ticket_absorbed" 1,
    TicketMarkedSpam "ticket_marked_spam" 1,
    TicketSpamLifted "ticket_spam_lifted" 1,
    NoteAdded "note_added" 1,
    DeadlineSet "deadline_set" 2,
    DeadlineReached "deadline_reached" 2,
    EmergencyFlagged "emergency_flagged" 1,
    DeadlinePaused "deadline_paused" 1,
    WaitEnded "wait_ended" 1,
    NumberAssigned "number_assigned" 1,
    NumberAnnulled "number_annulled" 1,
    RegisterDayExported "register_day_exported" 1,
    EmergencyRegisterOpened "emergency_register_opened" 1,
    EmergencyRegisterExtended "emergency_register_extended" 1,
    EmergencyRegisterClosed "emergency_register_closed" 1,
    EmergencyRegisterImported "emergency_register_imported" 1,
}

/// The event in the version that we write; `None` when it is newer than that. Version 0 was never written: it is
/// unknown as well.
pub(super) fn upcast(event: Wire, version: u32) -> Option<Wire> {
    // Second versions so far only know more words (deadlines `news` and `citizen_reply`, the rung `head`, the template
    // `reminder`): what the first says, the second says in the same way.
    (1..=self::version(&event)).contains(&version).then_some(event)
}

/// The event's name: `message_received`, as the wire has it.
pub fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Log(Log::Opened { .. }) => "log_opened",
        Event::Log(Log::ObservationNoted { .. }) => "observation_noted",
        Event::Log(Log::KeysErased(_)) => "keys_erased",
        Event::Log(Log::CalendarAdopted { .. }) => "calendar_adopted",
        Event::Log(Log::RetentionApplied(_)) => "retention_applied",
        Event::Log(Log::Access(event)) => access_name(event),
        Event::Channel(ChannelEvent::NoticeReceived { .. }) => "notice_received",
        Event::Register(event) => register_name(event),
        Event::Conversation(event) => conversation_name(event),
        Event::Ticket(event) => ticket_name(event),
    }
}

fn register_name(event: &Register) -> &'static str {
    match event {
        Register::NumberAssigned { .. } => "number_assigned",
        Register::NumberAnnulled { .. } => "number_annulled",
        Register::DayExported { .. } => "register_day_exported",
        Register::EmergencyOpened(_) => "emergency_register_opened",
        Register::EmergencyExtended { .. } => "emergency_register_extended",
        Register::EmergencyClosed { .. } => "emergency_register_closed",
        Register::EmergencyImported(_) => "emergency_register_imported",
    }
}

fn access_name(event: &Access) -> &'static str {
    match event {
        Access::ClientAdded(_) => "client_added",
        Access::ClientRevoked { .. } => "client_revoked",
        Access::PersonalDataRead(_) => "personal_data_read",
    }
}

fn conversation_name(event: &Conversation) -> &'static str {
    match event {
        Conversation::MessageReceived { .. } => "message_received",
        Conversation::MessageEdited { .. } => "message_edited",
        Conversation::MessageRemoved { .. } => "message_removed",
        Conversation::MessageReacted { .. } => "message_reacted",
        Conversation::MessageConcluded { .. } => "message_concluded",
        Conversation::TriageGivenUp { .. } => "triage_given_up",
        Conversation::MessageRouted { .. } => "message_routed",
        Conversation::ReplyRequested { .. } => "reply_requested",
        Conversation::SendAttempted { .. } => "send_attempted",
        Conversation::SendAccepted { .. } => "send_accepted",
        Conversation::SendRefused { .. } => "send_refused",
        Conversation::SendUnknown { .. } => "send_unknown",
        Conversation::ReplyHeld { .. } => "reply_held",
        Conversation::ReplyDropped { .. } => "reply_dropped",
        Conversation::DeliveryReported { .. } => "delivery_reported",
        Conversation::ColleagueAnswered { .. } => "colleague_answered",
        Conversation::IdentityChanged { .. } => "identity_changed",
        Conversation::MediaStored { .. } => "media_stored",
        Conversation::MediaFailed { .. } => "media_failed",
    }
}

fn ticket_name(event: &Ticket) -> &'static str {
    match event {
        Ticket::Opened { .. } => "ticket_opened",
        Ticket::Reclassified { .. } => "ticket_reclassified",
        Ticket::MessageJoined { .. } => "message_joined",
        Ticket::TakenInCharge { .. } => "ticket_taken_in_charge",
        Ticket::Reassigned { .. } => "ticket_reassigned",
        Ticket::SentBack { .. } => "ticket_sent_back",
        Ticket::CitizenAsked { .. } => "citizen_asked",
        Ticket::CitizenAnswered { .. } => "citizen_answered",
        Ticket::Answered { .. } => "ticket_answered",
        Ticket::Feasible { .. } => "ticket_feasible",
        Ticket::NotFeasible { .. } => "ticket_not_feasible",
        Ticket::ProgressReported { .. } => "progress_reported",
        Ticket::Resolved { .. } => "ticket_resolved",
        Ticket::NotPertinent { .. } => "ticket_not_pertinent",
        Ticket::Closed { .. } => "ticket_closed",
        Ticket::Reopened { .. } => "ticket_reopened",
        Ticket::Merged { .. } => "ticket_merged",
        Ticket::Absorbed { .. } => "ticket_absorbed",
        Ticket::MarkedSpam => "ticket_marked_spam",
        Ticket::SpamLifted => "ticket_spam_lifted",
        Ticket::NoteAdded { .. } => "note_added",
        Ticket::DeadlineSet { .. } => "deadline_set",
        Ticket::DeadlineReached { .. } => "deadline_reached",
        Ticket::DeadlinePaused { .. } => "deadline_paused",
        Ticket::WaitEnded => "wait_ended",
        Ticket::EmergencyFlagged { .. } => "emergency_flagged",
    }
}

/// The subject that the event is published on: `events.conversation.message-received`.
pub fn subject_of(event: &Event) -> String {
    let aggregate = match event {
        Event::Log(_) => "log",
        Event::Channel(_) => "channel",
        Event::Conversation(_) => "conversation",
        Event::Ticket(_) => "ticket",
        Event::Register(_) => "register",
    };
    subject(aggregate, event_name(event))
}

/// As `subject_of`, for an envelope that may hold an event we don't know: `events.conversation.unknown`.
pub fn subject_of_wire(envelope: &Envelope) -> String {
    let aggregate = envelope.stream.split('/').next().unwrap_or_default();
    let known = ["log", "channel", "conversation", "ticket", "register"];
    let aggregate = known.into_iter().find(|name| *name == aggregate).unwrap_or("unknown");
    let name = envelope.event.as_ref().map_or("unknown", wire_name);
    subject(aggregate, name)
}

fn subject(aggregate: &str, name: &str) -> String {
    format!("events.{aggregate}.{}", name.replace('_', "-"))
}
