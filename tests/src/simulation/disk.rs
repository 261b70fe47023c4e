//! The registry's disk: the log's own rules on records in memory, and what may go wrong when they are written. A group
//! is there as a whole or not at all; after a failure nobody knows which.

use super::mistake::Mistake;
use bytes::Bytes;
use segnalalo_domain::event::Event;
use segnalalo_registry::journal::{Batch, Error, Journal, Memory, Reader};
use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

/// What becomes of the next append.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteFault {
    #[default]
    None,
    /// The process dies with nothing written: an unsynced tail that is lost.
    Before,
    /// Everything is on disk, and the process dies before it can say so.
    After,
}

#[derive(Clone, Default)]
pub struct Plan(Arc<Mutex<WriteFault>>);

impl Plan {
    pub fn set(&self, fault: WriteFault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    fn take(&self) -> WriteFault {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub struct Disk {
    pub memory: Memory,
    pub plan: Plan,
    pub mistake: Option<Mistake>,
}

impl Journal for Disk {
    fn append(&mut self, group: &[Batch]) -> Result<Vec<Range<u64>>, Error> {
        let fault = self.plan.take();
        if self.mistake == Some(Mistake::NumberOutsideAppend) {
            return self.append_numbers_apart(group, fault);
        }
        if fault == WriteFault::Before {
            return Err(dead());
        }
        let ranges = self.memory.append(group)?;
        if fault == WriteFault::After { Err(dead()) } else { Ok(ranges) }
    }

    fn import(&mut self, records: &[Bytes]) -> Result<(), Error> {
        self.memory.import(records)
    }

    fn reader(&self) -> Arc<dyn Reader> {
        self.memory.reader()
    }
}

impl Disk {
    /// The mistake: each number is written for itself, before what it belongs to.
    fn append_numbers_apart(&mut self, group: &[Batch], fault: WriteFault) -> Result<Vec<Range<u64>>, Error> {
        let mut ranges = Vec::new();
        for batch in group {
            let is_number = |event: &Event| matches!(event, Event::Register(_));
            let (numbers, rest): (Vec<_>, Vec<_>) =
                batch.events.iter().cloned().partition(|event| is_number(&event.event));
            if !numbers.is_empty() && !rest.is_empty() {
                let cause = segnalalo_domain::id::CauseId::derived(&[b"number", &batch.cause.0]);
                let number = Batch { cause, events: numbers, expected: Vec::new(), ..batch.clone() };
                self.memory.append(&[number])?;
                if fault != WriteFault::None {
                    return Err(dead());
                }
                let rest = Batch { events: rest, expected: Vec::new(), ..batch.clone() };
                ranges.extend(self.memory.append(&[rest])?);
            } else {
                ranges.extend(self.memory.append(std::slice::from_ref(batch))?);
            }
        }
        if fault == WriteFault::None { Ok(ranges) } else { Err(dead()) }
    }
}

fn dead() -> Error {
    Error::Fatal("the process died while writing".into())
}
