//! Proves a log: every record's checksum, the chain of hashes, positions and versions without a gap, every event
//! readable. It reads only, stops at the first fault and names it; it can't tell who changed something, only that and
//! where. Events of a kind that a newer program wrote are counted, not faults.

use super::{Error, Head, Reader, draft::Entry};
use bytes::Bytes;
use segnalalo_domain::event::Recorded;
use segnalalo_proto::{convert, event::v1::envelope::Event as Wire, record};
use std::collections::HashMap;

/// Records read at a time.
const CHUNK: usize = 512;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Records found right.
    pub records: u64,
    /// The last of them.
    pub head: Head,
    /// Events of kinds or versions that this program doesn't know.
    pub unknown: u64,
    /// `None`: all is well up to the head at the beginning of the check.
    pub fault: Option<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub position: u64,
    pub what: String,
}

/// Reads the log up to its present head.
///
/// # Errors
/// When the storage can't be read. A damaged log is a report, not an error.
pub fn verify(reader: &dyn Reader) -> Result<Report, Error> {
    verify_with(reader, |_| Ok(()))
}

/// As `verify`; `look` sees each event and may find a fault in what it names.
///
/// # Errors
/// As `verify`.
pub fn verify_with(
    reader: &dyn Reader,
    mut look: impl FnMut(&Recorded) -> Result<(), String>,
) -> Result<Report, Error> {
    let end = reader.head();
    let mut check = Check::default();
    while check.report.head.position < end.position {
        let records = match reader.read_all(check.report.head.position, CHUNK) {
            Ok(records) => records,
            Err(Error::Damaged { position, what }) => return Ok(check.ended(position, what)),
            Err(error) => return Err(error),
        };
        if records.is_empty() {
            let what = "the record is missing".to_owned();
            let position = check.report.head.position + 1;
            return Ok(check.ended(position, what));
        }
        for (position, bytes) in records {
            if position > end.position {
                break;
            }
            if let Err(what) = check.record(&bytes, &mut look) {
                return Ok(check.ended(position, what));
            }
        }
    }
    if check.report.head != end {
        let what = "its hash isn't the one that the next record will carry".to_owned();
        return Ok(check.ended(end.position, what));
    }
    Ok(check.report)
}

struct Check {
    report: Report,
    /// By the stream's key, so that a large log's streams fit in memory.
    versions: HashMap<[u8; 16], u64>,
}

impl Default for Check {
    fn default() -> Self {
        Self { report: Report { records: 0, head: Head::EMPTY, unknown: 0, fault: None }, versions: HashMap::new() }
    }
}

impl Check {
    fn record(&mut self, bytes: &Bytes, look: &mut impl FnMut(&Recorded) -> Result<(), String>) -> Result<(), String> {
        let (entry, record) = Entry::of(bytes).map_err(|error| error.to_string())?;
        let expected = self.report.head.position + 1;
        if entry.position != expected {
            return Err(format!("the record says that its position is {}", entry.position));
        }
        if record.prev != self.report.head.hash {
            return Err("it doesn't follow the record before: the chain of hashes is broken".to_owned());
        }
        let opening = matches!(record.envelope.event, Some(Wire::LogOpened(_)));
        if opening != (expected == 1) {
            return Err("the first record, and only the first, is the log's opening".to_owned());
        }
        let version = self.versions.entry(entry.stream.0).or_default();
        if entry.version != *version + 1 {
            return Err(format!("its version is {}, and its stream was at {version}", entry.version));
        }
        *version = entry.version;
        match convert::from_wire(record.envelope) {
            Ok(recorded) => look(&recorded)?,
            Err(convert::Error::Unknown(_)) => self.report.unknown += 1,
            Err(error) => return Err(error.to_string()),
        }
        self.report.records += 1;
        self.report.head = Head { position: expected, hash: record::hash(bytes) };
        Ok(())
    }

    fn ended(mut self, position: u64, what: String) -> Report {
        self.report.fault = Some(Fault { position, what });
        self.report
    }
}
