//! One history: the city, its processes, the platform and the people, and what may happen next.

use super::{
    broker::{AppendFault, EventsPort, Queue},
    citizens::Person,
    dice::Dice,
    disk::WriteFault,
    exchange::{Answer, Call},
    meta::{self, Meta},
    mistake::Mistake,
    notifier::Notifier,
    operators::Operators,
    readers::{SlaClock, Triage},
    registry::{Died, Registry},
    time::{BEGINNINGS, Process, Time},
};
use jiff::{SignedDuration, Timestamp};
use segnalalo_kit::bus::{Delivery, Outcome};
use segnalalo_notifier::{
    graph::{Class, ReadBack, Sent},
    ledger::{self, Denied},
};
use segnalalo_proto::registry::v1::{BeginAttemptRequest, ExecuteRequest};
use segnalalo_registry::intake::Source;
use segnalalo_sla_clock::timers::Due;
use std::collections::{BTreeMap, BTreeSet};

/// What is counted over all histories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub histories: u64,
    pub messages: u64,
    pub tickets: u64,
    pub replies: u64,
    /// Requests to Meta, and how many of them in the storm.
    pub posts: u64,
    pub posts_in_the_storm: u64,
    pub attempts: u64,
    /// Attempts of which nobody knew what had become.
    pub unknown: u64,
    pub held: u64,
    pub accepted: u64,
    pub deaths: u64,
    pub rungs: u64,
    pub records: u64,
}

pub struct City {
    pub dice: Dice,
    pub time: Time,
    pub trace: Vec<String>,
    pub inbound: Queue,
    pub observed: Queue,
    pub events: EventsPort,
    /// Processes that the broker can't be reached from; the registry's side is in `events`.
    pub cut: BTreeSet<Process>,
    /// Between notifier and registry.
    pub ledger_cut: bool,
    pub registry: Registry,
    pub triage: Option<Triage>,
    pub clock: Option<SlaClock>,
    pub notifier: Option<Notifier>,
    /// Where the notifier's cursor stands, for a mistake.
    mark: usize,
    pub meta: Meta,
    pub people: Vec<Person>,
    pub operators: Operators,
    /// Attempts whose caller has given up waiting: the request arrives all the same.
    ghosts: Vec<BeginAttemptRequest>,
    /// The log lacks what only EVENTS has.
    pub log_is_behind: bool,
    /// Nothing goes wrong any more.
    pub calm: bool,
    /// POSTs until then.
    pub posts_in_the_storm: u64,
    pub mistake: Option<Mistake>,
    pub deaths: u64,
    /// How often each rung was said since the storm was over.
    pub said: BTreeMap<Due, u32>,
}

/// Something that must not be: the history ends here.
pub type Step = Result<bool, String>;

impl City {
    pub fn new(seed: u64, mistake: Option<Mistake>) -> Self {
        let mut dice = Dice::new(seed);
        let begin: Timestamp = dice.pick(&BEGINNINGS).parse().expect("an instant of the list");
        let time = Time::new(begin);
        let events = EventsPort::default();
        {
            let mut events = events.lock();
            events.reachable = true;
            events.mistake = mistake;
        }
        let many = dice.between(2, 5);
        let people = (0..many).map(|number| Person::new(usize::try_from(number).unwrap_or(0), &mut dice)).collect();
        Self {
            registry: Registry::new(time.clone(), events.clone(), mistake),
            dice,
            trace: vec![format!("begins at {begin}")],
            inbound: Queue::default(),
            observed: Queue::default(),
            events,
            time,
            cut: BTreeSet::new(),
            ledger_cut: false,
            triage: None,
            clock: None,
            notifier: None,
            mark: 0,
            meta: Meta::default(),
            people,
            operators: Operators::default(),
            ghosts: Vec::new(),
            log_is_behind: false,
            calm: false,
            posts_in_the_storm: 0,
            mistake,
            deaths: 0,
            said: BTreeMap::new(),
        }
    }

    pub fn note(&mut self, line: impl Into<String>) {
        self.trace.push(format!("{} {}", self.time.now(), line.into()));
    }

    pub fn is_up(&self, process: Process) -> bool {
        match process {
            Process::Registry => self.registry.is_up(),
            Process::Triage => self.triage.is_some(),
            Process::SlaClock => self.clock.is_some(),
            Process::Notifier => self.notifier.is_some(),
        }
    }

    pub fn reaches_broker(&self, process: Process) -> bool {
        match process {
            Process::Registry => self.events.lock().reachable,
            other => !self.cut.contains(&other),
        }
    }

