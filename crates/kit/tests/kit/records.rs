//! Chains of records, as a log has them; with another seed, another history.

use bytes::Bytes;
use segnalalo_kit::bus::EventsLog;
use segnalalo_proto::{event::v1::Envelope, record};

pub fn chain(seed: &str, count: u64) -> Vec<(String, Bytes)> {
    let mut previous = record::NO_PREVIOUS;
    let next = |position| {
        let envelope = Envelope { position, stream: seed.to_owned(), ..Envelope::default() };
        let bytes = Bytes::from(record::encode_envelope(&previous, &envelope));
        previous = record::hash(&bytes);
        ("events.log.log-opened".to_owned(), bytes)
    };
    (1..=count).map(next).collect()
}

pub async fn append(log: &EventsLog, expected_last: u64, records: &[(String, Bytes)]) {
    log.append(expected_last, records).await.unwrap();
}
