//! Files that hold secrets: written whole or not at all, for their owner only.

use crate::failure::Failure;
use anyhow::Context as _;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

/// Its folder is made, for nobody else to look into.
///
/// # Errors
/// It can't be written.
pub fn put(file: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let begun = file.with_extension("new");
    let write = || -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        match fs::remove_file(&begun) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut opened = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&begun)?;
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&begun, file)
    };
    write().with_context(|| file.display().to_string())?;
    Ok(())
}