    pub fn start(&mut self, process: Process) -> Step {
        if self.is_up(process) || !self.reaches_broker(process) {
            return Ok(false);
        }
        let (time, events) = (self.time.clone(), self.events.clone());
        match process {
            Process::Registry => {
                if self.registry.start()? {
                    self.log_is_behind = false;
                }
            }
            Process::Triage => self.triage = Some(Triage::start(time, events)),
            Process::SlaClock => self.clock = Some(SlaClock::start(time, events)),
            Process::Notifier => {
                let mark = (self.mistake == Some(Mistake::StateForgotten)).then_some(self.mark);
                let caller = self.dice.bytes();
                self.notifier = Some(Notifier::start(time, events, caller, mark));
            }
        }
        self.note(format!("{process} starts"));
        Ok(true)
    }

    pub fn kill(&mut self, process: Process) {
        if !self.is_up(process) {
            return;
        }
        self.note(format!("{process} dies"));
        self.deaths += 1;
        match process {
            Process::Registry => self.registry.kill(),
            Process::Triage => self.triage = None,
            Process::SlaClock => self.clock = None,
            Process::Notifier => self.notifier_dies(),
        }
    }

    /// What had left it arrives, or doesn't.
    fn notifier_dies(&mut self) {
        let Some(notifier) = self.notifier.take() else {
            return;
        };
        self.mark = notifier.position();
        for (_, call) in notifier.exchange.calls() {
            match call {
                Call::Post { form, text, callback } if self.dice.chance(50) => {
                    let at = self.time.now() + SignedDuration::from_secs(self.dice.between(0, 5));
                    self.meta.late.push((at, form, text, callback));
                }
                Call::Begin(begin) if self.dice.chance(50) => self.ghosts.push(*begin),
                _ => {}
            }
        }
    }

    fn died(&mut self, _: Died) {
        self.deaths += 1;
        self.note("the registry dies while writing");
    }

    /// One webhook to INBOUND: 200 when it is there.
    pub fn deliver(&mut self) -> bool {
        let now = self.time.now();
        let ready = self.meta.webhooks.iter().enumerate().filter(|(_, webhook)| webhook.at <= now);
        let ready = ready.map(|(index, _)| index).collect::<Vec<_>>();
        if ready.is_empty() {
            return false;
        }
        let index = if self.calm { ready[0] } else { *self.dice.pick(&ready) };
        let webhook = self.meta.webhooks.remove(index);
        let fate = if self.calm { 99 } else { self.dice.below(100) };
        let key = webhook.inbound.dedupe_key.clone();
        let again = |seconds: i64| {
            let mut webhook = webhook.clone();
            webhook.at = now + SignedDuration::from_secs(seconds);
            webhook
        };
        if fate < 8 {
            self.note(format!("webhook {key} gets a 503"));
            self.meta.webhooks.push(again(5));
            return true;
        }
        self.inbound.publish(meta::payload(&webhook.inbound), now);
        if fate < 14 {
            self.note(format!("webhook {key} is stored, and its 200 gets lost"));
            self.meta.webhooks.push(again(5));
            return true;
        }
        self.note(format!("webhook {key} gets its 200"));
        self.meta.answered(&webhook);
        if fate < 22 {
            let later = self.dice.between(0, 300);
            self.meta.webhooks.push(again(later));
        }
        true
    }

    /// A group of deliveries into the log.
    pub fn intake(&mut self, most: usize) -> Step {
        if !self.registry.is_up() || !self.reaches_broker(Process::Registry) {
            return Ok(false);
        }
        let now = self.time.now();
        let from = if self.calm { 2 } else { self.dice.below(3) };
        let mut batch: Vec<(Source, Delivery)> = Vec::new();
        if from != 0 {
            batch.extend(self.inbound.fetch(now, most).into_iter().map(|delivery| (Source::Inbound, delivery)));
        }
        if from != 1 {
            let fetched = self.observed.fetch(now, most).into_iter().map(|delivery| (Source::Observed, delivery));
            let at = if self.calm { batch.len() } else { self.dice.below(batch.len() + 1) };
            batch.splice(at..at, fetched);
        }
        if batch.is_empty() {
            return Ok(false);
        }
        if self.mistake == Some(Mistake::AckBeforeSync) {
            for (source, delivery) in &batch {
                self.queue(*source).ack(delivery.sequence);
            }
        }
        self.plan_a_death();
        self.note(format!("registry takes {} in", batch.len()));
        match self.registry.intake(&batch) {
            Ok(outcomes) => {
                for ((source, delivery), outcome) in batch.into_iter().zip(outcomes) {
                    self.acknowledge(source, &delivery, outcome);
                }
            }
            Err(died) => self.died(died),
        }
        Ok(true)
    }

