use super::{
    super::{
        Malformed, channel_from_wire,
        field::{Checked, counted, id, optional_id, word},
        register::protocol_from_wire,
        sealed, time,
        triage::{self, required_office},
    },
    deadline,
};
use crate::event::v1::{TicketOpened, TicketReclassified, envelope::Event as Wire};
use segnalalo_domain::{
    event::ticket::{CloseReason, Event},
    id::{ConversationId, MessageId, TicketId},
    sla::Rung,
};

pub fn from_wire(own: TicketId, event: &Wire) -> Checked<Event> {
    let mine = |bytes: &[u8]| match TicketId::from_slice(bytes) {
        Some(id) if id == own => Ok(()),
        _ => Err(Malformed("ticket_id")),
    };
    match event {
        Wire::TicketOpened(wire) => {
            mine(&wire.ticket_id)?;
            opened(wire)
        }
        Wire::TicketReclassified(wire) => {
            mine(&wire.ticket_id)?;
            reclassified(wire)
        }
        Wire::MessageJoined(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::MessageJoined { message: message_id(&wire.message_id)? })
        }
        Wire::TicketTakenInCharge(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::TakenInCharge {
                protocol: protocol_from_wire(&wire.protocol)?,
                office: required_office(&wire.office)?,
            })
        }
        Wire::TicketReassigned(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Reassigned {
                office: required_office(&wire.office)?,
                reason: wire.reason.clone(),
                words: sealed::optional(&wire.words)?,
            })
        }
        Wire::TicketSentBack(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::SentBack {
                office: required_office(&wire.office)?,
                reason: wire.reason.clone(),
                words: sealed::optional(&wire.words)?,
            })
        }
        Wire::CitizenAsked(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::CitizenAsked { automatic: wire.automatic, words: sealed::optional(&wire.words)? })
        }
        Wire::CitizenAnswered(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::CitizenAnswered { message: message_id(&wire.message_id)? })
        }
        Wire::TicketAnswered(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Answered { words: sealed::required(&wire.words, "words")? })
        }
        Wire::TicketFeasible(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Feasible {
                expected_by: time::date(&wire.expected_by, "expected_by")?,
                words: sealed::optional(&wire.words)?,
            })
        }
        Wire::TicketNotFeasible(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::NotFeasible { words: sealed::required(&wire.words, "words")? })
        }
        Wire::ProgressReported(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::ProgressReported {
                expected_by: time::optional_date(&wire.expected_by, "expected_by")?,
                words: sealed::required(&wire.words, "words")?,
            })
        }
        Wire::TicketResolved(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Resolved { words: sealed::optional(&wire.words)? })
        }
        Wire::TicketNotPertinent(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::NotPertinent { words: sealed::required(&wire.words, "words")? })
        }
        Wire::TicketClosed(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Closed {
                reason: word(&wire.reason, CloseReason::from_code, "reason")?,
                note: wire.note.clone(),
                words: sealed::optional(&wire.words)?,
            })
        }
        Wire::TicketReopened(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Reopened {
                reason: wire.reason.clone(),
                message: optional_id(&wire.message_id, MessageId::from_slice, "message_id")?,
                words: sealed::optional(&wire.words)?,
            })
        }
        Wire::TicketMerged(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Merged { into: ticket_id(&wire.into_ticket_id, "into_ticket_id")? })
        }
        Wire::TicketAbsorbed(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::Absorbed { from: ticket_id(&wire.from_ticket_id, "from_ticket_id")? })
        }
        Wire::TicketMarkedSpam(wire) => mine(&wire.ticket_id).map(|()| Event::MarkedSpam),
        Wire::TicketSpamLifted(wire) => mine(&wire.ticket_id).map(|()| Event::SpamLifted),
        Wire::NoteAdded(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::NoteAdded { words: sealed::required(&wire.words, "words")? })
        }
        Wire::DeadlineSet(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::DeadlineSet { deadline: deadline::required(&wire.deadline)? })
        }
        Wire::DeadlineReached(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::DeadlineReached {
                deadline: deadline::name(&wire.deadline)?,
                version: counted(wire.version, "deadline.version")?,
                rung: word(&wire.rung, Rung::from_code, "rung")?,
                due_at: time::required(&wire.due_at, "due_at")?,
                to: wire.to.clone(),
            })
        }
        Wire::DeadlinePaused(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::DeadlinePaused {
                deadline: deadline::name(&wire.deadline)?,
                version: counted(wire.version, "deadline.version")?,
                left_seconds: wire.left_seconds,
            })
        }
        Wire::WaitEnded(wire) => mine(&wire.ticket_id).map(|()| Event::WaitEnded),
        Wire::EmergencyFlagged(wire) => {
            mine(&wire.ticket_id)?;
            Ok(Event::EmergencyFlagged { message: message_id(&wire.message_id)? })
        }
        // An event of another aggregate.
        _ => Err(Malformed("stream")),
    }
}

fn opened(wire: &TicketOpened) -> Checked<Event> {
    let classification = triage::classification(triage::Wire {
        kind: wire.kind,
        office: &wire.office,
        second_office: &wire.second_office,
        confidence: wire.confidence,
        urgency: wire.urgency,
        place_key: &wire.place_key,
    })?;
    if wire.classified != classification.kind.is_some() {
        return Err(Malformed("classified"));
    }
    Ok(Event::Opened {
        conversation: id(&wire.conversation_id, ConversationId::from_slice, "conversation_id")?,
        message: message_id(&wire.message_id)?,
        code: wire.code.clone(),
        channel: channel_from_wire(wire.channel).ok_or(Malformed("channel"))?,
        public: wire.public,
        classification,
        received_at: time::required(&wire.received_at, "received_at")?,
        deadlines: wire.deadlines.iter().map(deadline::from_wire).collect::<Checked<_>>()?,
        sealed: sealed::optional(&wire.sealed)?,
    })
}

fn reclassified(wire: &TicketReclassified) -> Checked<Event> {
    Ok(Event::Reclassified {
        classification: triage::classification(triage::Wire {
            kind: wire.kind,
            office: &wire.office,
            second_office: &wire.second_office,
            confidence: wire.confidence,
            urgency: wire.urgency,
            place_key: &wire.place_key,
        })?,
        sealed: sealed::optional(&wire.sealed)?,
    })
}

fn message_id(bytes: &[u8]) -> Checked<MessageId> {
    id(bytes, MessageId::from_slice, "message_id")
}

fn ticket_id(bytes: &[u8], field: &'static str) -> Checked<TicketId> {
    id(bytes, TicketId::from_slice, field)
}
