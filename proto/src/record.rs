//! The frame around one event on the log, on EVENTS and in exports, the same bytes everywhere: a format byte, a CRC,
//! the hash of the record before, and the envelope. The CRC finds a broken disk; the chain of hashes finds what was
//! taken out, put in or changed. Whether a position is the next one is the log's business, not the frame's.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format: 1 |
//! | 4 | CRC-32 (IEEE), big-endian, over all that follows |
//! | 32 | SHA-256 of the whole record before; zeros in the first |
//! | rest | `segnalalo.event.v1.Envelope` |

use crate::{convert, event::v1::Envelope};
use prost::Message as _;
use segnalalo_domain::event::Recorded;
use sha2::{Digest as _, Sha256};

/// The only format there is so far.
pub const FORMAT: u8 = 1;
/// What the first record of a log carries as the hash before it.
pub const NO_PREVIOUS: [u8; 32] = [0; 32];
/// Bytes before the envelope.
pub const HEADER: usize = 1 + 4 + 32;

/// What a record carries.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub envelope: Envelope,
    /// Hash of the record before.
    pub prev: [u8; 32],
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the record has {0} bytes, fewer than its header's {HEADER}")]
    Truncated(usize),
    #[error("the record has format {0}, and only {FORMAT} is known")]
    UnknownFormat(u8),
    #[error("the record's checksum is {stored:08x}, and its bytes give {computed:08x}")]
    Checksum { stored: u32, computed: u32 },
    #[error("the record's envelope can't be decoded")]
    Envelope(#[source] prost::DecodeError),
}

/// The record's bytes. `prev_hash` is `hash` of the record before, `NO_PREVIOUS` in the first.
pub fn encode(prev_hash: &[u8; 32], recorded: &Recorded) -> Vec<u8> {
    encode_envelope(prev_hash, &convert::to_wire(recorded))
}

/// As `encode`, for an envelope that is on the wire already.
pub fn encode_envelope(prev_hash: &[u8; 32], envelope: &Envelope) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + envelope.encoded_len());
    bytes.push(FORMAT);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(prev_hash);
    envelope.encode(&mut bytes).expect("a Vec grows: it can't lack room");
    let checksum = crc32fast::hash(&bytes[5..]);
    bytes[1..5].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// What the bytes say, once format and checksum are found right.
pub fn decode(bytes: &[u8]) -> Result<Record, Error> {
    let (prev, envelope) = parts(bytes)?;
    Ok(Record { envelope: Envelope::decode(envelope).map_err(Error::Envelope)?, prev })
}

/// The hash of the record before, once format and checksum are found right; the envelope stays closed.
pub fn prev_hash(bytes: &[u8]) -> Result<[u8; 32], Error> {
    parts(bytes).map(|(prev, _)| prev)
}

/// SHA-256 of the whole record: what the next one carries.
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn parts(bytes: &[u8]) -> Result<([u8; 32], &[u8]), Error> {
    let truncated = || Error::Truncated(bytes.len());
    let (format, rest) = bytes.split_first().ok_or_else(truncated)?;
    if *format != FORMAT {
        return Err(Error::UnknownFormat(*format));
    }
    let (stored, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
    let (prev, envelope) = rest.split_first_chunk::<32>().ok_or_else(truncated)?;
    let (stored, computed) = (u32::from_be_bytes(*stored), crc32fast::hash(rest));
    if stored != computed {
        return Err(Error::Checksum { stored, computed });
    }
    Ok((*prev, envelope))
}
