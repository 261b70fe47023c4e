//! Everything the registry knows, rebuilt from the log: the desk that decides and the read model that people see. Held
//! behind one lock: who reads sees only what is on disk.

use crate::{
    journal,
    read_model::{Part, ReadModel},
};
use segnalalo_domain::{desk::Desk, event::Recorded, id::MessageId};
use segnalalo_proto::{
    convert::{self, ReadError},
    record,
    sealed::Opener,
};
use std::collections::BTreeSet;

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
        scan(reader, |position, recorded| match recorded {
            Some(recorded) => {
                look(recorded);
                world.apply(recorded, opener);
            }
            None => {
                world.unknown += 1;
                world.position = position;
            }
        })?;
        Ok(world)
    }

    pub fn apply(&mut self, recorded: &Recorded, opener: &dyn Opener) {
        self.desk.apply(recorded);
        self.read.apply(recorded, &self.desk, opener);
        self.position = recorded.position;
    }

    /// Reads again what lists and index hold of these messages: their boxes were erased. It is then as a replay would
    /// make it.
    ///
    /// # Errors
    /// When the log can't be read.
    pub fn recall(
        &mut self,
        messages: &[MessageId],
        reader: &dyn journal::Reader,
        opener: &dyn Opener,
    ) -> Result<(), Error> {
        let mut parts = BTreeSet::new();
        for message in messages {
            let conversation = self.desk.messages.get(message).and_then(|id| self.desk.conversations.get(id));
            if let Some(ticket) = conversation.and_then(|state| state.messages.get(message)) {
                parts.insert(ticket.map_or(Part::Unrouted(*message), Part::Ticket));
            }
        }
        self.read.forget(&parts);
        for part in parts {
            let mut own = Self::default();
            for position in self.read.positions(part) {
                if let Some(recorded) = reader.read(position)?.and_then(|bytes| convert::read(&bytes).ok()) {
                    own.apply(&recorded, opener);
                }
            }
            self.read.remember(part, own.read);
        }
        Ok(())
    }
}

/// Shows every record in order, up to the head as it moves; `None` for a kind that this version doesn't know. It takes no
/// lock: who has time reads this way.
///
/// # Errors
/// When the log can't be read, or holds a record that isn't one.
pub fn scan(reader: &dyn journal::Reader, mut look: impl FnMut(u64, Option<&Recorded>)) -> Result<(), Error> {
    let mut last = 0;
    loop {
        let records = reader.read_all(last, CHUNK)?;
        if records.is_empty() {
            return Ok(());
        }
        for (position, bytes) in records {
            match convert::read(&bytes) {
                Ok(recorded) => look(position, Some(&recorded)),
                Err(ReadError::Event(convert::Error::Unknown(_))) => look(position, None),
                Err(ReadError::Event(source)) => return Err(Error::Record { position, source }),
                Err(ReadError::Frame(source)) => return Err(Error::Frame(last, source)),
            }
            last = position;
        }
    }
}
