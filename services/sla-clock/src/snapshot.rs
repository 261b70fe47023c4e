//! The snapshot on disk: all timers as they were at a position of the log. It may be deleted at any time. It carries who
//! wrote it, the position and the hash of the record there (by the chain, of the whole log before it), and a checksum:
//! one that is damaged, or that another build of the program wrote, is ignored and the log is read instead; one of
//! another log is found out by the feed, which reads that record again.

use crate::timers::Timers;
use bytes::{Buf, BufMut};
use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// What it is and how it is written.
const MAGIC: &[u8; 8] = b"SLACLK01";
const FILE: &str = "timers.snapshot";
/// Written whole beside it, then put in its place.
const NEXT: &str = "timers.snapshot.next";
const CHECKSUM: usize = 4;

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub position: u64,
    /// Of the record there.
    pub hash: [u8; 32],
}

/// Who wrote it: what a build of the program makes of the log, another may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    pub size: u64,
    pub modified_nanos: u64,
}

impl Build {
    /// The program that runs: its file's size and time. `None`: it can't be seen, and there are no snapshots.
    pub fn running() -> Option<Self> {
        let file = fs::metadata(std::env::current_exe().ok()?).ok()?;
        let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self { size: file.len(), modified_nanos: u64::try_from(modified.as_nanos()).ok()? })
    }
}

/// Why it isn't used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("there is none")]
    Absent,
    #[error("it can't be read")]
    Io(#[source] io::Error),
    #[error("it is damaged")]
    Damaged,
    #[error("another build of the program wrote it")]
    OtherBuild,
}

pub fn encode(timers: &Timers, mark: &Mark, build: Build) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_slice(MAGIC);
    out.put_u64(build.size);
    out.put_u64(build.modified_nanos);
    out.put_u64(mark.position);
    out.put_slice(&mark.hash);
    timers.write(&mut out);
    let checksum = crc32fast::hash(&out);
    out.put_u32(checksum);
    out
}

/// # Errors
/// Why it can't be used.
pub fn decode(bytes: &[u8], build: Build) -> Result<(Timers, Mark), Unusable> {
    let (content, checksum) = bytes.split_at_checked(bytes.len().saturating_sub(CHECKSUM)).ok_or(Unusable::Damaged)?;
    if checksum != crc32fast::hash(content).to_be_bytes() {
        return Err(Unusable::Damaged);
    }
    let mut rest = content.strip_prefix(MAGIC).ok_or(Unusable::OtherBuild)?;
    let damaged = |_| Unusable::Damaged;
    let size = rest.try_get_u64().map_err(damaged)?;
    let modified_nanos = rest.try_get_u64().map_err(damaged)?;
    if (Build { size, modified_nanos }) != build {
        return Err(Unusable::OtherBuild);
    }
    let position = rest.try_get_u64().map_err(damaged)?;
    let mut hash = [0; 32];
    rest.try_copy_to_slice(&mut hash).map_err(damaged)?;
    let timers = Timers::read(rest).map_err(|_| Unusable::Damaged)?;
    Ok((timers, Mark { position, hash }))
}

/// Where it stands; clones are the same place.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// # Errors
    /// Why it can't be used.
    pub fn load(&self, build: Build) -> Result<(Timers, Mark), Unusable> {
        let bytes = fs::read(self.0.join(FILE)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Unusable::Absent,
            _ => Unusable::Io(error),
        })?;
        decode(&bytes, build)
    }

    /// The old one or the new one, whole, whenever the power goes. Blocks.
    ///
    /// # Errors
    /// The disk's.
    pub fn store(&self, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let next = self.0.join(NEXT);
        let mut file = fs::File::create(&next)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&next, self.0.join(FILE))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

#[cfg(test)]
mod tests;
