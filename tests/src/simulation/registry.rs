//! The registry's process: the real writer, intake, patience, relay and ledger, driven call by call.

use super::{
    broker::EventsPort,
    disk::{Disk, Plan},
    files::FILES,
    mistake::Mistake,
    time::{Process, Time},
};
use futures::FutureExt as _;
use jiff::Timestamp;
use segnalalo_domain::{desk::Command, id::CauseId, words::Channel};
use segnalalo_kit::{
    bus::{Delivery, Outcome},
    health::Health,
};
use segnalalo_proto::{
    convert,
    registry::v1::{BeginAttemptRequest, ExecuteRequest, SettleReplyRequest},
    sealed::NoKeys,
};
use segnalalo_registry::{
    grpc::{delivery_service, status, ticket_service::execute},
    identity::Identity,
    intake::{self, Source},
    journal::{Batch, Journal as _, Memory, Reader},
    patience,
    published::Published,
    relay::{self, Relay},
    translate,
    world::World,
    writer::{Core, Error, Receipt, Request, Rules},
};
use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};
use tokio::sync::watch;
use tonic::Status;

/// Who waits for EVENTS is asked again after this.
const SOON: Duration = Duration::from_secs(1);

/// The process is no more: what it was asked has no answer.
#[derive(Debug)]
pub struct Died;

pub struct Registry {
    /// What is on disk.
    disk: Memory,
    pub plan: Plan,
    time: Time,
    events: EventsPort,
    mistake: Option<Mistake>,
    running: Option<Running>,
}

struct Running {
    core: Core,
    world: Arc<RwLock<World>>,
    reader: Arc<dyn Reader>,
    relay: Relay<EventsPort>,
    published: Published,
    sent: u64,
    patience_from: Timestamp,
}

pub fn identity() -> Identity {
    Identity::new([9; 32])
}

impl Registry {
    pub fn new(time: Time, events: EventsPort, mistake: Option<Mistake>) -> Self {
        let mut disk = Memory::default();
        let opening = Batch::opening([7; 16], time.now());
        disk.append(&[opening]).expect("a new log takes its opening");
        Self { disk, plan: Plan::default(), time, events, mistake, running: None }
    }

    pub fn is_up(&self) -> bool {
        self.running.is_some()
    }

    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Compares heads, replays, and serves; `Ok(false)` while the broker can't be asked.
    ///
    /// # Errors
    /// What stops it for good: two histories, an unreadable log.
    pub fn start(&mut self) -> Result<bool, String> {
        let mut disk = Disk { memory: self.disk.reopened(), plan: self.plan.clone(), mistake: self.mistake };
        match now(relay::reconcile(&mut disk, &self.events)) {
            Ok(_) => {}
            Err(relay::Error::Broker(_)) => return Ok(false),
            Err(error) => return Err(format!("the registry doesn't start: {error}")),
        }
        let reader = disk.reader();
        let world = World::replay(&*reader, &NoKeys, |_| {}).map_err(|error| format!("replay: {error}"))?;
        let world = Arc::new(RwLock::new(world));
        let rules = Rules {
            calendar: FILES.calendar.clone(),
            offices: FILES.offices.clone(),
            registrar: FILES.registrar.clone(),
            clock: self.time.clock(Process::Registry),
            keyring: None,
            blobs: None,
        };
        let Ok(core) = Core::begin(Box::new(disk), world.clone(), rules) else {
            return Ok(false);
        };
        let (publishes, published) = Published::channel(0);
        let relay = Relay {
            published: publishes,
            reader: reader.clone(),
            events: self.events.clone(),
            mirror: None,
            component: Health::new("simulation").component("broker"),
            reconnects: watch::channel(0).1,
        };
        let patience_from = patience::begins_at(self.time.of(Process::Registry));
        self.running = Some(Running { core, world, reader, relay, published, sent: 0, patience_from });
        self.reconnect()?;
        Ok(true)
    }

