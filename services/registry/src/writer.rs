//! The single writer: one thread decides and appends. What waits is taken together and shares one sync; nobody hears of
//! a decision before it is on disk. An error of the disk ends the process: what is on it can't be known any more, and a
//! restart reads it.

mod group;

use crate::{
    blobs::Blobs,
    journal,
    keyring::{self, Keyring},
    register::Registrar,
    world::{self, World},
};
use group::Group;
use segnalalo_domain::{Timestamp, calendar::Calendar, desk::Command, id::CauseId, rejection::Rejection};
use segnalalo_kit::{city::Offices, clock::SharedClock, fault};
use segnalalo_proto::sealed::{NoKeys, Opener};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{mpsc, oneshot};

/// Commands that wait at most; a caller beyond that waits for room.
const QUEUE: usize = 1024;
/// Commands that share one sync at most.
const GROUP: usize = 256;

/// A command on its way to the log.
#[derive(Debug, Clone)]
pub struct Request {
    pub cause: CauseId,
    pub command: Command,
    /// By the clock of him who saw it happen; `None`: now.
    pub occurred_at: Option<Timestamp>,
    pub trace_parent: String,
}

/// What became of a command that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Of the command's last event; 0 when it left nothing behind.
    pub position: u64,
    /// The same cause had been handled before: nothing changed now.
    pub repeated: bool,
    /// It doesn't concern us: counted, not kept.
    pub ignored: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The log can't hold what was decided: the command is at fault, and is as much so the next time.
    #[error("it can't be recorded: {0}")]
    Unrecordable(&'static str),
    /// Nothing was written, or nobody can tell: try again with the same cause.
    #[error("the log takes nothing now")]
    Unavailable,
}

type Answer = oneshot::Sender<Result<Receipt, Error>>;

/// Hands commands to the writer. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    requests: mpsc::Sender<(Request, Answer)>,
    pub world: Arc<RwLock<World>>,
}

/// What decisions are made with, beside the state.
pub struct Rules {
    pub calendar: Calendar,
    pub offices: Arc<Offices>,
    pub registrar: Arc<Registrar>,
    pub clock: SharedClock,
    /// `None`: boxes stay as they are made. For tests of other things, and to measure what locking costs.
    pub keyring: Option<Arc<Keyring>>,
    /// Attachments: an erased key takes its files along.
    pub blobs: Option<Blobs>,
}

impl Rules {
    fn opener(&self) -> &dyn Opener {
        self.keyring.as_ref().map_or(&NoKeys, |keyring| &**keyring)
    }
}

/// After one of these nothing can be written before the process is started again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    #[error(transparent)]
    World(#[from] world::Error),
}

impl Writer {
    /// Starts the thread. It ends when every `Writer` is dropped, or with the error after which nothing can be written.
    pub fn start(
        journal: Box<dyn journal::Journal>,
        world: Arc<RwLock<World>>,
        rules: Rules,
    ) -> (Self, oneshot::Receiver<Failure>) {
        let (requests, inbox) = mpsc::channel(QUEUE);
        let (failed, failure) = oneshot::channel();
        let shared = world.clone();
        std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || {
                if let Err(error) = run(journal, shared, rules, inbox) {
                    // Nobody listens any more when the process is on its way out already.
                    let _ = failed.send(error);
                }
            })
            .expect("a process that can't start one thread can't start at all");
        (Self { requests, world }, failure)
    }

    /// Decides, and returns when the events are on disk.
    ///
    /// # Errors
    /// `Rejected` changes nothing. After `Unavailable` the same request may be sent again: it is handled once.
    pub async fn execute(&self, request: Request) -> Result<Receipt, Error> {
        self.ask(request).await?.answer().await
    }

    /// Puts a request into the queue: whoever asks one after the other is handled in that order.
    ///
    /// # Errors
    /// `Unavailable`: the writer has ended.
    pub async fn ask(&self, request: Request) -> Result<Asked, Error> {
        let (answer, answered) = oneshot::channel();
        self.requests.send((request, answer)).await.map_err(|_| Error::Unavailable)?;
        Ok(Asked(answered))
    }

    /// Reads the world. The closure must be short: the writer waits meanwhile.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A request that is in the writer's queue.
#[derive(Debug)]
pub struct Asked(oneshot::Receiver<Result<Receipt, Error>>);

impl Asked {
    /// # Errors
    /// As `Writer::execute`.
    pub async fn answer(self) -> Result<Receipt, Error> {
        self.0.await.map_err(|_| Error::Unavailable)?
    }
}

/// The writer without its thread: for whoever drives it step by step.
pub struct Core {
    journal: Box<dyn journal::Journal>,
    world: Arc<RwLock<World>>,
    rules: Rules,
}

