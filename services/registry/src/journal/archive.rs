//! A log as one file: every record byte for byte, so that its chain of hashes proves it on any machine. Format: the
//! line `segnalalo log 1`, then each record as a varint of its length and its bytes, then a zero and the last
//! record's hash. An export that was cut off has no such end and is refused.

use super::{Error as JournalError, Head, Journal, Reader};
use bytes::Bytes;
use segnalalo_proto::record;
use std::io::{self, BufRead, Read as _, Write};

const MAGIC: &[u8] = b"segnalalo log 1\n";
/// Records handled at a time.
const CHUNK: usize = 256;
/// Bytes of the largest record: twice what the broker takes.
const LARGEST: u64 = 16 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file can't be read or written")]
    Io(#[from] io::Error),
    #[error("the file is no export of a log: it doesn't begin with \"segnalalo log 1\"")]
    NotAnExport,
    #[error("the file was cut off after {0} records: export it again")]
    CutOff(u64),
    #[error("the file is damaged after {after} records: {what}")]
    Damaged { after: u64, what: &'static str },
    #[error("the log can't be read, or can't take the records")]
    Journal(#[from] JournalError),
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// The log had them already, byte for byte.
    pub known: u64,
    pub added: u64,
}

/// Writes the log up to its present head; that head.
///
/// # Errors
/// When the log can't be read or the file can't be written. Call `sync_all` on the file before trusting it.
pub fn export(reader: &dyn Reader, mut output: impl Write) -> Result<Head, Error> {
    let head = reader.head();
    output.write_all(MAGIC)?;
    let mut last = 0;
    while last < head.position {
        let records = reader.read_all(last, CHUNK)?;
        if records.is_empty() {
            return Err(Error::Journal(JournalError::Damaged {
                position: last + 1,
                what: "the record is missing".to_owned(),
            }));
        }
        for (position, bytes) in records {
            if position <= head.position {
                write_length(&mut output, bytes.len() as u64)?;
                output.write_all(&bytes)?;
                last = position;
            }
        }
    }
    write_length(&mut output, 0)?;
    output.write_all(&head.hash)?;
    output.flush()?;
    Ok(head)
}

/// Takes in what the log doesn't have yet. The file must hold the log's own history: what both have is compared.
///
/// # Errors
/// `Journal(Fork)` when it is another history. Records taken in before an error stay: import again goes on from there.
pub fn import(journal: &mut dyn Journal, input: impl BufRead) -> Result<Imported, Error> {
    let mut file = File { input, records: 0, last: record::NO_PREVIOUS };
    file.magic()?;
    let reader = journal.reader();
    let mut imported = Imported::default();
    loop {
        let mut new = Vec::with_capacity(CHUNK);
        let mut ended = false;
        while new.len() < CHUNK {
            let Some(bytes) = file.record()? else {
                ended = true;
                break;
            };
            match reader.read(file.records)? {
                Some(ours) if ours == bytes => imported.known += 1,
                Some(_) => {
                    let position = file.records;
                    return Err(Error::Journal(JournalError::Fork { position }));
                }
                None => new.push(bytes),
            }
        }
        if !new.is_empty() {
            journal.import(&new)?;
            imported.added += new.len() as u64;
        }
        if ended {
            return Ok(imported);
        }
    }
}

struct File<R> {
    input: R,
    /// Read so far: an export begins with the log, so this is the last one's position.
    records: u64,
    /// Hash of the last one.
    last: [u8; 32],
}

impl<R: BufRead> File<R> {
    fn magic(&mut self) -> Result<(), Error> {
        let mut magic = [0; MAGIC.len()];
        match self.input.read_exact(&mut magic) {
            Ok(()) if magic == MAGIC => Ok(()),
            Ok(()) => Err(Error::NotAnExport),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Error::NotAnExport),
            Err(error) => Err(error.into()),
        }
    }

    /// The next record; `None` at the file's proper end.
    fn record(&mut self) -> Result<Option<Bytes>, Error> {
        let length = self.length()?;
        if length == 0 {
            return self.end().map(|()| None);
        }
        if length > LARGEST {
            return Err(self.damaged("a record's length is beyond all measure"));
        }
        let mut bytes = Vec::new();
        let read = (&mut self.input).take(length).read_to_end(&mut bytes)?;
        if read as u64 != length {
            return Err(Error::CutOff(self.records));
        }
        self.records += 1;
        self.last = record::hash(&bytes);
        Ok(Some(bytes.into()))
    }

    fn length(&mut self) -> Result<u64, Error> {
        let mut length = 0;
        for shift in (0..63).step_by(7) {
            let mut byte = [0];
            self.fill(&mut byte)?;
            length |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                return Ok(length);
            }
        }
        Err(self.damaged("a record's length isn't a number"))
    }

    fn end(&mut self) -> Result<(), Error> {
        let mut hash = [0; 32];
        self.fill(&mut hash)?;
        if hash != self.last {
            return Err(self.damaged("its end doesn't fit its last record"));
        }
        if !self.input.fill_buf()?.is_empty() {
            return Err(self.damaged("something follows its end"));
        }
        Ok(())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.input.read_exact(bytes).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof { Error::CutOff(self.records) } else { error.into() }
        })
    }

    fn damaged(&self, what: &'static str) -> Error {
        Error::Damaged { after: self.records, what }
    }
}

fn write_length(output: &mut impl Write, mut length: u64) -> io::Result<()> {
    while length >= 0x80 {
        output.write_all(&[(length & 0x7f) as u8 | 0x80])?;
        length >>= 7;
    }
    output.write_all(&[length as u8])
}
