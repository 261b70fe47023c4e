//! The event log: every fact, in order, once. The port is small (append to several streams with expected versions,
//! read all, read a stream, head) so that another engine can take its place; the rules that every engine shares stand
//! in `draft`, and one contract suite runs on all of them. The journal decides nothing and opens no sealed data. It is
//! written by one thread; readers are handles that see only what is on disk.

pub mod archive;
mod batch;
mod draft;
pub mod memory;
pub mod sled;
pub mod verify;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod fixtures;

pub use batch::{Batch, NewEvent};
pub use memory::Memory;
pub use sled::Sled;

use bytes::Bytes;
use segnalalo_domain::{event::Stream, id::CauseId};
use segnalalo_proto::record;
use std::{ops::Range, path::Path, path::PathBuf, sync::Arc};
use tokio::sync::watch;

/// The last durable record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// 0: the log is empty.
    pub position: u64,
    /// Of the record; zeros when the log is empty.
    pub hash: [u8; 32],
}

impl Head {
    pub const EMPTY: Self = Self { position: 0, hash: record::NO_PREVIOUS };
}

/// The writing side. All calls block until the disk has answered: call from a thread of its own.
pub trait Journal: Send {
    /// Appends all batches or none, with one sync; the positions of each batch's events. Every batch sees those
    /// before it.
    ///
    /// # Errors
    /// `VersionConflict`, `AlreadyHandled` and `Refused` leave everything as it was. After `Fatal` nothing can be
    /// appended any more, and what is on disk isn't known before the log is opened again.
    fn append(&mut self, group: &[Batch]) -> Result<Vec<Range<u64>>, Error>;

    /// Appends records byte for byte, from EVENTS or an export, that extend this log. All or none.
    ///
    /// # Errors
    /// `Fork` when they belong to another history, `Refused` when they aren't the next ones or are damaged.
    fn import(&mut self, records: &[Bytes]) -> Result<(), Error>;

    fn reader(&self) -> Arc<dyn Reader>;
}

/// The reading side. It never shows what isn't durable.
pub trait Reader: Send + Sync {
    fn head(&self) -> Head;

    /// Records after a position, oldest first, with their positions. At most `limit`, and fewer when they are large:
    /// only an empty answer means that there are no more.
    ///
    /// # Errors
    /// `Damaged` when a record that must be there isn't.
    fn read_all(&self, after: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, Error>;

    /// One record; `None` beyond the head.
    ///
    /// # Errors
    /// As `read_all`.
    fn read(&self, position: u64) -> Result<Option<Bytes>, Error>;

    /// Records of one stream after a version, oldest first, with their versions. Bounded as `read_all`.
    ///
    /// # Errors
    /// As `read_all`.
    fn read_stream(&self, stream: &Stream, after_version: u64, limit: usize) -> Result<Vec<(u64, Bytes)>, Error>;

    /// 0 when the stream has no event.
    ///
    /// # Errors
    /// `Storage`.
    fn stream_version(&self, stream: &Stream) -> Result<u64, Error>;

    /// The last position that the cause brought about; `None` when it was never handled.
    ///
    /// # Errors
    /// `Storage`.
    fn handled(&self, cause: &CauseId) -> Result<Option<u64>, Error>;

    /// The head's position, and each new one. The first `changed` may return at once. It ends with the journal.
    fn subscribe(&self) -> watch::Receiver<u64>;
}

/// One variant for each reaction.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Decide again on the newer state.
    #[error("stream {stream} is at version {actual}, not {expected}")]
    VersionConflict { stream: Stream, expected: u64, actual: u64 },
    /// Answer with what it brought about then.
    #[error("cause {cause} was handled already, up to position {position}")]
    AlreadyHandled { cause: CauseId, position: u64 },
    /// Ours or a sender's mistake: a log can't hold this.
    #[error("position {position} can't hold this: {why}")]
    Refused { position: u64, why: String },
    /// Two logs: a person must say which one holds.
    #[error("the record for position {position} belongs to another history than this log")]
    Fork { position: u64 },
    /// Restore it: from EVENTS, an export or a backup.
    #[error("the log is damaged at position {position}: {what}")]
    Damaged { position: u64, what: String },
    #[error("{} is in use: is another registry running?", .0.display())]
    Locked(PathBuf),
    /// The folder as a whole can't be opened. Moved away, it is filled again from EVENTS at the next start.
    #[error("{} can't be opened as an event log", .folder.display())]
    Unopenable {
        folder: PathBuf,
        #[source]
        source: BoxError,
    },
    /// Reading failed; nothing is changed.
    #[error("the log's storage can't be read")]
    Storage(#[source] BoxError),
    /// End the process: whether the last append is on disk can't be known.
    #[error("the log's storage failed while writing")]
    Fatal(#[source] BoxError),
    /// After `Fatal`.
    #[error("the log's storage failed before: nothing is written any more")]
    Halted,
}

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Opens the log in a folder, which is made if it isn't there. A new log is empty: once it is certain that no other
/// copy has its records, its first batch is `Batch::opening`.
///
/// # Errors
/// `Locked`, `Damaged`, `Unopenable`.
pub fn open(folder: &Path) -> Result<Box<dyn Journal>, Error> {
    Ok(Box::new(Sled::open(folder)?))
}