impl Core {
    /// Takes up the calendar, and routes what a crash cut off.
    ///
    /// # Errors
    /// The log can't be written.
    pub fn begin(
        mut journal: Box<dyn journal::Journal>,
        world: Arc<RwLock<World>>,
        rules: Rules,
    ) -> Result<Self, Failure> {
        take_up_calendar(&mut *journal, &world, &rules)?;
        finish_routing(&mut *journal, &world, &rules)?;
        Ok(Self { journal, world, rules })
    }

    /// Decides on all in order and appends with one sync, and one more for each erasure. An answer for each, in the same order.
    ///
    /// # Errors
    /// After a failure nobody may be answered, and nothing more is taken.
    pub fn handle(&mut self, requests: &[Request]) -> Result<Vec<Result<Receipt, Error>>, Failure> {
        let mut answers = Vec::with_capacity(requests.len());
        // What comes behind an erasure in the same group would be locked by the keys that go.
        let erases = |request: &Request| matches!(request.command, Command::EraseKeys(_) | Command::ApplyRetention(_));
        for part in requests.split_inclusive(erases) {
            let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
            let mut group = Group::new(&*self.journal, &mut world, &self.rules);
            for request in part {
                answers.push(group.take(request)?);
            }
            fault::point("log.before-append");
            group.append(&mut *self.journal)?;
            fault::point("log.after-append");
        }
        Ok(answers)
    }
}

fn run(
    journal: Box<dyn journal::Journal>,
    world: Arc<RwLock<World>>,
    rules: Rules,
    mut inbox: mpsc::Receiver<(Request, Answer)>,
) -> Result<(), Failure> {
    let mut core = Core::begin(journal, world, rules)?;
    while let Some((first, caller)) = inbox.blocking_recv() {
        let (mut requests, mut callers) = (vec![first], vec![caller]);
        while requests.len() < GROUP
            && let Ok((request, caller)) = inbox.try_recv()
        {
            requests.push(request);
            callers.push(caller);
        }
        let answers = core.handle(&requests)?;
        for (answer, result) in callers.into_iter().zip(answers) {
            // Who left doesn't need the answer: the same request gives it again.
            let _ = answer.send(result);
        }
    }
    Ok(())
}

/// Another calendar than the log's is adopted, and the terms that run are counted in it; also those that a crash left
/// over the last time.
fn take_up_calendar(journal: &mut dyn journal::Journal, world: &RwLock<World>, rules: &Rules) -> Result<(), Failure> {
    let mut world = world.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(source) = rules.calendar.source().filter(|_| world.desk.must_adopt(&rules.calendar)) {
        let before = world.desk.calendar.map_or(0, |adopted| adopted.version);
        let cause = CauseId::derived(&[b"calendar", &before.to_be_bytes(), &source.sha256]);
        decide(journal, &mut world, rules, [(cause, Command::AdoptCalendar)])?;
        tracing::info!(version = before + 1, "another calendar is in force");
    }
    let version = world.desk.calendar.map_or(0, |adopted| adopted.version);
    let tickets = world.desk.to_recount(&rules.calendar);
    for tickets in tickets.chunks(GROUP) {
        let recount = tickets.iter().map(|ticket| {
            let cause = CauseId::derived(&[b"recount", &ticket.0, &version.to_be_bytes()]);
            (cause, Command::RecountTerms { ticket: *ticket })
        });
        decide(journal, &mut world, rules, recount)?;
    }
    if !tickets.is_empty() {
        tracing::info!(tickets = tickets.len(), version, "terms are counted in the calendar in force");
    }
    Ok(())
}

fn decide(
    journal: &mut dyn journal::Journal,
    world: &mut World,
    rules: &Rules,
    commands: impl IntoIterator<Item = (CauseId, Command)>,
) -> Result<(), Failure> {
    let mut group = Group::new(journal, world, rules);
    for (cause, command) in commands {
        let taken = group.take(&Request { cause, command, occurred_at: None, trace_parent: String::new() })?;
        if let Err(error) = taken {
            tracing::error!(%error, "a term can't be counted in the calendar in force");
        }
    }
    group.append(journal)
}

/// What a crash cut off between a verdict and its routing.
fn finish_routing(journal: &mut dyn journal::Journal, world: &RwLock<World>, rules: &Rules) -> Result<(), Failure> {
    let mut world = world.write().unwrap_or_else(PoisonError::into_inner);
    let waiting = world.desk.waiting.iter().copied().collect::<Vec<_>>();
    let mut group = Group::new(journal, &mut world, rules);
    for conversation in waiting {
        group.route(conversation, "")?;
    }
    group.append(journal)
}
