//! One month, simulated: tickets come, change and end; sla-clock reads, says, is killed and starts again from a snapshot,
//! from an old or a damaged one, or from nothing; what it says arrives late, or twice. Single-threaded: the seed decides
//! what comes next.

use crate::{
    given::{begin, opened, seconds, some_deadline, something},
    registry::Registry,
};
use jiff::Timestamp;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use segnalalo_domain::{
    event::{Event, Stream, ticket::Event as Happened},
    id::{CauseId, TicketId},
    sla::{self, Deadline, DeadlineName, Rung},
};
use segnalalo_kit::clock;
use segnalalo_sla_clock::{
    handler::{Handler, observation},
    snapshot::{self, Build},
    timers::Due,
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

const MONTH: i64 = 31 * 24 * 3_600;
const RETRY: Duration = Duration::from_secs(60);
const TICKETS: usize = 400;
const BUILD: Build = Build { size: 1, modified_nanos: 1 };

/// What has to have happened for the test to mean something.
#[derive(Debug, Default)]
pub struct Told {
    pub recorded: usize,
    /// Said first within its second.
    pub in_time: usize,
    pub kills: usize,
    pub from_snapshot: usize,
    pub from_nothing: usize,
    pub doubles: usize,
    pub recomputed: usize,
}

struct Process {
    handler: Handler,
    /// Records it has read.
    read: usize,
    /// Since when it has known the whole log; `None`: it lags behind.
    current_since: Option<Timestamp>,
    /// What it has said, or tried to.
    tried: HashSet<Due>,
}

pub struct Sim {
    seed: u64,
    random: StdRng,
    now: Timestamp,
    /// The clock that measures goes on as time does.
    measured: Instant,
    registry: Registry,
    observed: VecDeque<Vec<u8>>,
    process: Option<Process>,
    snapshots: Vec<Vec<u8>>,
    tickets: usize,
    told: Told,
}

impl Sim {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            random: StdRng::seed_from_u64(seed),
            now: begin(),
            measured: clock::monotonic(),
            registry: Registry::new(),
            observed: VecDeque::new(),
            process: None,
            snapshots: Vec::new(),
            tickets: 0,
            told: Told::default(),
        }
    }

    pub fn month(mut self) -> Told {
        let end = begin() + seconds(MONTH);
        while self.now < end {
            self.step();
        }
        self.settle();
        self.check();
        self.told.doubles = self.registry.doubles;
        self.told
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..30 => self.pass(),
            30..55 => self.read(),
            55..70 => self.say(),
            70..91 => self.take(),
            91..94 => self.happen(),
            94..96 => self.snapshot(),
            96..97 => self.kill(),
            _ => self.start(),
        }
    }

    /// Time goes by; no further than to what the process waits for, and then it does its round.
    fn pass(&mut self) {
        let most = self.now + seconds(self.random.random_range(1..900));
        let next = self.process.as_ref().filter(|process| process.current_since.is_some());
        let next = next.and_then(|process| process.handler.next_after(self.now));
        let then = next.map_or(most, |next| next.min(most));
        self.measured += Duration::try_from(then.duration_since(self.now)).unwrap();
        self.now = then;
        if next == Some(then) {
            self.say();
        }
    }

    fn read(&mut self) {
        let most = self.random.random_range(1..200);
        let now = self.now;
        let Some(process) = &mut self.process else {
            return;
        };
        let to = self.registry.log.len().min(process.read + most);
        for position in process.read..to {
            process.handler.take(position as u64 + 1, &self.registry.log[position]).unwrap();
        }
        process.read = to;
        if to == self.registry.log.len() {
            process.handler.catch_up();
            process.current_since.get_or_insert(now);
        }
    }

    /// Some arrive, some twice; sometimes the process dies between publishing and noting that it did.
    fn say(&mut self) {
        let Some(process) = &mut self.process else {
            return;
        };
        for due in process.handler.to_say(self.now, self.measured) {
            // The first try of a process that knew the whole log when the time came.
            if process.tried.insert(due) && process.current_since.is_some_and(|since| since < due.at) {
                let late = due.at.duration_until(self.now);
                assert!(late < seconds(1), "seed {}: {due:?} said {late} late", self.seed);
                self.told.in_time += 1;
            }
            // The broker doesn't take it.
            if self.random.random_ratio(1, 20) {
                continue;
            }
            self.observed.push_back(observation(&due));
            if self.random.random_ratio(1, 20) {
                self.observed.push_back(observation(&due));
            }
            process.handler.said(due, self.measured);
            if self.random.random_ratio(1, 200) {
                return self.kill();
            }
        }
    }

    /// The registry takes some, mostly the oldest first.
    fn take(&mut self) {
        let before = self.registry.log.len();
        for _ in 0..self.random.random_range(1..20) {
            if self.observed.is_empty() {
                break;
            }
            let any = self.random.random_ratio(1, 10);
            let which = if any { self.random.random_range(0..self.observed.len()) } else { 0 };
            let payload = self.observed.remove(which).unwrap();
            self.registry.take(&payload, self.now);
        }
        if self.registry.log.len() > before {
            self.lag();
        }
    }

    /// The log has grown: what the process knows is no longer all.
    fn lag(&mut self) {
        if let Some(process) = &mut self.process {
            process.current_since = None;
        }
    }

    fn happen(&mut self) {
        let (id, event) = if self.tickets < TICKETS && self.random.random_ratio(1, 2) {
            self.tickets += 1;
            (ticket(self.tickets), opened(self.now, vec![some_deadline(&mut self.random, 1, self.now)]))
        } else if self.tickets == 0 {
            return;
        } else {
            // Those with an odd number are left alone: there each rung must come.
            let id = ticket(self.random.random_range(0..self.tickets).next_multiple_of(2));
            if !self.registry.desk.tickets.contains_key(&id) {
                return;
            }
            (id, self.change(id))
        };
        let cause = CauseId::derived(&[b"happens", &self.registry.log.len().to_be_bytes()]);
        self.registry.append(Stream::Ticket(id), cause, self.now, Event::Ticket(event));
        self.lag();
    }

    fn change(&mut self, id: TicketId) -> Happened {
        if self.random.random_ratio(1, 2) {
            self.told.recomputed += 1;
            let deadline = some_deadline(&mut self.random, 1, self.now);
            let version = self.registry.desk.tickets[&id].next_version(deadline.name);
            return Happened::DeadlineSet { deadline: Deadline { version, ..deadline } };
        }
        something(&mut self.random)
    }

    fn snapshot(&mut self) {
        if let Some(bytes) = self.process.as_mut().and_then(|process| process.handler.snapshot(1, BUILD)) {
            self.snapshots.push(bytes);
        }
    }

    fn kill(&mut self) {
        if self.process.take().is_some() {
            self.told.kills += 1;
        }
    }

    fn start(&mut self) {
        if self.process.is_some() {
            return;
        }
        let mut bytes = match self.random.random_range(0..4) {
            0 => None,
            // Not the newest: the process died before it was on disk.
            1 => self.snapshots.get(self.snapshots.len().saturating_sub(2)).cloned(),
            _ => self.snapshots.last().cloned(),
        };
        if let Some(bytes) = bytes.as_mut().filter(|_| self.random.random_ratio(1, 8)) {
            let damaged = self.random.random_range(0..bytes.len());
            bytes[damaged] ^= 0x40;
        }
        let process = match bytes.and_then(|bytes| snapshot::decode(&bytes, BUILD).ok()) {
            Some((timers, mark)) => {
                self.told.from_snapshot += 1;
                let read = usize::try_from(mark.position).unwrap();
                Process {
                    handler: Handler::resume(RETRY, timers, mark),
                    read,
                    current_since: None,
                    tried: HashSet::new(),
                }
            }
            None => {
                self.told.from_nothing += 1;
                Process { handler: Handler::new(RETRY), read: 0, current_since: None, tried: HashSet::new() }
            }
        };
        self.process = Some(process);
    }

    /// Nothing new happens, and everybody does his work to its end.
    fn settle(&mut self) {
        for _ in 0..50 {
            self.start();
            while self.process.as_ref().is_some_and(|process| process.current_since.is_none()) {
                self.read();
            }
            self.say();
            while !self.observed.is_empty() {
                self.take();
            }
            self.measured += RETRY;
        }
        assert!(self.observed.is_empty(), "seed {}", self.seed);
    }

    fn check(&mut self) {
        let mut set: HashMap<(TicketId, DeadlineName, u32), Deadline> = HashMap::new();
        let mut reached: HashMap<(TicketId, DeadlineName, u32, Rung), usize> = HashMap::new();
        for recorded in &self.registry.events {
            let (Stream::Ticket(id), Event::Ticket(event)) = (recorded.stream, &recorded.event) else {
                continue;
            };
            match event {
                Happened::Opened { deadlines, .. } => {
                    set.extend(deadlines.iter().map(|known| ((id, known.name, known.version), known.clone())));
                }
                Happened::DeadlineSet { deadline } => {
                    set.insert((id, deadline.name, deadline.version), deadline.clone());
                }
                Happened::DeadlineReached { deadline, version, rung, due_at, .. } => {
                    let at = sla::rung_at(&set[&(id, *deadline, *version)], *rung);
                    assert_eq!(*due_at, at, "seed {}: {id} {deadline} {version} {rung}", self.seed);
                    assert!(recorded.recorded_at >= at, "seed {}: before its time", self.seed);
                    *reached.entry((id, *deadline, *version, *rung)).or_default() += 1;
                }
                _ => {}
            }
        }
        let twice = reached.iter().filter(|(_, count)| **count > 1).collect::<Vec<_>>();
        assert!(twice.is_empty(), "seed {}: {twice:?}", self.seed);
        for n in 1..=self.tickets {
            self.check_ticket(ticket(n), n % 2 == 1, &reached);
        }
        self.told.recorded = reached.len();
    }

    /// What runs has reached all that is past; of what was left alone, every rung came by itself.
    fn check_ticket(&self, id: TicketId, alone: bool, reached: &HashMap<(TicketId, DeadlineName, u32, Rung), usize>) {
        for term in self.registry.desk.tickets[&id].terms.iter().filter(|term| !term.done) {
            let deadline = &term.deadline;
            let past = deadline.name.rungs().iter().filter(|rung| sla::rung_at(deadline, **rung) <= self.now);
            for rung in past {
                assert!(
                    term.rung >= Some(*rung) || self.is_spam(id),
                    "seed {}: {id} {deadline:?} {rung} is missing",
                    self.seed
                );
                let came = reached.contains_key(&(id, deadline.name, deadline.version, *rung));
                assert!(came || !alone, "seed {}: {id} {deadline:?} {rung} never came", self.seed);
            }
        }
    }

    fn is_spam(&self, id: TicketId) -> bool {
        self.registry.desk.tickets[&id].phase == segnalalo_domain::ticket::Phase::Spam
    }
}

fn ticket(n: usize) -> TicketId {
    TicketId::derived(&[b"ticket", &n.to_be_bytes()])
}
