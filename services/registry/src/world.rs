//! Everything the registry knows, rebuilt from the log: the desk that decides and the read model that people see. Held
//! behind one lock: who reads sees only what is on disk.

use crate::{journal, read_model::ReadModel};
use segnalalo_domain::{desk::Desk, event::Recorded};
use segnalalo_proto::{
    convert::{self, ReadError},
    record,
    sealed::Opener,
};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct World {
    pub desk: Desk,
    pub read: ReadModel,
    /// The last position folded in.
    pub position: u64,
    /// Records of kinds that this version doesn't know: kept in the log, without effect here.
    pub unknown: u64,
}

/// The log can't be read back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log can't be read")]
    Journal(#[from] journal::Error),
    #[error("the record at position {position} can't be read: see `segnalalo log verify`")]
    Record {
        position: u64,
        #[source]
        source: convert::Error,
    },
    #[error("the record after position {0} is damaged: see `segnalalo log verify`")]
    Frame(u64, #[source] record::Error),
}

/// Records folded in at a time.
const CHUNK: usize = 1024;

impl World {
    /// Builds the world from a log. `opener` opens boxes for the read model; `look` sees every record first.
    ///
    /// # Errors
    /// When the log can't be read, or holds a record that isn't one. A record of an unknown kind is no error.
    pub fn replay(
        reader: &dyn journal::Reader,
        opener: &dyn Opener,
        mut look: impl FnMut(&Recorded),
    ) -> Result<Self, Error> {
        let mut world = Self::default();
        loop {
            let records = reader.read_all(world.position, CHUNK)?;
            if records.is_empty() {
                return Ok(world);
            }
            for (position, bytes) in records {
                match convert::read(&bytes) {
                    Ok(recorded) => {
                        look(&recorded);
                        world.apply(&recorded, opener);
                    }
                    Err(ReadError::Event(convert::Error::Unknown(_))) => {
                        world.unknown += 1;
                        world.position = position;
                    }
                    Err(ReadError::Event(source)) => {
                        return Err(Error::Record { position, source });
                    }
                    Err(ReadError::Frame(source)) => {
                        return Err(Error::Frame(world.position, source));
                    }
                }
            }
        }
    }

    pub fn apply(&mut self, recorded: &Recorded, opener: &dyn Opener) {
        self.desk.apply(recorded);
        self.read.apply(recorded, &self.desk, opener);
        self.position = recorded.position;
    }
}
