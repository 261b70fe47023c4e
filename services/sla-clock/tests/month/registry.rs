//! The registry, as far as it concerns deadlines: the domain's own rules decide, and each observation is handled once.

use crate::given::recorded;
use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;
use segnalalo_domain::{
    calendar::Calendar,
    desk::{Command, Context, Desk, ReachDeadline},
    event::{Event, Log, Recorded, Stream},
    id::{CauseId, TicketId},
    sla::{self, DeadlineName},
};
use segnalalo_proto::{
    convert::rung_from_wire,
    observation::v1::{Observed, observed::Observation},
    record, time,
};
use std::{collections::HashSet, path::Path};

pub struct Registry {
    pub desk: Desk,
    /// As they stand on EVENTS.
    pub log: Vec<Bytes>,
    pub events: Vec<Recorded>,
    pub doubles: usize,
    hash: [u8; 32],
    handled: HashSet<CauseId>,
    calendar: Calendar,
}

impl Registry {
    pub fn new() -> Self {
        let city = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/biella");
        Self {
            desk: Desk::default(),
            log: Vec::new(),
            events: Vec::new(),
            doubles: 0,
            hash: record::NO_PREVIOUS,
            handled: HashSet::new(),
            calendar: segnalalo_kit::city::calendar::load(&city).unwrap(),
        }
    }

    pub fn append(&mut self, stream: Stream, cause: CauseId, at: Timestamp, event: Event) {
        let recorded = recorded(self.log.len() as u64 + 1, stream, cause, at, event);
        self.desk.apply(&recorded);
        let bytes = record::encode(&self.hash, &recorded);
        self.hash = record::hash(&bytes);
        self.log.push(bytes.into());
        self.events.push(recorded);
    }

    /// Takes what sla-clock said.
    pub fn take(&mut self, payload: &[u8], now: Timestamp) {
        let Some(Observation::DeadlineDue(due)) = Observed::decode(payload).unwrap().observation else {
            panic!("sla-clock says nothing but deadlines");
        };
        let reach = ReachDeadline {
            ticket: TicketId::from_slice(&due.ticket_id).unwrap(),
            deadline: DeadlineName::from_code(&due.deadline).unwrap(),
            version: due.version,
            rung: rung_from_wire(due.rung).unwrap(),
            due_at: time::from_wire(due.due_at.as_ref().unwrap()).unwrap(),
        };
        let cause = sla::rung_cause(reach.ticket, reach.deadline, reach.version, reach.rung);
        if !self.handled.insert(cause) {
            self.doubles += 1;
            return;
        }
        let context = Context { now, cause, calendar: &self.calendar, office_name: &|_| None };
        let decision = self.desk.decide(&Command::ReachDeadline(reach), &context).unwrap();
        if decision.events.is_empty() {
            let note = Log::ObservationNoted { reason: decision.reason.to_owned() };
            self.append(Stream::Log, cause, now, Event::Log(note));
        }
        for (stream, event) in decision.events {
            self.append(stream, cause, now, event);
        }
    }
}
