//! The rehearsal's memory: a file of JSON lines to which everything is appended that must outlive the process. A line
//! that a crash cut short is dropped. It doesn't sync: losing power in the middle of a rehearsal may lose its end.

use crate::{
    ledger::{Accepted, Refused},
    outbox::Webhook,
    world::Change,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    World(Change),
    Accepted(Accepted),
    Refused(Refused),
    WebhookQueued {
        n: u64,
        webhook: Webhook,
    },
    /// Delivered, or given up.
    WebhookSettled {
        n: u64,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{file} can't be opened")]
    Open {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{file}, line {line}: no record of a rehearsal")]
    Line {
        file: PathBuf,
        line: usize,
        #[source]
        source: serde_json::Error,
    },
}

/// Without a file it forgets.
#[derive(Debug, Default)]
pub struct Journal {
    file: Option<File>,
}

impl Journal {
    /// With what is in it already.
    pub fn open(file: &Path) -> Result<(Self, Vec<Record>), Error> {
        let failed = |source| Error::Open { file: file.to_owned(), source };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let records = read(file, &text[..whole])?;
        let opened = OpenOptions::new().create(true).append(true).open(file).map_err(failed)?;
        opened.set_len(whole as u64).map_err(failed)?;
        Ok((Self { file: Some(opened) }, records))
    }

    /// What can't be written is reported, and the rehearsal goes on.
    pub fn append(&mut self, record: &Record) {
        let Some(file) = &mut self.file else { return };
        let mut line = serde_json::to_vec(record).expect("records have text keys only");
        line.push(b'\n');
        if let Err(error) = file.write_all(&line) {
            tracing::error!(%error, "the rehearsal's memory can't be written: this won't be there after a restart");
        }
    }
}

fn read(file: &Path, text: &[u8]) -> Result<Vec<Record>, Error> {
    let lines = text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|source| Error::Line {
                file: file.to_owned(),
                line: index + 1,
                source,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(id: &str) -> Record {
        let id = id.to_owned();
        Record::World(Change::Hidden { id, hidden: true })
    }

    #[test]
    fn a_line_that_a_crash_cut_short_is_dropped_and_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph-sim/rehearsal.jsonl");
        let (mut journal, records) = Journal::open(&path).unwrap();
        assert!(records.is_empty());
        journal.append(&hidden("a"));
        journal.file.as_mut().unwrap().write_all(b"{\"record\":\"wor").unwrap();

        let (mut journal, records) = Journal::open(&path).unwrap();
        assert_eq!(records.len(), 1);
        journal.append(&hidden("b"));
        assert_eq!(Journal::open(&path).unwrap().1.len(), 2);
    }

    #[test]
    fn a_foreign_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rehearsal.jsonl");
        fs::write(&path, "{\"record\":\"webhook_settled\",\"n\":1}\nnonsense\n").unwrap();
        let error = Journal::open(&path).unwrap_err().to_string();
        assert!(error.ends_with("rehearsal.jsonl, line 2: no record of a rehearsal"), "{error}");
    }
}
