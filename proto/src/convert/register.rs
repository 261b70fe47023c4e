//! Events of the protocol register.

mod emergency;

use super::{
    Malformed, channel_from_wire, channel_to_wire,
    field::{Checked, bytes, counted, id, optional_text},
    sealed, time,
};
use crate::event::v1::{self as wire, envelope::Event as Wire};
use jiff::civil::Date;
use segnalalo_domain::{
    event::{DayExport, Register, Registration},
    id::TicketId,
    protocol::ProtocolNumber,
    words::Office,
};

pub(super) fn to_wire(event: &Register) -> Wire {
    match event {
        Register::NumberAssigned { protocol, ticket, subject, registration } => {
            Wire::NumberAssigned(wire::NumberAssigned {
                protocol: Some(protocol_to_wire(*protocol)),
                ticket_id: ticket.to_vec(),
                subject: subject.clone(),
                registration: registration.as_deref().map(registration_to_wire),
            })
        }
        Register::NumberAnnulled { protocol, ticket, reason, act, date } => {
            Wire::NumberAnnulled(wire::NumberAnnulled {
                protocol: Some(protocol_to_wire(*protocol)),
                ticket_id: ticket.to_vec(),
                reason: reason.clone(),
                act: act.clone(),
                date: date.map(|date| date.to_string()).unwrap_or_default(),
            })
        }
        Register::DayExported { day, export } => Wire::RegisterDayExported(export_to_wire(*day, export)),
        Register::EmergencyOpened(_)
        | Register::EmergencyExtended { .. }
        | Register::EmergencyClosed { .. }
        | Register::EmergencyImported(_) => emergency::to_wire(event),
    }
}

pub(super) fn from_wire(event: &Wire) -> Checked<Register> {
    match event {
        Wire::NumberAssigned(event) => Ok(Register::NumberAssigned {
            protocol: protocol_from_wire(&event.protocol)?,
            ticket: id(&event.ticket_id, TicketId::from_slice, "ticket_id")?,
            subject: event.subject.clone(),
            registration: event.registration.as_ref().map(registration_from_wire).transpose()?.map(Box::new),
        }),
        Wire::NumberAnnulled(event) => Ok(Register::NumberAnnulled {
            protocol: protocol_from_wire(&event.protocol)?,
            ticket: id(&event.ticket_id, TicketId::from_slice, "ticket_id")?,
            reason: event.reason.clone(),
            act: event.act.clone(),
            date: optional_text(&event.date).map(|text| date(&text, "date")).transpose()?,
        }),
        Wire::RegisterDayExported(event) => {
            Ok(Register::DayExported { day: date(&event.day, "day")?, export: Box::new(export_from_wire(event)?) })
        }
        other => emergency::from_wire(other),
    }
}

fn date(text: &str, field: &'static str) -> Checked<Date> {
    text.parse().map_err(|_| Malformed(field))
}

fn export_to_wire(day: Date, export: &DayExport) -> wire::RegisterDayExported {
    wire::RegisterDayExported {
        day: day.to_string(),
        head_position: export.head_position,
        head_hash: export.head_hash.to_vec(),
        registrations: export.registrations,
        annulments: export.annulments,
        csv: export.csv.to_vec(),
        xml: export.xml.to_vec(),
        text: export.text.to_vec(),
        public_key: export.public_key.to_vec(),
        signature: export.signature.to_vec(),
    }
}

fn export_from_wire(event: &wire::RegisterDayExported) -> Checked<DayExport> {
    Ok(DayExport {
        head_position: event.head_position,
        head_hash: bytes(&event.head_hash, "head_hash")?,
        registrations: event.registrations,
        annulments: event.annulments,
        csv: bytes(&event.csv, "csv")?,
        xml: bytes(&event.xml, "xml")?,
        text: bytes(&event.text, "text")?,
        public_key: bytes(&event.public_key, "public_key")?,
        signature: bytes(&event.signature, "signature")?,
    })
}

fn registration_to_wire(registration: &Registration) -> wire::Registration {
    wire::Registration {
        date: registration.date.to_string(),
        arrived_at: Some(time::to_wire(registration.arrived_at)),
        channel: channel_to_wire(registration.channel),
        office: registration.office.0.clone(),
        classification: registration.classification.clone(),
        deadline_rule: registration.deadline_rule.clone(),
        digest: registration.digest.to_vec(),
        document: registration.document.clone(),
        emergency: registration.emergency.map(|number| number.to_string()).unwrap_or_default(),
        sealed: sealed::some(&registration.sealed),
    }
}

fn registration_from_wire(registration: &wire::Registration) -> Checked<Registration> {
    let emergency = optional_text(&registration.emergency).map(|text| text.parse());
    Ok(Registration {
        date: date(&registration.date, "registration.date")?,
        arrived_at: time::required(&registration.arrived_at, "registration.arrived_at")?,
        channel: channel_from_wire(registration.channel).ok_or(Malformed("registration.channel"))?,
        office: Office(registration.office.clone()),
        classification: registration.classification.clone(),
        deadline_rule: registration.deadline_rule.clone(),
        digest: bytes(&registration.digest, "registration.digest")?,
        document: registration.document.clone(),
        emergency: emergency.transpose().map_err(|_| Malformed("registration.emergency"))?,
        sealed: sealed::required(&registration.sealed, "registration.sealed")?,
    })
}

pub(super) fn protocol_to_wire(protocol: ProtocolNumber) -> wire::ProtocolNumber {
    wire::ProtocolNumber { year: protocol.year.into(), number: protocol.number }
}

pub(super) fn protocol_from_wire(protocol: &Option<wire::ProtocolNumber>) -> Checked<ProtocolNumber> {
    let protocol = protocol.as_ref().ok_or(Malformed("protocol"))?;
    Ok(ProtocolNumber {
        year: u16::try_from(protocol.year).map_err(|_| Malformed("protocol.year"))?,
        number: counted(protocol.number, "protocol.number")?,
    })
}
