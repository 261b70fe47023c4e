//! What a folder holds, made durable: a file that is synced may still lose its name.

use std::{fs::File, io, path::Path};

/// Names that were made or removed in the folder are on disk on return.
///
/// # Errors
/// The folder isn't there, or the disk fails.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
