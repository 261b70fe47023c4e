//! What is wrong is refused and named; what is merely newer is told apart from it.

use crate::{samples, source::Source};
use prost::Message as _;
use segnalalo_domain::event::Recorded;
use segnalalo_proto::{
    convert::{self, Error},
    event::v1::{Envelope, envelope::Event as Wire},
    subject_of_wire,
};

fn sample(name: &str) -> Recorded {
    samples::all(Source::full).into_iter().find(|sample| segnalalo_proto::event_name(&sample.event) == name).unwrap()
}

/// The field that reading the sample names after `harm`.
fn fault_of(name: &str, harm: impl FnOnce(&mut Envelope)) -> &'static str {
    let sample = sample(name);
    let mut wire = convert::to_wire(&sample);
    harm(&mut wire);
    match convert::from_wire(wire) {
        Err(Error::Malformed { position, field }) if position == sample.position => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_of_an_unknown_kind_is_unknown_not_malformed() {
    let wire = Envelope { event: None, ..convert::to_wire(&sample("note_added")) };
    let mut bytes = wire.encode_to_vec();
    // Field 999, with three bytes: what a newer program may write.
    bytes.extend_from_slice(&[0xba, 0x3e, 3, 1, 2, 3]);
    let newer = Envelope::decode(bytes.as_slice()).unwrap();
    assert_eq!(subject_of_wire(&newer), "events.ticket.unknown");
    match convert::from_wire(newer) {
        Err(Error::Unknown(event)) => {
            assert_eq!((event.position, event.stream), (wire.position, wire.stream));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_of_a_newer_version_is_unknown() {
    for sample in samples::all(Source::full) {
        let ours = convert::to_wire(&sample).schema_version;
        for version in [0, ours + 1] {
            let mut wire = convert::to_wire(&sample);
            wire.schema_version = version;
            assert!(matches!(convert::from_wire(wire), Err(Error::Unknown(_))));
        }
    }
}

#[test]
fn an_event_on_a_stream_of_another_aggregate_is_malformed() {
    let streams = samples::all(Source::full);
    for event in &streams {
        for other in &streams {
            let wire = convert::to_wire(&Recorded { stream: other.stream, ..event.clone() });
            let same = std::mem::discriminant(&event.stream) == std::mem::discriminant(&other.stream);
            assert_eq!(convert::from_wire(wire).is_ok(), same);
        }
    }
}

#[test]
fn the_envelopes_faults_are_named() {
    let name = "note_added";
    assert_eq!(fault_of(name, |wire| wire.stream = "tickets".into()), "stream");
    assert_eq!(fault_of(name, |wire| wire.version = 0), "version");
    assert_eq!(fault_of(name, |wire| wire.event_id.truncate(15)), "event_id");
    assert_eq!(fault_of(name, |wire| wire.causation_id.clear()), "causation_id");
    assert_eq!(fault_of(name, |wire| wire.correlation_id.push(0)), "correlation_id");
    assert_eq!(fault_of(name, |wire| wire.actor = None), "actor");
    assert_eq!(fault_of(name, |wire| wire.occurred_at = None), "occurred_at");
    let late = prost_types::Timestamp { seconds: i64::MAX, nanos: 0 };
    assert_eq!(fault_of(name, |wire| wire.recorded_at = Some(late)), "recorded_at");
}

/// `fault!("arm", Arm, |event| harm)`
macro_rules! fault {
    ($name:literal, $arm:ident, $harm:expr) => {
        fault_of($name, |wire| match wire.event.as_mut().unwrap() {
            Wire::$arm(event) => {
                let harm: fn(&mut segnalalo_proto::event::v1::$arm) = $harm;
                harm(event)
            }
            other => panic!("{other:?}"),
        })
    };
}

#[test]
fn an_events_faults_are_named() {
    assert_eq!(fault!("message_received", MessageReceived, |e| e.conversation_id = vec![0; 16]), "conversation_id");
    assert_eq!(fault!("message_received", MessageReceived, |e| e.person_id = vec![1]), "person_id");
    assert_eq!(fault!("message_received", MessageReceived, |e| e.channel = 77), "channel");
    assert_eq!(fault!("message_received", MessageReceived, |e| e.sealed = None), "sealed");
    assert_eq!(
        fault!("message_received", MessageReceived, |e| {
            e.sealed.as_mut().unwrap().scheme = 9;
        }),
        "sealed.scheme"
    );
    assert_eq!(fault!("message_removed", MessageRemoved, |e| e.verb = "gone".into()), "verb");
    assert_eq!(fault!("message_concluded", MessageConcluded, |e| e.confidence = f64::NAN), "confidence");
    assert_eq!(fault!("message_routed", MessageRouted, |e| e.ticket_id.clear()), "ticket_id");
    assert_eq!(fault!("reply_requested", ReplyRequested, |e| e.template = "hello".into()), "template");
    assert_eq!(fault!("send_attempted", SendAttempted, |e| e.attempt = 0), "attempt");
    assert_eq!(fault!("ticket_opened", TicketOpened, |e| e.classified = false), "classified");
    assert_eq!(fault!("ticket_taken_in_charge", TicketTakenInCharge, |e| e.office.clear()), "office");
    assert_eq!(fault!("ticket_feasible", TicketFeasible, |e| e.expected_by = "domani".into()), "expected_by");
    assert_eq!(fault!("deadline_reached", DeadlineReached, |e| e.rung.clear()), "rung");
    assert_eq!(
        fault!("number_assigned", NumberAssigned, |e| {
            e.protocol.as_mut().unwrap().year = 70_000;
        }),
        "protocol.year"
    );
    assert_eq!(fault!("notice_received", NoticeReceived, |e| e.channel = 4), "channel");
}
