use super::{
    super::{
        channel_to_wire,
        field::or_empty,
        register::protocol_to_wire,
        sealed, time,
        triage::{key_to_wire, kind_or_none, office_to_wire},
        urgency_to_wire,
    },
    deadline,
};
use crate::event::v1::{
    CitizenAnswered, CitizenAsked, DeadlinePaused, DeadlineReached, DeadlineSet, EmergencyFlagged, MessageJoined,
    NoteAdded, ProgressReported, TicketAbsorbed, TicketAnswered, TicketClosed, TicketFeasible, TicketMarkedSpam,
    TicketMerged, TicketNotFeasible, TicketNotPertinent, TicketOpened, TicketReassigned, TicketReclassified,
    TicketReopened, TicketResolved, TicketSentBack, TicketSpamLifted, TicketTakenInCharge, WaitEnded,
    envelope::Event as Wire,
};
use segnalalo_domain::{event::ticket::Event, id::MessageId};

pub fn to_wire(ticket_id: Vec<u8>, event: &Event) -> Wire {
    match event {
        Event::Opened {
            conversation,
            message,
            code,
            channel,
            public,
            classification,
            received_at,
            deadlines,
            sealed,
        } => Wire::TicketOpened(TicketOpened {
            ticket_id,
            conversation_id: conversation.to_vec(),
            message_id: message.to_vec(),
            code: code.clone(),
            channel: channel_to_wire(*channel),
            public: *public,
            classified: classification.kind.is_some(),
            kind: kind_or_none(classification),
            office: office_to_wire(&classification.office),
            second_office: office_to_wire(&classification.second_office),
            confidence: classification.confidence,
            urgency: urgency_to_wire(classification.urgency),
            received_at: Some(time::to_wire(*received_at)),
            deadlines: deadlines.iter().map(deadline::to_wire).collect(),
            sealed: sealed::maybe(sealed),
            place_key: key_to_wire(classification.place_key),
        }),
        Event::Reclassified { classification, sealed } => Wire::TicketReclassified(TicketReclassified {
            ticket_id,
            kind: kind_or_none(classification),
            office: office_to_wire(&classification.office),
            second_office: office_to_wire(&classification.second_office),
            confidence: classification.confidence,
            urgency: urgency_to_wire(classification.urgency),
            sealed: sealed::maybe(sealed),
            place_key: key_to_wire(classification.place_key),
        }),
        Event::MessageJoined { message } => {
            Wire::MessageJoined(MessageJoined { ticket_id, message_id: message.to_vec() })
        }
        Event::TakenInCharge { protocol, office } => Wire::TicketTakenInCharge(TicketTakenInCharge {
            ticket_id,
            protocol: Some(protocol_to_wire(*protocol)),
            office: office.to_string(),
        }),
        Event::Reassigned { office, reason, words } => Wire::TicketReassigned(TicketReassigned {
            ticket_id,
            office: office.to_string(),
            reason: reason.clone(),
            words: sealed::maybe(words),
        }),
        Event::SentBack { office, reason, words } => Wire::TicketSentBack(TicketSentBack {
            ticket_id,
            office: office.to_string(),
            reason: reason.clone(),
            words: sealed::maybe(words),
        }),
        Event::CitizenAsked { automatic, words } => {
            Wire::CitizenAsked(CitizenAsked { ticket_id, automatic: *automatic, words: sealed::maybe(words) })
        }
        Event::CitizenAnswered { message } => {
            Wire::CitizenAnswered(CitizenAnswered { ticket_id, message_id: message.to_vec() })
        }
        Event::Answered { words } => Wire::TicketAnswered(TicketAnswered { ticket_id, words: sealed::some(words) }),
        Event::Feasible { expected_by, words } => Wire::TicketFeasible(TicketFeasible {
            ticket_id,
            expected_by: expected_by.to_string(),
            words: sealed::maybe(words),
        }),
        Event::NotFeasible { words } => {
            Wire::TicketNotFeasible(TicketNotFeasible { ticket_id, words: sealed::some(words) })
        }
        Event::ProgressReported { expected_by, words } => Wire::ProgressReported(ProgressReported {
            ticket_id,
            expected_by: expected_by.map(|date| date.to_string()).unwrap_or_default(),
            words: sealed::some(words),
        }),
        Event::Resolved { words } => Wire::TicketResolved(TicketResolved { ticket_id, words: sealed::maybe(words) }),
        Event::NotPertinent { words } => {
            Wire::TicketNotPertinent(TicketNotPertinent { ticket_id, words: sealed::some(words) })
        }
        Event::Closed { reason, note, words } => Wire::TicketClosed(TicketClosed {
            ticket_id,
            reason: reason.to_string(),
            note: note.clone(),
            words: sealed::maybe(words),
        }),
        Event::Reopened { reason, message, words } => Wire::TicketReopened(TicketReopened {
            ticket_id,
            reason: reason.clone(),
            message_id: or_empty(*message, MessageId::to_vec),
            words: sealed::maybe(words),
        }),
        Event::Merged { into } => Wire::TicketMerged(TicketMerged { ticket_id, into_ticket_id: into.to_vec() }),
        Event::Absorbed { from } => Wire::TicketAbsorbed(TicketAbsorbed { ticket_id, from_ticket_id: from.to_vec() }),
        Event::MarkedSpam => Wire::TicketMarkedSpam(TicketMarkedSpam { ticket_id }),
        Event::SpamLifted => Wire::TicketSpamLifted(TicketSpamLifted { ticket_id }),
        Event::NoteAdded { words } => Wire::NoteAdded(NoteAdded { ticket_id, words: sealed::some(words) }),
        Event::DeadlineSet { deadline } => {
            Wire::DeadlineSet(DeadlineSet { ticket_id, deadline: Some(deadline::to_wire(deadline)) })
        }
        Event::DeadlineReached { deadline, version, rung, due_at, to } => Wire::DeadlineReached(DeadlineReached {
            ticket_id,
            deadline: deadline.to_string(),
            version: *version,
            rung: rung.to_string(),
            due_at: Some(time::to_wire(*due_at)),
            to: to.clone(),
        }),
        Event::DeadlinePaused { deadline, version, left_seconds } => Wire::DeadlinePaused(DeadlinePaused {
            ticket_id,
            deadline: deadline.to_string(),
            version: *version,
            left_seconds: *left_seconds,
        }),
        Event::WaitEnded => Wire::WaitEnded(WaitEnded { ticket_id }),
        Event::EmergencyFlagged { message } => {
            Wire::EmergencyFlagged(EmergencyFlagged { ticket_id, message_id: message.to_vec() })
        }
    }
}
