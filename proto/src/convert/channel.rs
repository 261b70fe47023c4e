//! Events of a channel's and of the log's own stream.

use super::{
    Malformed, access, channel_from_wire, channel_to_wire,
    field::{Checked, bytes, counted, id, optional_id, or_empty},
    retention, sealed,
};
use crate::event::v1::{
    CalendarAdopted, KeysErased as WireErased, LogOpened, NoticeReceived, ObservationNoted, envelope::Event as Wire,
};
use segnalalo_domain::{
    event::{ChannelEvent, KeysErased, Log},
    id::{KeyId, PersonId, TicketId},
    words::Channel,
};

pub(super) fn to_wire(event: &ChannelEvent) -> Wire {
    match event {
        ChannelEvent::NoticeReceived { channel, subject, known, sealed } => Wire::NoticeReceived(NoticeReceived {
            channel: channel_to_wire(*channel),
            subject: subject.clone(),
            sealed: sealed::some(sealed),
            known: *known,
        }),
    }
}

pub(super) fn from_wire(own: Channel, event: &Wire) -> Checked<ChannelEvent> {
    let Wire::NoticeReceived(event) = event else {
        return Err(Malformed("stream"));
    };
    Ok(ChannelEvent::NoticeReceived {
        channel: channel_from_wire(event.channel).filter(|channel| *channel == own).ok_or(Malformed("channel"))?,
        subject: event.subject.clone(),
        known: event.known,
        sealed: sealed::required(&event.sealed, "sealed")?,
    })
}

pub(super) fn log_to_wire(event: &Log) -> Wire {
    match event {
        Log::Opened { log_id, keyring } => Wire::LogOpened(LogOpened {
            log_id: log_id.to_vec(),
            keyring_id: keyring.map_or_else(Vec::new, |id| id.to_vec()),
        }),
        Log::ObservationNoted { reason } => Wire::ObservationNoted(ObservationNoted { reason: reason.clone() }),
        Log::CalendarAdopted { version, sha256, content } => Wire::CalendarAdopted(CalendarAdopted {
            version: *version,
            sha256: sha256.to_vec(),
            content: content.clone(),
        }),
        Log::RetentionApplied(applied) => Wire::RetentionApplied(retention::to_wire(applied)),
        Log::Access(event) => access::to_wire(event),
        Log::KeysErased(erased) => Wire::KeysErased(WireErased {
            keys: erased.keys.iter().map(|key| key.to_vec()).collect(),
            person: or_empty(erased.person, PersonId::to_vec),
            ticket_id: or_empty(erased.ticket, TicketId::to_vec),
            rule: erased.rule.clone(),
            reason: erased.reason.clone(),
        }),
    }
}

pub(super) fn log_from_wire(event: &Wire) -> Checked<Log> {
    match event {
        Wire::LogOpened(event) => Ok(Log::Opened {
            log_id: bytes(&event.log_id, "log_id")?,
            keyring: match event.keyring_id.as_slice() {
                [] => None,
                id => Some(bytes(id, "keyring_id")?),
            },
        }),
        Wire::ObservationNoted(event) => Ok(Log::ObservationNoted { reason: event.reason.clone() }),
        Wire::CalendarAdopted(event) => Ok(Log::CalendarAdopted {
            version: counted(event.version, "version")?,
            sha256: bytes(&event.sha256, "sha256")?,
            content: event.content.clone(),
        }),
        Wire::KeysErased(event) => Ok(Log::KeysErased(KeysErased {
            keys: event.keys.iter().map(|key| id(key, KeyId::from_slice, "keys")).collect::<Checked<_>>()?,
            person: optional_id(&event.person, PersonId::from_slice, "person")?,
            ticket: optional_id(&event.ticket_id, TicketId::from_slice, "ticket_id")?,
            rule: event.rule.clone(),
            reason: event.reason.clone(),
        })),
        Wire::RetentionApplied(event) => retention::from_wire(event).map(Log::RetentionApplied),
        _ => access::from_wire(event).map(Log::Access),
    }
}
