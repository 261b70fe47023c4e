//! What triage says of a message or a ticket, as it stands inside other events.

use super::{
    Malformed,
    field::{Checked, optional_bytes, optional_text, share},
    kind_from_wire, kind_to_wire, sealed, stance_from_wire, stance_to_wire, urgency_from_wire, urgency_to_wire,
};
use crate::event::v1::MessageConcluded;
use segnalalo_domain::{
    event::ticket::Classification,
    id::MessageId,
    sealed::Sealed,
    words::{Conclusion, Kind, Office, Urgency},
};

/// "Unspecified": not classified.
pub(super) fn maybe_kind(number: i32) -> Checked<Option<Kind>> {
    if number == 0 {
        return Ok(None);
    }
    kind_from_wire(number).map(Some).ok_or(Malformed("kind"))
}

pub(super) fn urgency(number: i32) -> Checked<Urgency> {
    urgency_from_wire(number).ok_or(Malformed("urgency"))
}

pub(super) fn office_to_wire(office: &Option<Office>) -> String {
    office.as_ref().map(|office| office.0.clone()).unwrap_or_default()
}

pub(super) fn maybe_office(code: &str) -> Option<Office> {
    optional_text(code).map(Office)
}

pub(super) fn required_office(code: &str) -> Checked<Office> {
    maybe_office(code).ok_or(Malformed("office"))
}

pub(super) fn key_to_wire(key: Option<[u8; 16]>) -> Vec<u8> {
    key.map(Vec::from).unwrap_or_default()
}

pub(super) fn kind_or_none(classification: &Classification) -> i32 {
    classification.kind.map_or(0, kind_to_wire)
}

/// The fields of a classification, as two messages carry them.
pub(super) struct Wire<'a> {
    pub kind: i32,
    pub office: &'a str,
    pub second_office: &'a str,
    pub confidence: f64,
    pub urgency: i32,
    pub place_key: &'a [u8],
}

pub(super) fn classification(wire: Wire<'_>) -> Checked<Classification> {
    Ok(Classification {
        kind: maybe_kind(wire.kind)?,
        office: maybe_office(wire.office),
        second_office: maybe_office(wire.second_office),
        confidence: share(wire.confidence, "confidence")?,
        urgency: urgency(wire.urgency)?,
        place_key: optional_bytes(wire.place_key, "place_key")?,
    })
}

pub(super) fn concluded(
    conversation_id: Vec<u8>,
    message: MessageId,
    conclusion: &Conclusion,
    sealed: &Sealed,
) -> MessageConcluded {
    MessageConcluded {
        conversation_id,
        message_id: message.to_vec(),
        kind: kind_to_wire(conclusion.kind),
        office: office_to_wire(&conclusion.office),
        second_office: office_to_wire(&conclusion.second_office),
        confidence: conclusion.confidence,
        urgency: urgency_to_wire(conclusion.urgency),
        stance: stance_to_wire(conclusion.stance),
        protocol: conclusion.protocol.clone().unwrap_or_default(),
        language: conclusion.language.clone(),
        rules_version: conclusion.rules_version.clone(),
        sealed: sealed::some(sealed),
        place_key: key_to_wire(conclusion.place_key),
    }
}

pub(super) fn conclusion(wire: &MessageConcluded) -> Checked<Conclusion> {
    Ok(Conclusion {
        kind: kind_from_wire(wire.kind).ok_or(Malformed("kind"))?,
        office: maybe_office(&wire.office),
        second_office: maybe_office(&wire.second_office),
        confidence: share(wire.confidence, "confidence")?,
        urgency: urgency(wire.urgency)?,
        stance: stance_from_wire(wire.stance).ok_or(Malformed("stance"))?,
        protocol: optional_text(&wire.protocol),
        place_key: optional_bytes(&wire.place_key, "place_key")?,
        language: wire.language.clone(),
        rules_version: wire.rules_version.clone(),
    })
}
