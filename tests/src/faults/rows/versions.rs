//! An old version and a new one side by side: what the newer one writes, this one doesn't know. It is kept, shown, and
//! stops nobody.

use super::{Injected, Row, row};
use crate::{
    faults::{citizens::Kind, city::City, evidence},
    harness::Service,
};
use anyhow::{Context as _, Result};
use prost::Message as _;
use segnalalo_domain::event::Stream as Of;
use segnalalo_kit::bus::Stream;
use segnalalo_proto::{
    common::v1::Channel,
    event::v1::{Envelope, ObservationNoted, envelope::Event},
    observation::v1::{ChannelNotice, Inbound, Observed, inbound::Observation},
    record, subject_of_wire, time,
};

pub(super) fn rows() -> Vec<Row> {
    vec![row!(
        "newer-version-beside",
        "people",
        "events, observations and fields that only a newer version knows, in the log and on the queues",
        "rule 12, I4: kept byte for byte, shown in DEAD, and nobody waits",
        newer
    )]
}

/// The field 900, which no message of ours has.
const FIELD_OF_TOMORROW: [u8; 5] = [0xa2, 0x38, 2, b'h', b'i'];
const WORD: &str = "casotomorrow";
/// Whoever reads EVENTS.
const READERS: [&str; 3] = ["triage", "sla-clock", "notifier"];

fn of_tomorrow(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend_from_slice(&FIELD_OF_TOMORROW);
    bytes
}

async fn newer(city: &mut City) -> Result<Injected> {
    city.start().await?;
    city.write(8).await;
    city.take_in_charge(1).await?;
    let queues = on_the_queues(city).await?;
    city.heal().await?;

    // A newer registry ran here for a while; the old one comes back and finds what it wrote on EVENTS.
    city.processes.stop(Service::Registry).await?;
    let (position, records) = of_a_newer_registry(city).await?;
    let message = |bytes: &Vec<u8>| -> Result<_> {
        Ok((subject_of_wire(&record::decode(bytes)?.envelope), bytes.clone().into()))
    };
    let messages = records.iter().map(message).collect::<Result<Vec<_>>>()?;
    city.bus.events_log().append(position, &messages).await?;
    city.processes.start(Service::Registry).await?;

    // Whose conversation it was writes again.
    let first = city.citizens.written.iter().position(|one| one.kind == Kind::WhatsappText).context("nobody wrote")?;
    let citizen = city.citizens.written[first].citizen.clone();
    let again = city.citizens.write_as(Kind::WhatsappText);
    let written = &mut city.citizens.written[again];
    let body = String::from_utf8(written.body.clone())?.replace(&written.citizen, &citizen);
    (written.body, written.citizen) = (body.into_bytes(), citizen);
    city.post(&[again]).await;
    city.write(7).await;
    city.take_in_charge(1).await?;
    city.heal().await?;
    shown(city, position, &records).await?;
    Ok(Injected::Times(queues + records.len()))
}

/// A field that nobody knows beside what is known, and kinds that nobody knows.
async fn on_the_queues(city: &mut City) -> Result<usize> {
    let now = Some(time::to_wire(city.now()));
    let notice = ChannelNotice { subject: "field".to_owned(), raw: format!("{{\"words\":\"{WORD}\"}}"), known: false };
    let inbound = Inbound {
        received_at: now,
        occurred_at: now,
        channel: Channel::Whatsapp.into(),
        dedupe_key: "whatsapp:notice:tomorrow".to_owned(),
        observation: Some(Observation::Notice(notice)),
    };
    let unknown = Inbound { observation: None, dedupe_key: "whatsapp:kind:tomorrow".to_owned(), ..inbound.clone() };
    let observed = Observed { occurred_at: now, observation: None };
    let messages = [
        (Stream::Inbound, "inbound.whatsapp", inbound.encode_to_vec()),
        (Stream::Inbound, "inbound.whatsapp", unknown.encode_to_vec()),
        (Stream::Observed, "observed.triage", observed.encode_to_vec()),
    ];
    let count = messages.len();
    for (stream, subject, bytes) in messages {
        city.bus.publisher(stream).publish(subject, of_tomorrow(bytes).into(), "").await?;
    }
    Ok(count)
}

/// The log's last position, and what a newer registry wrote after it: an event that we don't know in a citizen's
/// conversation, and one that we know with a field that we don't.
async fn of_a_newer_registry(city: &mut City) -> Result<(u64, Vec<Vec<u8>>)> {
    let (position, last) = city.bus.events_log().last().await?.context("EVENTS is empty")?;
    let mut envelopes = Vec::new();
    for position in 1..=position {
        let bytes = city.bus.events_log().get(position).await?.context("EVENTS has a gap")?;
        envelopes.push(record::decode(&bytes)?.envelope);
    }
    let conversation = envelopes.iter().find(|one| matches!(one.event, Some(Event::MessageReceived(_))));
    let conversation = conversation.context("nobody wrote")?.stream.clone();
    let next = |stream: &str, position: u64, event: Option<Event>| {
        let version = envelopes.iter().filter(|one| one.stream == stream).map(|one| one.version).max();
        Envelope {
            position,
            stream: stream.to_owned(),
            version: version.unwrap_or_default() + 1,
            event_id: vec![position as u8; 16],
            causation_id: vec![position as u8 ^ 0xff; 16],
            event,
            ..envelopes[envelopes.len() - 1].clone()
        }
    };
    let noted = Event::ObservationNoted(ObservationNoted { reason: "of_tomorrow".to_owned() });
    let unknown = framed(record::hash(&last), &next(&conversation, position + 1, None));
    let known = framed(record::hash(&unknown), &next(&Of::Log.to_string(), position + 2, Some(noted)));
    Ok((position, vec![unknown, known]))
}

/// As `record::encode_envelope`, for an envelope with a field that it doesn't know.
fn framed(prev: [u8; 32], envelope: &Envelope) -> Vec<u8> {
    let body = [prev.as_slice(), &of_tomorrow(envelope.encode_to_vec())].concat();
    [[record::FORMAT].as_slice(), &crc32fast::hash(&body).to_be_bytes(), &body].concat()
}

async fn shown(city: &mut City, position: u64, records: &[Vec<u8>]) -> Result<()> {
    let evidence = evidence::gather(city).await?;
    let mut findings = Vec::new();
    if evidence.times(WORD) != 1 {
        findings.push(format!("I1: a notice with an unknown field is in the log {} times", evidence.times(WORD)));
    }
    if evidence.unknown != [position + 1] {
        findings.push(format!("rule 12: {:?} are unknown to us instead of {}", evidence.unknown, position + 1));
    }
    for (at, bytes) in (position..).zip(records) {
        if evidence.records.get(usize::try_from(at)?) != Some(bytes) {
            findings.push(format!("rule 4: what the newer registry wrote at {} was changed", at + 1));
        }
    }
    let letters = city.bus.dead().list(100).await?;
    let parked = |stream: Stream| letters.iter().filter(|letter| letter.parked.stream == stream.name()).count();
    for stream in [Stream::Inbound, Stream::Observed] {
        if parked(stream) != 1 {
            findings.push(format!("rule 12: {} letters of {} in DEAD instead of 1", parked(stream), stream.name()));
        }
    }
    for reader in READERS {
        let subject = format!("read by {reader}");
        if !letters.iter().any(|letter| letter.parked.subject == subject && letter.parked.sequence == position + 1) {
            findings.push(format!("rule 12: {reader} passed over a record in silence"));
        }
    }
    city.findings.append(&mut findings);
    Ok(())
}
