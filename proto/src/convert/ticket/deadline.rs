//! Terms inside a ticket's events.

use super::super::{
    Malformed,
    field::{Checked, counted, word},
    time,
};
use crate::event::v1 as wire;
use segnalalo_domain::sla::{Deadline, DeadlineName};

pub fn to_wire(deadline: &Deadline) -> wire::Deadline {
    wire::Deadline {
        name: deadline.name.to_string(),
        version: deadline.version,
        from: Some(time::to_wire(deadline.from)),
        due: Some(time::to_wire(deadline.due)),
        rule: deadline.rule.clone(),
    }
}

pub fn from_wire(deadline: &wire::Deadline) -> Checked<Deadline> {
    Ok(Deadline {
        name: name(&deadline.name)?,
        version: counted(deadline.version, "deadline.version")?,
        from: time::required(&deadline.from, "deadline.from")?,
        due: time::required(&deadline.due, "deadline.due")?,
        rule: deadline.rule.clone(),
    })
}

pub fn required(deadline: &Option<wire::Deadline>) -> Checked<Deadline> {
    from_wire(deadline.as_ref().ok_or(Malformed("deadline"))?)
}

pub fn name(code: &str) -> Checked<DeadlineName> {
    word(code, DeadlineName::from_code, "deadline")
}
