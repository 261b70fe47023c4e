//! The log on sled 0.34.7, as its measured facts demand. All keys live in one tree, so that one `apply_batch` takes a
//! whole group or nothing; then `flush`, which on Linux is no fsync, then an fsync of our own through one handle that
//! stays open (`disk`). Readers see nothing beyond the durable head. After an error while writing nothing is written
//! any more: what is on disk is known only after the log is opened again.
//!
//! What opening does about a tail that a crash left behind is told in `recovery`.

#[cfg(test)]
mod crash_tests;
mod disk;
mod keys;
mod marker;
mod reader;
mod recovery;
#[cfg(test)]
mod tests;

pub(crate) use self::disk::{Disk, OneHandle};
use self::{keys::HeadEntry, marker::Marker, reader::Shared};
use super::{
    Batch, BoxError, Error, Head, Journal, Reader,
    draft::{Draft, Entry},
};
use bytes::Bytes;
use std::{
    fs,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::sync::watch;

/// sled's page cache, in bytes. Its default is 1 GiB.
const CACHE: u64 = 64 * 1024 * 1024;
/// How often a locked folder is tried: sled gives its lock back from a thread of its own, a moment after the last
/// handle is dropped.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

pub struct Sled {
    shared: Arc<Shared>,
    /// Dropped with the journal: readers' subscriptions end then.
    durable: watch::Sender<u64>,
    disk: Box<dyn Disk>,
    marker: Marker,
    halted: bool,
}

impl Sled {
    /// Opens the log in a folder, or makes an empty one.
    ///
    /// # Errors
    /// `Locked` when another process has it; `Damaged` when a record that others follow can't be read; `Unopenable`.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let unopenable = |source: BoxError| Error::Unopenable { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(|error| unopenable(error.into()))?;
        let db = open_db(folder)?;
        let mut disk = OneHandle::open(folder).map_err(|error| unopenable(error.into()))?;
        let mut marker = Marker::look(folder).map_err(|error| unopenable(error.into()))?;
        let head = caught(folder, || recovery::recover(&db, &mut disk))?;
        if head != Head::EMPTY {
            marker.set().map_err(|error| unopenable(error.into()))?;
        } else if marker.present {
            return Err(unopenable("it held records, and they are gone".into()));
        }
        Ok(Self::with_disk(db, head, Box::new(disk), marker))
    }

    fn with_disk(db: sled::Db, head: Head, disk: Box<dyn Disk>, marker: Marker) -> Self {
        let (durable, subscription) = watch::channel(head.position);
        Self { shared: Arc::new(Shared::new(db, head, subscription)), durable, disk, marker, halted: false }
    }

    /// Stores what a draft has made of a group, and waits for the disk.
    fn store(&mut self, head: Head, entries: &[Entry]) -> Result<(), Error> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut batch = sled::Batch::default();
        for entry in entries {
            keys::insert_record(&mut batch, entry.position, &entry.bytes);
            keys::insert_index(&mut batch, entry);
        }
        HeadEntry::of(head).insert(&mut batch);
        let written =
            write(&self.shared.db, batch, &mut *self.disk).and_then(|()| self.marker.set().map_err(BoxError::from));
        if let Err(error) = written {
            self.halted = true;
            return Err(Error::Fatal(error));
        }
        self.shared.advance(head);
        self.durable.send_replace(head.position);
        Ok(())
    }
}

impl Journal for Sled {
    fn append(&mut self, group: &[Batch]) -> Result<Vec<Range<u64>>, Error> {
        if self.halted {
            return Err(Error::Halted);
        }
        let shared = self.shared.clone();
        let mut draft = Draft::new(shared.head(), &*shared);
        let ranges = group.iter().map(|batch| draft.batch(batch)).collect::<Result<Vec<_>, _>>()?;
        self.store(draft.head, &draft.entries)?;
        Ok(ranges)
    }

    fn import(&mut self, records: &[Bytes]) -> Result<(), Error> {
        if self.halted {
            return Err(Error::Halted);
        }
        let shared = self.shared.clone();
        let mut draft = Draft::new(shared.head(), &*shared);
        records.iter().try_for_each(|bytes| draft.record(bytes))?;
        self.store(draft.head, &draft.entries)
    }

    fn reader(&self) -> Arc<dyn Reader> {
        self.shared.clone()
    }
}

/// One atomic write, on disk when it returns.
fn write(db: &sled::Db, batch: sled::Batch, disk: &mut dyn Disk) -> Result<(), BoxError> {
    db.apply_batch(batch)?;
    db.flush()?;
    disk.sync()?;
    Ok(())
}

/// Opens a database, however long another process takes to let go of it.
pub(crate) fn open_db(folder: &Path) -> Result<sled::Db, Error> {
    for _ in 1..LOCK_TRIES {
        match try_open(folder) {
            Err(Error::Locked(_)) => thread::park_timeout(LOCK_PAUSE),
            opened => return opened,
        }
    }
    try_open(folder)
}

fn try_open(folder: &Path) -> Result<sled::Db, Error> {
    let config = sled::Config::new().path(folder).cache_capacity(CACHE).flush_every_ms(None);
    caught(folder, || match config.open() {
        // sled gives the lock no kind of its own.
        Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
            Err(Error::Locked(folder.to_owned()))
        }
        opened => opened.map_err(reader::storage),
    })
}

/// sled answers some damage with an error and some with a panic: while opening, both mean that the folder can't be.
fn caught<T>(folder: &Path, open: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let source = match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Err(Error::Storage(source))) => source,
        Ok(result) => return result,
        Err(_) => "sled panicked over its files".into(),
    };
    Err(Error::Unopenable { folder: folder.to_owned(), source })
}
