//! All timers as bytes, so that a start needn't read the whole log. It is a shortcut and nothing else: what it says is
//! what the log says up to a position, and whoever can't use it reads the log. In order: what it is of (`Of`), horizon,
//! slots; numbers big-endian. The frame with the checksum is the file's matter.

use super::{
    Timers, keys,
    slot::{RUNGS, Slot, Term},
};
use bytes::{Buf, BufMut};
use segnalalo_domain::{
    id::TicketId,
    sla::{DeadlineName, Rung},
    ticket::Phase,
};

/// It isn't what this version writes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the timers in the snapshot can't be read")]
pub struct Unreadable;

const NONE: u8 = u8::MAX;
const DONE: u8 = 1;

impl Timers {
    pub fn write(&self, out: &mut Vec<u8>) {
        out.put_i64(self.horizon);
        out.put_u32(u32::try_from(self.ids.len()).expect("as many as there are places"));
        for slot in self.slots.iter().flatten() {
            out.put_slice(&slot.id.0);
            for phase in [slot.phase, slot.resume, slot.before_spam] {
                out.put_u8(phase as u8);
            }
            out.put_u8(u8::try_from(slot.terms.len()).expect("one term for each name"));
            slot.terms.iter().for_each(|term| write_term(term, out));
        }
    }

    /// # Errors
    /// The bytes are something else.
    pub fn read(mut bytes: &[u8]) -> Result<Self, Unreadable> {
        let horizon = bytes.try_get_i64().map_err(|_| Unreadable)?;
        let count = bytes.try_get_u32().map_err(|_| Unreadable)?;
        let mut timers = Self { horizon: i64::MIN, ..Self::default() };
        let mut queue = Vec::new();
        for index in 0..count {
            let slot = read_slot(&mut bytes)?;
            queue.extend(keys(index, &slot));
            if timers.ids.insert(slot.id, index).is_some() {
                return Err(Unreadable);
            }
            timers.slots.push(Some(slot));
        }
        if bytes.has_remaining() {
            return Err(Unreadable);
        }
        // Built at once from what is in order, it is as dense as can be.
        queue.sort_unstable();
        timers.queue = queue.into_iter().collect();
        timers.widen(horizon);
        Ok(timers)
    }
}

fn write_term(term: &Term, out: &mut Vec<u8>) {
    out.put_u8(term.name as u8);
    out.put_u32(term.version);
    out.put_u8(term.reached.map_or(NONE, |rung| rung as u8));
    out.put_u8(term.declined);
    out.put_u8(if term.done { DONE } else { 0 });
    out.put_i64(term.from);
    term.at.iter().for_each(|at| out.put_i64(*at));
}

fn read_slot(bytes: &mut &[u8]) -> Result<Slot, Unreadable> {
    let mut id = [0; 16];
    bytes.try_copy_to_slice(&mut id).map_err(|_| Unreadable)?;
    let mut phase = || pick(Phase::ALL, byte(bytes)?);
    let (phase, resume, before_spam) = (phase()?, phase()?, phase()?);
    let terms = (0..byte(bytes)?).map(|_| read_term(bytes)).collect::<Result<_, _>>()?;
    Ok(Slot { id: TicketId(id), phase, resume, before_spam, terms })
}

fn read_term(bytes: &mut &[u8]) -> Result<Term, Unreadable> {
    let name = pick(DeadlineName::ALL, byte(bytes)?)?;
    let version = bytes.try_get_u32().map_err(|_| Unreadable)?;
    let reached = match byte(bytes)? {
        NONE => None,
        rung => Some(pick(Rung::ALL, rung)?),
    };
    let (declined, done) = (byte(bytes)?, byte(bytes)? == DONE);
    let from = bytes.try_get_i64().map_err(|_| Unreadable)?;
    let mut at = [0; RUNGS];
    for at in &mut at {
        *at = bytes.try_get_i64().map_err(|_| Unreadable)?;
    }
    Ok(Term { at, from, version, name, reached, declined, done })
}

fn byte(bytes: &mut &[u8]) -> Result<u8, Unreadable> {
    bytes.try_get_u8().map_err(|_| Unreadable)
}

fn pick<T: Copy>(all: &[T], index: u8) -> Result<T, Unreadable> {
    all.get(index as usize).copied().ok_or(Unreadable)
}
