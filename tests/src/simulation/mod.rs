//! The whole city as a simulation: the deciding parts of every process as they are in production, driven by one seeded
//! scheduler which duplicates, delays, reorders, loses answers, cuts links, sets clocks wrong and kills any process
//! between any two steps. No sockets, no threads, no sleeping: time is a number. The same seed gives the same history.
//!
//! | module | holds |
//! |---|---|
//! | `dice`, `time`, `files` | chance, virtual time, the city's files |
//! | `broker`, `disk`, `feed` | the ports: queues and EVENTS, the log's disk, a reader's view |
//! | `registry`, `readers`, `notifier`, `exchange` | the processes: real code on those ports |
//! | `meta`, `citizens`, `operators` | the world around |
//! | `city`, `storm`, `heal` | what may happen, what does, and how it ends |
//! | `check` | what must hold |
//! | `mistake` | known mistakes, put back to see that they are found |

mod broker;
mod check;
mod citizens;
mod city;
mod dice;
mod disk;
mod exchange;
mod feed;
mod files;
mod heal;
mod meta;
mod mistake;
mod notifier;
mod operators;
mod readers;
mod registry;
mod storm;
mod time;

pub use city::Counts;
pub use mistake::Mistake;

use city::City;
use segnalalo_kit::config::Vars;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Lines of a history that a failure shows.
const LINES: usize = 80;

/// A history that went wrong.
#[derive(Debug)]
pub struct Failure {
    pub seed: u64,
    pub what: String,
    trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = Vars::process().optional("SIMULATION_TRACE").is_some_and(|which| which == "all");
        let left_out = if all { 0 } else { self.trace.len().saturating_sub(LINES) };
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        writeln!(f, "the last steps ({left_out} before them are left out; SIMULATION_TRACE=all shows them):")?;
        for line in &self.trace[left_out..] {
            writeln!(f, "  {line}")?;
        }
        let next = self.seed + 1;
        write!(
            f,
            "again: SIMULATION_SEEDS={}..{next} cargo test -p segnalalo-tests --test simulation seeds -- --nocapture",
            self.seed
        )
    }
}

/// Runs one history and checks it.
///
/// # Errors
/// What doesn't hold, with the seed and the last steps.
pub fn run(seed: u64, mistake: Option<Mistake>) -> Result<Counts, Box<Failure>> {
    let mut city = City::new(seed, mistake);
    let result = catch_unwind(AssertUnwindSafe(|| history(&mut city)));
    let what = match result {
        Ok(Ok(counts)) => return Ok(counts),
        Ok(Err(what)) => what,
        Err(panic) => format!("a panic: {}", words(&*panic)),
    };
    Err(Box::new(Failure { seed, what, trace: city.trace }))
}

fn history(city: &mut City) -> Result<Counts, String> {
    storm::rage(city)?;
    let ended = heal::heal(city);
    // What doesn't end says less than what doesn't hold.
    match (ended, check::all(city)) {
        (Ok(()), checked) => checked,
        (Err(why), Err(what)) => Err(format!("{what}; {why}")),
        (Err(why), Ok(_)) => Err(why),
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.histories += other.histories;
        self.messages += other.messages;
        self.tickets += other.tickets;
        self.replies += other.replies;
        self.posts += other.posts;
        self.posts_in_the_storm += other.posts_in_the_storm;
        self.attempts += other.attempts;
        self.unknown += other.unknown;
        self.held += other.held;
        self.accepted += other.accepted;
        self.deaths += other.deaths;
        self.rungs += other.rungs;
        self.records += other.records;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { histories, messages, tickets, replies, posts, posts_in_the_storm, .. } = self;
        let Self { attempts, unknown, held, accepted, deaths, rungs, records, .. } = self;
        write!(
            f,
            "{histories} histories: {messages} messages, {tickets} tickets, {replies} replies; {attempts} attempts, {posts} \
             POSTs ({posts_in_the_storm} in the storm), {unknown} unknown outcomes, {held} times held, {accepted} accepted; \
             {deaths} deaths, {rungs} rungs, {records} records"
        )
    }
}
