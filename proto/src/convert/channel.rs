//! Events of a channel's and of the log's own stream.

use super::{
    Malformed, channel_from_wire, channel_to_wire,
    field::{Checked, bytes},
    sealed,
};
use crate::event::v1::{LogOpened, NoticeReceived, ObservationNoted, envelope::Event as Wire};
use segnalalo_domain::{
    event::{ChannelEvent, Log},
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
        Log::Opened { log_id } => Wire::LogOpened(LogOpened { log_id: log_id.to_vec() }),
        Log::ObservationNoted { reason } => Wire::ObservationNoted(ObservationNoted { reason: reason.clone() }),
    }
}

pub(super) fn log_from_wire(event: &Wire) -> Checked<Log> {
    match event {
        Wire::LogOpened(event) => Ok(Log::Opened { log_id: bytes(&event.log_id, "log_id")? }),
        Wire::ObservationNoted(event) => Ok(Log::ObservationNoted { reason: event.reason.clone() }),
        _ => Err(Malformed("stream")),
    }
}