    /// Where does EVENTS stand? As after each new connection.
    ///
    /// # Errors
    /// Two histories, or two registries.
    pub fn reconnect(&mut self) -> Result<(), String> {
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        if self.mistake == Some(Mistake::CursorApart) {
            return Ok(());
        }
        match now(running.relay.look_again(&mut running.sent)) {
            Ok(()) | Err(relay::Error::Broker(_)) => Ok(()),
            Err(error) => Err(format!("the relay stops: {error}")),
        }
    }

    /// Publishes what is in the log and not on EVENTS.
    ///
    /// # Errors
    /// As `reconnect`.
    pub fn relay(&mut self) -> Result<(), String> {
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let before = running.sent;
        match now(running.relay.drain(&mut running.sent)) {
            Ok(()) => Ok(()),
            Err(relay::Error::Broker(_)) if self.mistake == Some(Mistake::CursorApart) => {
                // The mark had been moved before the append.
                running.sent = running.reader.head().position.max(before);
                Ok(())
            }
            Err(relay::Error::Broker(_)) => self.reconnect(),
            Err(error) => Err(format!("the relay stops: {error}")),
        }
    }

    /// The lag of EVENTS behind the log.
    pub fn unsent(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.sent < running.reader.head().position)
    }

    fn handle(&mut self, requests: Vec<Request>) -> Result<Vec<Result<Receipt, Error>>, Died> {
        if self.mistake == Some(Mistake::ConclusionOutOfOrder) {
            self.reorder_pending(&requests);
        }
        let running = self.running.as_mut().ok_or(Died)?;
        match running.core.handle(&requests) {
            Ok(answers) => Ok(answers),
            Err(_) => {
                self.kill();
                Err(Died)
            }
        }
    }

    /// One group of deliveries, from both queues as they come. What becomes of each.
    ///
    /// # Errors
    /// The process died over it; what it had in hand comes again.
    pub fn intake(&mut self, batch: &[(Source, Delivery)]) -> Result<Vec<Outcome>, Died> {
        let identity = identity();
        let channel_of = |conversation| -> Option<Channel> {
            self.world().and_then(|world| world.desk.conversations.get(&conversation).and_then(|state| state.channel))
        };
        let translated = batch.iter().map(|(source, delivery)| match source {
            Source::Inbound => translate::inbound(&delivery.payload, &identity),
            Source::Observed => translate::observed(&delivery.payload, &identity, channel_of),
        });
        let translated = translated.collect::<Vec<_>>();
        let mut requests = Vec::new();
        let mut outcomes = Vec::new();
        for (index, translated) in translated.into_iter().enumerate() {
            match translated {
                Ok(translated) => {
                    let waits = intake::waits_for_thread(&translated.command);
                    requests.push(intake::request(translated, String::new()));
                    outcomes.push(Err((index, waits)));
                }
                Err(error) => outcomes.push(Ok(Outcome::Park { why: error.to_string() })),
            }
        }
        let mut answers = self.handle(requests)?.into_iter();
        let settle = |outcome: Result<Outcome, (usize, bool)>| match outcome {
            Ok(outcome) => outcome,
            Err((index, waits)) => {
                let answer = answers.next().unwrap_or(Err(Error::Unavailable));
                if answer.as_ref().is_ok_and(|receipt| !self.is_published(receipt.position)) {
                    return Outcome::Retry { after: SOON, why: "EVENTS doesn't have it yet".to_owned() };
                }
                intake::outcome(waits, batch[index].1.delivered, answer).0
            }
        };
        Ok(outcomes.into_iter().map(settle).collect())
    }

    /// Only what EVENTS has too is acknowledged.
    fn is_published(&self, position: u64) -> bool {
        let published = self.running.as_ref().map(|running| running.published.clone());
        published.is_some_and(|published| published.reach(position).now_or_never() == Some(true))
    }

    /// Messages that triage says nothing on.
    ///
    /// # Errors
    /// The process died over it.
    pub fn patience(&mut self) -> Result<usize, Died> {
        let now = self.time.of(Process::Registry);
        let Some(running) = self.running.as_ref().filter(|running| now >= running.patience_from) else {
            return Ok(0);
        };
        let overdue = patience::overdue(&read(&running.world), now);
        let count = overdue.len();
        for request in overdue {
            self.handle(vec![request])?;
        }
        Ok(count)
    }

    /// The ledger's answer. `None`: the process died over it, or is down.
    pub fn begin_attempt(&mut self, begin: BeginAttemptRequest) -> Option<Result<(), Status>> {
        let request = {
            let world = self.world()?;
            match delivery_service::read(begin, &world) {
                Ok(request) => request,
                Err(rejection) => return Some(Err(status::rejected(&rejection))),
            }
        };
        let command = request.command.clone();
        let receipt = match self.handle(vec![request]).ok()?.pop()? {
            Ok(receipt) => receipt,
            Err(error) => return Some(Err(status::failed(&error))),
        };
        let answer = delivery_service::answer(receipt, &command, &*self.world()?);
        if answer.is_ok() && !self.is_published(receipt.position) {
            return Some(Err(Status::unavailable("EVENTS doesn't have the attempt yet: ask again")));
        }
        Some(answer.map(drop).map_err(|rejection| status::rejected(&rejection)))
    }

    /// An operator's command. `None` as for `begin_attempt`.
    pub fn execute(&mut self, request: ExecuteRequest) -> Option<Result<Receipt, Status>> {
        let read = execute::read(&*self.world()?, &[], request);
        self.command(read.map(|(cause, act)| (cause, Command::Act(act))))
    }

    /// A person's verdict on a held reply. `None` as for `begin_attempt`.
    pub fn settle(&mut self, request: SettleReplyRequest) -> Option<Result<Receipt, Status>> {
        self.command(execute::read_settle(request).map(|(cause, settle)| (cause, Command::SettleReply(settle))))
    }

    fn command(
        &mut self,
        read: Result<(CauseId, Command), segnalalo_domain::rejection::Rejection>,
    ) -> Option<Result<Receipt, Status>> {
        let (cause, command) = match read {
            Ok(read) => read,
            Err(rejection) => return Some(Err(status::rejected(&rejection))),
        };
        let request = Request { cause, command, occurred_at: None, trace_parent: String::new() };
        let answer = self.handle(vec![request]).ok()?.pop()?;
        Some(answer.map_err(|error| status::failed(&error)))
    }

    /// `None` while it is down.
    pub fn world(&self) -> Option<RwLockReadGuard<'_, World>> {
        self.running.as_ref().map(|running| read(&running.world))
    }

    /// What is on disk.
    pub fn log(&self) -> Arc<dyn Reader> {
        self.disk.reader()
    }

    /// The disk comes back with less than it had: only with the process down.
    pub fn lose_tail(&mut self, records: u64) {
        let reader = self.disk.reader();
        let keep = reader.head().position.saturating_sub(records).max(1);
        let limit = usize::try_from(keep).unwrap_or(usize::MAX);
        let kept = reader.read_all(0, limit).expect("the log in memory can be read");
        let mut disk = Memory::default();
        disk.import(&kept.into_iter().map(|(_, record)| record).collect::<Vec<_>>()).expect("its own records fit");
        self.disk = disk;
    }

    fn reorder_pending(&mut self, requests: &[Request]) {
        let Some(running) = &self.running else {
            return;
        };
        let mut world = running.world.write().unwrap_or_else(PoisonError::into_inner);
        for request in requests {
            let Command::Conclude(conclude) = &request.command else {
                continue;
            };
            let pending = world.desk.conversations.get_mut(&conclude.conversation).map(|state| &mut state.pending);
            if let Some(pending) = pending
                && let Some(index) = pending.iter().position(|pending| pending.message == conclude.message)
                && let Some(message) = pending.remove(index)
            {
                pending.push_front(message);
            }
        }
    }
}

/// Every record as events.
pub fn recorded(reader: &dyn Reader) -> Vec<segnalalo_domain::event::Recorded> {
    let records = reader.read_all(0, usize::MAX).expect("the log in memory can be read");
    records.iter().map(|(_, bytes)| convert::read(bytes).expect("its records are events")).collect()
}

fn read(world: &RwLock<World>) -> RwLockReadGuard<'_, World> {
    world.read().unwrap_or_else(PoisonError::into_inner)
}

/// Nothing here ever waits: a port in memory answers at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a port in memory answers at once")
}
