//! The file that says that this folder once held records. sled takes files it can't make sense of for a new database:
//! without the marker, a log that lost everything would look like one that never began, and a new history would grow
//! over the old one's place.

use crate::folder;
use std::{fs::File, io, io::Write as _, path::Path, path::PathBuf};

const NAME: &str = "begun";
const TEXT: &[u8] = b"This folder holds an event log. If the registry says that its records are gone, move the \
folder away: the log is filled again from EVENTS, or from a backup.\n";

pub(super) struct Marker {
    folder: PathBuf,
    pub present: bool,
}

impl Marker {
    pub fn look(folder: &Path) -> io::Result<Self> {
        Ok(Self { folder: folder.to_owned(), present: folder.join(NAME).try_exists()? })
    }

    /// Durable when it returns.
    pub fn set(&mut self) -> io::Result<()> {
        if !self.present {
            let mut file = File::create(self.folder.join(NAME))?;
            file.write_all(TEXT)?;
            file.sync_all()?;
            folder::sync(&self.folder)?;
            self.present = true;
        }
        Ok(())
    }
}
