//! The folder of daily registers: `registers/2026/11-27.csv`, `.xml`, `.txt` and `.sig`. A file is whole or not there.

use super::day::Date;
use crate::folder;
use segnalalo_domain::event::DayExport;
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The three forms, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    pub csv: Vec<u8>,
    pub xml: Vec<u8>,
    pub text: Vec<u8>,
}

impl Forms {
    /// Whether they are those that were signed.
    pub fn are(&self, export: &DayExport) -> bool {
        let digest = |bytes: &[u8]| <[u8; 32]>::from(Sha256::digest(bytes));
        digest(&self.csv) == export.csv && digest(&self.xml) == export.xml && digest(&self.text) == export.text
    }
}

#[derive(Debug, Clone)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// In the registry's data folder.
    pub fn below(data_dir: &Path) -> Self {
        Self(data_dir.join("registers"))
    }

    /// Whether a day's files are there, all of them.
    pub fn has(&self, day: Date) -> bool {
        ["csv", "xml", "txt", "sig"].into_iter().all(|form| self.file(day, form).is_file())
    }

    /// `None`: one of them isn't there.
    ///
    /// # Errors
    /// One is there and can't be read.
    pub fn get(&self, day: Date) -> io::Result<Option<Forms>> {
        let read = |form: &str| match fs::read(self.file(day, form)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let (Some(csv), Some(xml), Some(text)) = (read("csv")?, read("xml")?, read("txt")?) else {
            return Ok(None);
        };
        Ok(Some(Forms { csv, xml, text }))
    }

    /// On disk on return; the manifest last.
    ///
    /// # Errors
    /// The disk's.
    pub fn put(&self, day: Date, forms: &Forms, manifest: &str) -> io::Result<()> {
        let folder = self.folder(day);
        fs::create_dir_all(&folder)?;
        let all =
            [("csv", forms.csv.as_slice()), ("xml", &forms.xml), ("txt", &forms.text), ("sig", manifest.as_bytes())];
        for (form, bytes) in all {
            let file = self.file(day, form);
            let unfinished = file.with_extension(format!("{form}.tmp"));
            let mut written = File::create(&unfinished)?;
            written.write_all(bytes)?;
            written.sync_all()?;
            fs::rename(&unfinished, &file)?;
        }
        // The names, too.
        for folder in [folder.as_path(), self.0.as_path()] {
            folder::sync(folder)?;
        }
        Ok(())
    }

    fn folder(&self, day: Date) -> PathBuf {
        self.0.join(format!("{:04}", day.year()))
    }

    fn file(&self, day: Date, form: &str) -> PathBuf {
        self.folder(day).join(format!("{:02}-{:02}.{form}", day.month(), day.day()))
    }
}
