//! The fsync that sled leaves out. Linux reports a failed write-back once to each open handle: so one handle is
//! opened before the first write and kept, and its first error is the last thing this journal hears.

use crate::folder;
use segnalalo_kit::fault;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// Makes durable what sled has written; tests put a failing one in its place.
pub(crate) trait Disk: Send {
    fn sync(&mut self) -> io::Result<()>;
}

pub(crate) struct OneHandle {
    db: File,
    blobs: PathBuf,
}

impl OneHandle {
    /// Opens the handle, and makes the names of sled's files durable.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let this =
            Self { db: File::options().read(true).write(true).open(folder.join("db"))?, blobs: folder.join("blobs") };
        File::open(folder.join("conf"))?.sync_all()?;
        this.db.sync_all()?;
        folder::sync(folder)?;
        if let Some(parent) = folder.parent().filter(|parent| parent.is_dir()) {
            folder::sync(parent)?;
        }
        Ok(this)
    }

    /// sled writes a node above 128 KiB to a file of its own and never syncs it. Our values are too small for that;
    /// should it happen all the same, the file is made durable here.
    fn sync_blobs(&self) -> io::Result<()> {
        let mut found = 0;
        for entry in fs::read_dir(&self.blobs)? {
            File::open(entry?.path())?.sync_all()?;
            found += 1;
        }
        if found > 0 {
            folder::sync(&self.blobs)?;
            tracing::error!(found, "sled keeps nodes outside its synced file: values are too large");
        }
        Ok(())
    }
}

impl Disk for OneHandle {
    fn sync(&mut self) -> io::Result<()> {
        fault::point("log.before-sync");
        if fault::fails("log.sync") && !fault::mistaken("disk-error-ignored") {
            return Err(io::Error::other("the disk failed (a failpoint)"));
        }
        self.db.sync_data()?;
        fault::point("log.after-sync");
        self.sync_blobs()
    }
}
