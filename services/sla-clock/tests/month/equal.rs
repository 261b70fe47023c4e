//! The small timers beside a fold of whole tickets: after every event they say the same, through snapshots too.

use crate::given::{begin, opened, reached, recorded, seconds, some_deadline, something};
use jiff::Timestamp;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use segnalalo_domain::{
    event::{Event, Stream, ticket::Event as Happened},
    id::{CauseId, TicketId},
    sla,
    ticket::{self, Phase, State},
};
use segnalalo_sla_clock::{
    snapshot::{self, Build, Mark},
    timers::{Due, Timers},
};
use std::collections::HashMap;

const TICKETS: u8 = 6;
const BUILD: Build = Build { size: 1, modified_nanos: 1 };
const MARK: Mark = Mark { position: 1, hash: [0; 32] };

/// What is to come for a ticket: above the highest rung that was reached, of terms that run.
fn rungs(id: TicketId, state: &State) -> Vec<Due> {
    let running = state.terms.iter().filter(|term| !term.done && state.phase != Phase::Spam);
    let of_term = |term: &ticket::Term| {
        let to_come = term.deadline.name.rungs().iter().filter(|rung| term.rung < Some(**rung));
        let due = to_come.map(|rung| Due {
            at: sla::rung_at(&term.deadline, *rung),
            rung: *rung,
            ticket: id,
            deadline: term.deadline.name,
            version: term.deadline.version,
        });
        due.collect::<Vec<_>>()
    };
    running.flat_map(of_term).collect()
}

pub fn compare(seed: u64, steps: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut whole: HashMap<TicketId, State> = HashMap::new();
    let mut timers = Timers::default();
    for step in 1..=steps {
        let now = begin() + seconds(i64::try_from(step).unwrap() * 600);
        let id = TicketId([random.random_range(0..TICKETS); 16]);
        let event = next(&mut random, whole.get(&id), now);
        let before = whole.remove(&id);
        if let Some(state) = ticket::evolve(before, &event, now) {
            whole.insert(id, state);
        }
        timers.apply(&recorded(step, Stream::Ticket(id), CauseId([0; 16]), now, Event::Ticket(event.clone())));
        if random.random_ratio(1, 10) {
            let bytes = snapshot::encode(&timers, &MARK, BUILD);
            timers = snapshot::decode(&bytes, BUILD).unwrap().0;
        }
        let mut expected = whole.iter().flat_map(|(id, state)| rungs(*id, state)).collect::<Vec<_>>();
        let mut got = timers.due("2200-01-01T00:00:00Z".parse().unwrap()).collect::<Vec<_>>();
        assert!(got.is_sorted_by_key(|due| due.at), "seed {seed}, step {step}: in order of time");
        expected.sort_unstable();
        got.sort_unstable();
        assert_eq!(got, expected, "seed {seed}, step {step}: after {event:?}");
        assert_eq!(timers.next_at(), expected.first().map(|due| due.at));
    }
}

fn next(random: &mut StdRng, state: Option<&State>, now: Timestamp) -> Happened {
    let Some(state) = state else {
        return opened(now, vec![some_deadline(random, 1, now)]);
    };
    let running = state.terms.iter().find(|term| !term.done);
    match random.random_range(0..10) {
        0..4 => {
            let deadline = some_deadline(random, 1, now);
            Happened::DeadlineSet { deadline: sla::Deadline { version: state.next_version(deadline.name), ..deadline } }
        }
        4 if running.is_some() => {
            // The same term, counted anew.
            let term = &running.unwrap().deadline;
            let due = now + seconds(random.random_range(-7_200..400_000));
            Happened::DeadlineSet { deadline: sla::Deadline { version: term.version + 1, due, ..term.clone() } }
        }
        5..7 if running.is_some() => {
            let term = running.unwrap();
            let rungs = term.deadline.name.rungs();
            let rung = rungs[random.random_range(0..rungs.len())];
            reached(term.deadline.name, term.deadline.version, rung, sla::rung_at(&term.deadline, rung))
        }
        _ => something(random),
    }
}
