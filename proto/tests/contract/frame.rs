use crate::{samples, source::Source};
use segnalalo_proto::record::{self, Error};

fn sample() -> Vec<u8> {
    record::encode(&[3; 32], &samples::all(Source::full)[7])
}

#[test]
fn every_flipped_bit_of_a_record_is_found() {
    let good = sample();
    for at in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        assert!(record::decode(&bytes).is_err(), "bit {at}");
        assert_ne!(record::hash(&bytes), record::hash(&good), "bit {at}");
    }
}

#[test]
fn every_record_cut_short_is_found() {
    let good = sample();
    for length in 0..good.len() {
        assert!(record::decode(&good[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn the_fault_is_named() {
    let good = sample();
    assert!(matches!(record::decode(&good[..36]), Err(Error::Truncated(36))));
    let mut newer = good.clone();
    newer[0] = 2;
    assert!(matches!(record::decode(&newer), Err(Error::UnknownFormat(2))));
    let mut harmed = good.clone();
    *harmed.last_mut().unwrap() ^= 1;
    assert!(matches!(record::decode(&harmed), Err(Error::Checksum { .. })));
    let mut nonsense = good[..record::HEADER].to_vec();
    nonsense.extend_from_slice(&[0xff; 3]);
    let checksum = crc32fast::hash(&nonsense[5..]);
    nonsense[1..5].copy_from_slice(&checksum.to_be_bytes());
    assert!(matches!(record::decode(&nonsense), Err(Error::Envelope(_))));
}

#[test]
fn the_frame_is_format_checksum_hash_envelope() {
    let good = sample();
    assert_eq!(good[0], record::FORMAT);
    assert_eq!(good[1..5], crc32fast::hash(&good[5..]).to_be_bytes());
    assert_eq!(good[5..37], [3; 32]);
    assert_eq!(record::prev_hash(&good).unwrap(), [3; 32]);
}
