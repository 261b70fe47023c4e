//! A test's folder below `.test/` in the checkout: on the same disk as in the demo, not in a file system of memory.

use super::root;
use anyhow::{Context as _, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

#[derive(Debug)]
pub struct Folder(TempDir, bool);

impl Folder {
    /// # Errors
    /// It can't be made.
    pub fn new(name: &str) -> Result<Self> {
        let parent = root().join(".test");
        fs::create_dir_all(&parent).with_context(|| format!("making {}", parent.display()))?;
        let folder = tempfile::Builder::new().prefix(&format!("{name}-")).tempdir_in(&parent);
        Ok(Self(folder.with_context(|| format!("making a folder in {}", parent.display()))?, false))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Its files stay, for somebody to look at.
    pub fn keep(&mut self) {
        self.1 = true;
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.1 || std::thread::panicking() {
            self.0.disable_cleanup(true);
            eprintln!("kept: {}", self.path().display());
        }
    }
}
