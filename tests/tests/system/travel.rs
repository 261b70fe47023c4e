//! A city whose clock can be moved, and what its log says of terms.

use super::city::{City, SOON};
use jiff::Timestamp;
use segnalalo_domain::{
    event::{Event, Stream, ticket::Event as Happened},
    id::TicketId,
    sla::{self, Deadline, DeadlineName, Rung},
    ticket,
};
use segnalalo_proto::{convert, registry::v1::WatchRequest};
use segnalalo_tests::harness::wait_until;
use std::collections::{BTreeMap, HashMap};

pub async fn city() -> City {
    let mut city = City::prepare().await;
    city.processes.set("SEGNALALO_DEMO_CLOCK", "on");
    // What was said to a registry that was being restarted is said again soon.
    city.processes.set("SLA_CLOCK_RETRY_SECONDS", "2");
    city.processes.start_all().await.unwrap();
    city
}

/// `segnalalo clock ...`; the time that it says it is, or why not.
pub fn clock(city: &City, arguments: &[&str]) -> Result<Timestamp, String> {
    let arguments = [&["clock"], arguments, &["--json"]].concat();
    let done = city.processes.command(&arguments).unwrap().output().unwrap();
    if !done.status.success() {
        return Err(String::from_utf8(done.stderr).unwrap());
    }
    let said: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    Ok(said["now"].as_str().unwrap().parse().unwrap())
}

pub fn to(city: &City, local: &str) -> Timestamp {
    clock(city, &["to", local]).unwrap()
}

/// What the log says of terms.
#[derive(Default)]
pub struct Terms {
    states: HashMap<TicketId, ticket::State>,
    pub set: HashMap<(TicketId, DeadlineName, u32), Deadline>,
    pub reached: BTreeMap<(TicketId, DeadlineName, u32, Rung), Vec<Timestamp>>,
}

impl Terms {
    pub async fn read(city: &City) -> Self {
        let records = city.verify().await.records;
        let mut watched =
            city.tickets_client().await.watch(WatchRequest { after_position: 0 }).await.unwrap().into_inner();
        let mut terms = Self::default();
        for _ in 0..records {
            let recorded = convert::read(&watched.message().await.unwrap().unwrap().record).unwrap();
            let (Stream::Ticket(id), Event::Ticket(event)) = (recorded.stream, &recorded.event) else {
                continue;
            };
            terms.note(id, event);
            let before = terms.states.remove(&id);
            if let Some(state) = ticket::evolve(before, event, recorded.occurred_at) {
                terms.states.insert(id, state);
            }
        }
        terms
    }

    fn note(&mut self, id: TicketId, event: &Happened) {
        match event {
            Happened::Opened { deadlines, .. } => {
                self.set.extend(deadlines.iter().map(|known| ((id, known.name, known.version), known.clone())));
            }
            Happened::DeadlineSet { deadline } => {
                self.set.insert((id, deadline.name, deadline.version), deadline.clone());
            }
            Happened::DeadlineReached { deadline, version, rung, due_at, .. } => {
                self.reached.entry((id, *deadline, *version, *rung)).or_default().push(*due_at);
            }
            _ => {}
        }
    }

    /// Rungs of running terms that are past and have no event.
    fn missing(&self, now: Timestamp) -> Vec<String> {
        let running = self
            .states
            .iter()
            .flat_map(|(id, state)| state.terms.iter().filter(|term| !term.done).map(move |term| (id, term)));
        running
            .flat_map(|(id, term)| {
                let rungs = term.deadline.name.rungs().iter();
                let past = rungs.filter(|rung| sla::rung_at(&term.deadline, **rung) <= now && term.rung < Some(**rung));
                past.map(|rung| format!("{id} {} {rung}", term.deadline.name)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Each once, and stamped with the instant that the rules say.
    fn check(&self, about: &str) {
        for ((id, name, version, rung), due) in &self.reached {
            let expected = sla::rung_at(&self.set[&(*id, *name, *version)], *rung);
            assert_eq!(*due, [expected], "{about}: {id} {name} {version} {rung}");
        }
    }
}

pub async fn all_came(city: &City, about: &str, now: Timestamp) -> Terms {
    wait_until(&format!("{about}: all rungs until {now}"), SOON, async || {
        Terms::read(city).await.missing(now).is_empty()
    })
    .await
    .unwrap();
    let terms = Terms::read(city).await;
    terms.check(about);
    terms
}