    pub fn plan_a_death(&mut self) {
        let fault = match if self.calm { 99 } else { self.dice.below(100) } {
            0..4 => WriteFault::Before,
            4..7 => WriteFault::After,
            _ => WriteFault::None,
        };
        self.registry.plan.set(fault);
    }

    fn queue(&mut self, source: Source) -> &mut Queue {
        match source {
            Source::Inbound => &mut self.inbound,
            Source::Observed => &mut self.observed,
        }
    }

    fn acknowledge(&mut self, source: Source, delivery: &Delivery, outcome: Outcome) {
        if !self.calm && self.dice.chance(5) {
            self.note(format!("an acknowledgement gets lost ({source:?} {})", delivery.sequence));
            return;
        }
        let now = self.time.now();
        let queue = self.queue(source);
        match outcome {
            Outcome::Done => queue.ack(delivery.sequence),
            Outcome::Retry { after, .. } => {
                let after = SignedDuration::try_from(after).unwrap_or(SignedDuration::ZERO);
                queue.nak(delivery.sequence, now + after);
            }
            Outcome::Park { why } => queue.park(delivery.sequence, why),
        }
    }

    pub fn relay(&mut self) -> Step {
        if !self.registry.is_up() || !self.registry.unsent() {
            return Ok(false);
        }
        let fault = match if self.calm { 99 } else { self.dice.below(100) } {
            0..5 => AppendFault::Refused,
            5..10 => AppendFault::Unanswered,
            10..15 => AppendFault::Part(self.dice.below(5)),
            _ => AppendFault::None,
        };
        self.events.lock().next = fault;
        self.registry.relay()?;
        self.events.lock().next = AppendFault::None;
        if fault != AppendFault::None {
            self.note(format!("relay: {fault:?}"));
        }
        Ok(fault == AppendFault::None)
    }

    pub fn patience(&mut self) -> bool {
        match self.registry.patience() {
            Ok(0) => false,
            Ok(count) => {
                self.note(format!("patience over {count} messages is lost"));
                true
            }
            Err(died) => {
                self.died(died);
                true
            }
        }
    }

    /// What is said on OBSERVED: whether the speaker knows that it is there.
    fn say(&mut self, payload: bytes::Bytes) -> bool {
        let now = self.time.now();
        match if self.calm { 99 } else { self.dice.below(100) } {
            0..5 => false,
            5..12 => {
                self.observed.publish(payload, now);
                false
            }
            _ => {
                self.observed.publish(payload, now);
                true
            }
        }
    }

    pub fn triage(&mut self, most: usize) -> bool {
        if !self.reaches_broker(Process::Triage) {
            return false;
        }
        let Some(mut triage) = self.triage.take() else {
            return false;
        };
        let mut any = triage.read(most);
        let round = if self.calm { 128 } else { self.dice.below(4) };
        for conclusion in triage.conclusions(round) {
            any = true;
            if self.say(conclusion.payload.clone()) {
                triage.said(&conclusion);
            }
        }
        self.triage = Some(triage);
        any
    }

    pub fn clock(&mut self, most: usize) -> bool {
        if !self.reaches_broker(Process::SlaClock) {
            return false;
        }
        let Some(mut clock) = self.clock.take() else {
            return false;
        };
        let mut any = clock.read(most);
        for (due, payload) in clock.due() {
            any = true;
            if self.calm {
                *self.said.entry(due).or_default() += 1;
            }
            self.note(format!("sla-clock: {} {} of {}", due.deadline, due.rung, due.ticket));
            if self.say(payload) {
                clock.said(due);
            }
        }
        self.clock = Some(clock);
        any
    }

    pub fn notifier_reads(&mut self, most: usize) -> bool {
        let reaches = self.reaches_broker(Process::Notifier);
        let Some(notifier) = &mut self.notifier else {
            return false;
        };
        let any = reaches && notifier.read(most);
        notifier.dispatch() > 0 || any
    }

    /// The notifier puts one outcome on OBSERVED.
    pub fn notifier_tells(&mut self) -> bool {
        let Some((index, payload)) = self.notifier.as_ref().and_then(Notifier::telling) else {
            return false;
        };
        let told = match payload {
            None => true,
            Some(_) if !self.reaches_broker(Process::Notifier) => return false,
            Some(payload) => self.say(payload),
        };
        if told && let Some(notifier) = &mut self.notifier {
            notifier.told(index);
        }
        true
    }

