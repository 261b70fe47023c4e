use crate::{samples, source::Source};
use segnalalo_proto::{convert, record};

#[test]
fn every_event_comes_back_as_it_was() {
    for seed in 0..200 {
        for sample in samples::all(|| Source::random(seed)) {
            let back = convert::from_wire(convert::to_wire(&sample));
            assert_eq!(back.as_ref(), Ok(&sample), "seed {seed}");
        }
    }
}

#[test]
fn every_event_comes_back_through_a_record() {
    for sample in samples::all(Source::full) {
        let bytes = record::encode(&[9; 32], &sample);
        let record = record::decode(&bytes).unwrap();
        assert_eq!(record.prev, [9; 32]);
        assert_eq!(convert::from_wire(record.envelope), Ok(sample));
    }
}

#[test]
fn the_same_event_gives_the_same_bytes() {
    for seed in 0..20 {
        for sample in samples::all(|| Source::random(seed)) {
            let bytes = record::encode(&record::NO_PREVIOUS, &sample);
            assert_eq!(bytes, record::encode(&record::NO_PREVIOUS, &sample.clone()));
        }
    }
}
