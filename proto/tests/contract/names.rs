use crate::{samples, source::Source};
use prost::Message as _;
use prost_types::{FieldDescriptorProto, FileDescriptorSet};
use segnalalo_proto::{convert, event_name, subject_of, subject_of_wire};
use std::collections::BTreeSet;

/// The arms of `Envelope.event`, as the descriptor has them.
fn arms() -> Vec<FieldDescriptorProto> {
    let set = FileDescriptorSet::decode(segnalalo_proto::DESCRIPTORS).unwrap();
    let envelope = set
        .file
        .iter()
        .filter(|file| file.package() == "segnalalo.event.v1")
        .flat_map(|file| &file.message_type)
        .find(|message| message.name() == "Envelope")
        .unwrap();
    assert_eq!(envelope.oneof_decl[0].name(), "event");
    envelope.field.iter().filter(|field| field.oneof_index == Some(0)).cloned().collect()
}

/// The number under which the envelope carries its event: the last field, as all others have smaller numbers.
fn arm_number(envelope: &segnalalo_proto::event::v1::Envelope) -> i32 {
    let without = segnalalo_proto::event::v1::Envelope { event: None, ..envelope.clone() };
    let bytes = envelope.encode_to_vec();
    let key = prost::encoding::decode_varint(&mut &bytes[without.encoded_len()..]).unwrap();
    i32::try_from(key >> 3).unwrap()
}

#[test]
fn the_samples_cover_every_event_of_the_contract() {
    let covered: BTreeSet<i32> =
        samples::all(Source::full).iter().map(|sample| arm_number(&convert::to_wire(sample))).collect();
    let missing: Vec<_> =
        arms().into_iter().filter(|arm| !covered.contains(&arm.number())).map(|arm| arm.name().to_owned()).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");
}

#[test]
fn an_events_name_is_its_arms_name() {
    let arms = arms();
    for sample in samples::all(Source::full) {
        let wire = convert::to_wire(&sample);
        let number = arm_number(&wire);
        let arm = arms.iter().find(|arm| arm.number() == number).unwrap();
        assert_eq!(event_name(&sample.event), arm.name());
        assert_eq!(convert::schema::wire_name(wire.event.as_ref().unwrap()), arm.name());
        assert_eq!(subject_of_wire(&wire), subject_of(&sample.event));
    }
}

#[test]
fn a_subject_says_aggregate_and_event() {
    let subjects: Vec<_> = samples::all(Source::full).iter().map(|sample| subject_of(&sample.event)).collect();
    for subject in [
        "events.log.log-opened",
        "events.channel.notice-received",
        "events.conversation.message-received",
        "events.ticket.ticket-taken-in-charge",
        "events.register.number-assigned",
    ] {
        assert!(subjects.iter().any(|s| s == subject), "{subject}");
    }
}
