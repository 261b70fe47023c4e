//! What citizens attached: encrypted files beside the log, each under the name of its own hash, so that a file that was
//! changed is found by its name. A file is on disk before the event that names it, and goes when its key is erased. What
//! stands here and in no event is of a crash, and is swept at start.

use crate::folder;
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// SHA-256 of the encrypted bytes.
pub type BlobId = [u8; 32];

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file {} isn't there", hex::encode(.0))]
    Missing(BlobId),
    #[error("the file {} isn't what was put there", hex::encode(.0))]
    Damaged(BlobId),
    #[error("the folder of attachments can't be read or written")]
    Storage(#[from] io::Error),
}

#[derive(Debug, Clone)]
pub struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    /// # Errors
    /// The folder can't be made.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let blobs = Self { folder: folder.to_owned() };
        fs::create_dir_all(blobs.incoming())?;
        if let Some(parent) = folder.parent().filter(|parent| parent.is_dir()) {
            folder::sync(parent)?;
        }
        Ok(blobs)
    }

    /// Durable on return.
    ///
    /// # Errors
    /// `Storage`: nothing may name it.
    pub fn store(&self, bytes: &[u8]) -> Result<BlobId, Error> {
        let id: BlobId = Sha256::digest(bytes).into();
        let path = self.path(&id);
        let shelf = path.parent().unwrap_or(&self.folder).to_owned();
        fs::create_dir_all(&shelf)?;
        let incoming = self.incoming().join(hex::encode(rand::random::<[u8; 16]>()));
        let written = write_synced(&incoming, bytes).and_then(|()| fs::rename(&incoming, &path));
        if let Err(error) = written {
            // What is left of it is swept at the next start.
            let _ = fs::remove_file(&incoming);
            return Err(error.into());
        }
        folder::sync(&shelf)?;
        folder::sync(&self.folder)?;
        Ok(id)
    }

    /// # Errors
    /// `Missing`, `Damaged`, `Storage`.
    pub fn read(&self, id: &BlobId) -> Result<Vec<u8>, Error> {
        let bytes = match fs::read(self.path(id)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::Missing(*id)),
            Err(error) => return Err(error.into()),
        };
        if Sha256::digest(&bytes).as_slice() != id {
            return Err(Error::Damaged(*id));
        }
        Ok(bytes)
    }

    /// Whether there was one.
    ///
    /// # Errors
    /// `Storage`: it may still be there; the next start sweeps it.
    pub fn remove(&self, id: &BlobId) -> Result<bool, Error> {
        let path = self.path(id);
        match fs::remove_file(&path) {
            Ok(()) => {
                folder::sync(path.parent().unwrap_or(&self.folder))?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes every file but these. How many were removed.
    ///
    /// # Errors
    /// `Storage`.
    pub fn sweep(&self, keep: &HashSet<BlobId>) -> Result<usize, Error> {
        let mut removed = 0;
        for shelf in fs::read_dir(&self.folder)? {
            let shelf = shelf?.path();
            if !shelf.is_dir() {
                continue;
            }
            for file in fs::read_dir(&shelf)? {
                let file = file?.path();
                if !id_of(&shelf, &file).is_some_and(|id| keep.contains(&id)) {
                    fs::remove_file(&file)?;
                    removed += 1;
                }
            }
            folder::sync(&shelf)?;
        }
        Ok(removed)
    }

    fn path(&self, id: &BlobId) -> PathBuf {
        let name = hex::encode(id);
        self.folder.join(&name[..2]).join(&name[2..])
    }

    fn incoming(&self) -> PathBuf {
        self.folder.join("incoming")
    }
}

fn id_of(shelf: &Path, file: &Path) -> Option<BlobId> {
    let name = format!("{}{}", shelf.file_name()?.to_str()?, file.file_name()?.to_str()?);
    hex::decode(name).ok()?.try_into().ok()
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        (folder, blobs)
    }

    #[test]
    fn what_was_stored_is_read_and_what_was_removed_is_missing() {
        let (_folder, blobs) = blobs();
        let id = blobs.store(b"a photo").unwrap();
        assert_eq!(blobs.read(&id).unwrap(), b"a photo");
        assert!(blobs.remove(&id).unwrap());
        assert!(!blobs.remove(&id).unwrap());
        assert!(matches!(blobs.read(&id), Err(Error::Missing(missing)) if missing == id));
    }

    #[test]
    fn a_file_that_was_changed_is_found_by_its_name() {
        let (_folder, blobs) = blobs();
        let id = blobs.store(b"a photo").unwrap();
        fs::write(blobs.path(&id), b"another").unwrap();
        assert!(matches!(blobs.read(&id), Err(Error::Damaged(_))));
    }

    #[test]
    fn the_sweep_leaves_what_the_log_names_and_nothing_else() {
        let (_folder, blobs) = blobs();
        let kept = blobs.store(b"named by the log").unwrap();
        let orphan = blobs.store(b"of a crash").unwrap();
        fs::write(blobs.incoming().join("half"), b"hal").unwrap();
        assert_eq!(blobs.sweep(&HashSet::from([kept])).unwrap(), 2);
        assert_eq!(blobs.read(&kept).unwrap(), b"named by the log");
        assert!(matches!(blobs.read(&orphan), Err(Error::Missing(_))));
        assert_eq!(fs::read_dir(blobs.incoming()).unwrap().count(), 0);
    }
}