    /// Something that a reply on its way waits for is answered.
    pub fn answer(&mut self) -> bool {
        let now = self.time.now();
        let Some(notifier) = &self.notifier else {
            return false;
        };
        let exchange = notifier.exchange.clone();
        let ready = |call: &Call| !matches!(call, Call::Wait { until } if *until > now);
        let calls = exchange.calls().into_iter().filter(|(_, call)| ready(call)).collect::<Vec<_>>();
        if calls.is_empty() {
            return false;
        }
        let (id, call) = if self.calm { calls[0].clone() } else { self.dice.pick(&calls).clone() };
        let answer = match call {
            Call::Begin(begin) => Answer::Begin(self.begin_attempt(*begin)),
            Call::Post { form, text, callback } => {
                let sent = self.meta.post((&form, &text, &callback), &self.people, &mut self.dice, now, !self.calm);
                self.note(format!("POST {callback}: {sent:?}"));
                match sent {
                    Sent::Unknown { detail } if self.mistake == Some(Mistake::RetriedOnTimeOut) => {
                        let code = "timeout".to_owned();
                        Answer::Post(Sent::Refused { code, detail, class: Class::Retry, wait: None })
                    }
                    sent => Answer::Post(sent),
                }
            }
            Call::ReadBack { object, text, attempted_at } => {
                let seen = if !self.calm && self.dice.chance(15) {
                    ReadBack::Failed("no connection".to_owned())
                } else {
                    self.meta.find_comment(&object, &text, attempted_at)
                };
                self.note(format!("read back {object}: {seen:?}"));
                Answer::ReadBack(seen)
            }
            Call::Wait { .. } => Answer::Waited,
        };
        exchange.answer(id, answer);
        if let Some(notifier) = &mut self.notifier {
            notifier.poll();
        }
        true
    }

    fn begin_attempt(&mut self, begin: BeginAttemptRequest) -> Result<(), Denied> {
        let lost = |what: &str| Err(Denied::Unavailable(what.to_owned()));
        let number = format!("attempt {} of {}", begin.attempt, hex(&begin.reply_id));
        if self.ledger_cut || (!self.calm && self.dice.chance(4)) {
            if self.dice.chance(30) {
                self.ghosts.push(begin);
            }
            return lost("the link is cut");
        }
        self.plan_a_death();
        let was_up = self.registry.is_up();
        match self.registry.begin_attempt(begin) {
            None => {
                if was_up {
                    self.died(Died);
                }
                lost("the registry is away")
            }
            Some(answer) if !self.calm && self.dice.chance(5) => {
                self.note(format!("{number}: {}, but the answer gets lost", said(&answer)));
                lost("the answer got lost")
            }
            Some(answer) => {
                self.note(format!("{number}: {}", said(&answer)));
                answer.map_err(|status| ledger::denied(status.code()))
            }
        }
    }

    /// A request arrives whose caller doesn't wait any more.
    pub fn ghost(&mut self) -> bool {
        if self.ghosts.is_empty() || !self.registry.is_up() {
            return false;
        }
        let index = self.dice.below(self.ghosts.len());
        let begin = self.ghosts.remove(index);
        self.note(format!("a late request for attempt {} of {}", begin.attempt, hex(&begin.reply_id)));
        self.plan_a_death();
        if self.registry.begin_attempt(begin).is_none() {
            self.died(Died);
        }
        true
    }

    /// An operator's command; asked again when there is no answer.
    pub fn execute(&mut self, request: ExecuteRequest) -> bool {
        if !self.registry.is_up() {
            return false;
        }
        self.plan_a_death();
        let command = format!("{:?}", request.command).chars().take(60).collect::<String>();
        match self.registry.execute(request.clone()) {
            None => {
                self.died(Died);
                self.operators.unanswered.push(request);
                false
            }
            Some(answer) if !self.calm && self.dice.chance(10) => {
                self.note(format!("operator: {command}: {}, but the answer gets lost", outcome(&answer)));
                self.operators.unanswered.push(request);
                true
            }
            Some(answer) => {
                self.note(format!("operator: {command}: {}", outcome(&answer)));
                if answer.is_ok() {
                    self.operators.done.push(request);
                }
                answer.is_ok()
            }
        }
    }
}

fn said(answer: &Result<(), tonic::Status>) -> String {
    match answer {
        Ok(()) => "begun".to_owned(),
        Err(status) => format!("denied ({})", status.message()),
    }
}

fn outcome(answer: &Result<segnalalo_registry::writer::Receipt, tonic::Status>) -> String {
    match answer {
        Ok(receipt) => format!("done at {}{}", receipt.position, if receipt.repeated { ", repeated" } else { "" }),
        Err(status) => format!("refused ({})", status.message()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
