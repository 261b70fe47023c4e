//! Terms inside a ticket's events.

use super::super::{
    Malformed,
    field::{Checked, counted, word},
    time,
};
use crate::event::v1 as wire;
use segnalalo_domain::{
    Timestamp,
    sla::{Deadline, DeadlineName, Rung, Step, StepKind, Why},
};

pub fn to_wire(deadline: &Deadline) -> wire::Deadline {
    wire::Deadline {
        name: deadline.name.to_string(),
        version: deadline.version,
        from: Some(time::to_wire(deadline.from)),
        due: Some(time::to_wire(deadline.due)),
        rule: deadline.rule.clone(),
        calendar: deadline.calendar,
        why: deadline.why.map(|why| why.to_string()).unwrap_or_default(),
        working_seconds: deadline.working_seconds,
        rungs: deadline.rungs.iter().map(rung_to_wire).collect(),
        steps: deadline.steps.iter().map(step_to_wire).collect(),
    }
}

fn rung_to_wire((rung, at): &(Rung, Timestamp)) -> wire::RungAt {
    wire::RungAt { rung: rung.to_string(), at: Some(time::to_wire(*at)) }
}

fn step_to_wire(step: &Step) -> wire::DeadlineStep {
    wire::DeadlineStep {
        kind: step.kind.to_string(),
        date: step.date.to_string(),
        count: step.count,
        note: step.note.clone(),
    }
}

pub fn from_wire(deadline: &wire::Deadline) -> Checked<Deadline> {
    Ok(Deadline {
        name: name(&deadline.name)?,
        version: counted(deadline.version, "deadline.version")?,
        from: time::required(&deadline.from, "deadline.from")?,
        due: time::required(&deadline.due, "deadline.due")?,
        rule: deadline.rule.clone(),
        calendar: deadline.calendar,
        why: match deadline.why.as_str() {
            "" => None,
            why => Some(word(why, Why::from_code, "deadline.why")?),
        },
        working_seconds: deadline.working_seconds,
        rungs: deadline.rungs.iter().map(rung_from_wire).collect::<Checked<_>>()?,
        steps: deadline.steps.iter().map(step_from_wire).collect::<Checked<_>>()?,
    })
}

fn rung_from_wire(wire: &wire::RungAt) -> Checked<(Rung, Timestamp)> {
    Ok((word(&wire.rung, Rung::from_code, "rung")?, time::required(&wire.at, "rung.at")?))
}

fn step_from_wire(wire: &wire::DeadlineStep) -> Checked<Step> {
    Ok(Step {
        kind: word(&wire.kind, StepKind::from_code, "step.kind")?,
        date: time::date(&wire.date, "step.date")?,
        count: wire.count,
        note: wire.note.clone(),
    })
}

pub fn required(deadline: &Option<wire::Deadline>) -> Checked<Deadline> {
    from_wire(deadline.as_ref().ok_or(Malformed("deadline"))?)
}

pub fn name(code: &str) -> Checked<DeadlineName> {
    word(code, DeadlineName::from_code, "deadline")
}
