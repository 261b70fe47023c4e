//! Takes a snapshot now and then and writes it, apart from the work. A disk that doesn't take it is said and does no
//! harm: the next start reads more of the log.

use crate::{
    handler::Handler,
    snapshot::{Build, Folder, Mark, Unusable},
    timers::Timers,
};
use std::path::Path;
use tokio::task::JoinHandle;

const FOLDER: &str = "sla-clock";
/// So many records are read in a moment: less isn't worth a snapshot while running.
const WORTH: u64 = 10_000;

pub struct Keeper {
    /// `None`: there is no place for snapshots.
    place: Option<(Folder, Build)>,
    writing: Option<JoinHandle<()>>,
}

impl Keeper {
    pub fn new(data_dir: Option<&Path>) -> Self {
        let place = data_dir.and_then(|data| Some((Folder::new(data.join(FOLDER)), Build::running()?)));
        Self { place, writing: None }
    }

    /// The last one, if it can be used.
    pub fn load(&self) -> Option<(Timers, Mark)> {
        let (folder, build) = self.place.as_ref()?;
        match folder.load(*build) {
            Ok((timers, mark)) => {
                tracing::info!(position = mark.position, open = timers.len(), "the timers are taken from the snapshot");
                Some((timers, mark))
            }
            Err(Unusable::Absent) => None,
            Err(why) => {
                let file = folder.path().display();
                tracing::warn!(%why, %file, "the snapshot of the timers isn't used: the whole log is read");
                None
            }
        }
    }

    /// When enough has come since the last, and that one is written.
    pub fn keep(&mut self, handler: &mut Handler) {
        if self.writing.as_ref().is_none_or(JoinHandle::is_finished) {
            self.writing = self.write(handler, WORTH);
        }
    }

    /// The last one, before the process ends.
    pub async fn finish(&mut self, handler: &mut Handler) {
        if let Some(writing) = self.writing.take() {
            let _ = writing.await;
        }
        if let Some(writing) = self.write(handler, 1) {
            let _ = writing.await;
        }
    }

    fn write(&self, handler: &mut Handler, worth: u64) -> Option<JoinHandle<()>> {
        let (folder, build) = self.place.clone()?;
        let bytes = handler.snapshot(worth, build)?;
        Some(tokio::task::spawn_blocking(move || {
            if let Err(error) = folder.store(&bytes) {
                let file = folder.path().display();
                tracing::warn!(%error, %file, "the snapshot of the timers can't be written");
            }
        }))
    }
}
