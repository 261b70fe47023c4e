//! What a reply on its way asks of others (the ledger, Meta, the passing of time): each question waits until the
//! scheduler gives an answer.

use jiff::{SignedDuration, Timestamp};
use segnalalo_notifier::{
    graph::{Form, Platform, ReadBack, Sent},
    ledger::{self, Denied, Ledger},
    outbox::Work,
    sender::pause::Pauses,
};
use segnalalo_proto::{common::v1::PersonalContent, registry::v1::BeginAttemptRequest};
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use super::time::Time;

#[derive(Debug, Clone)]
pub enum Call {
    Begin(Box<BeginAttemptRequest>),
    Post { form: Form, text: String, callback: String },
    ReadBack { object: String, text: String, attempted_at: Timestamp },
    Wait { until: Timestamp },
}

#[derive(Debug)]
pub enum Answer {
    Begin(Result<(), Denied>),
    Post(Sent),
    ReadBack(ReadBack),
    Waited,
}

#[derive(Default)]
struct Slots {
    last: u64,
    calls: BTreeMap<u64, Call>,
    answers: BTreeMap<u64, Answer>,
}

#[derive(Clone)]
pub struct Exchange {
    slots: Arc<Mutex<Slots>>,
    time: Time,
    /// Of the notifier's process.
    caller_id: [u8; 16],
}

impl Exchange {
    pub fn new(time: Time, caller_id: [u8; 16]) -> Self {
        Self { slots: Arc::default(), time, caller_id }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits for an answer.
    pub fn calls(&self) -> Vec<(u64, Call)> {
        self.lock().calls.iter().map(|(id, call)| (*id, call.clone())).collect()
    }

    pub fn answer(&self, id: u64, answer: Answer) {
        let mut slots = self.lock();
        if slots.calls.remove(&id).is_some() {
            slots.answers.insert(id, answer);
        }
    }

    async fn ask(&self, call: Call) -> Answer {
        let id = {
            let mut slots = self.lock();
            slots.last += 1;
            let id = slots.last;
            slots.calls.insert(id, call);
            id
        };
        poll_fn(|_| match self.lock().answers.remove(&id) {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        })
        .await
    }
}

#[async_trait::async_trait]
impl Ledger for Exchange {
    async fn begin(
        &self,
        work: &Work,
        attempt: u32,
        content: PersonalContent,
        trace_parent: String,
    ) -> Result<(), Denied> {
        let request = ledger::request(work, attempt, content, trace_parent, self.caller_id);
        match self.ask(Call::Begin(Box::new(request))).await {
            Answer::Begin(answer) => answer,
            other => unreachable!("a ledger's answer was {other:?}"),
        }
    }
}

#[async_trait::async_trait]
impl Platform for Exchange {
    async fn send(&self, form: &Form, text: &str, callback: &str) -> Sent {
        let call = Call::Post { form: form.clone(), text: text.to_owned(), callback: callback.to_owned() };
        match self.ask(call).await {
            Answer::Post(sent) => sent,
            other => unreachable!("a platform's answer was {other:?}"),
        }
    }

    async fn find_comment(&self, object: &str, text: &str, attempted_at: Timestamp) -> ReadBack {
        let call = Call::ReadBack { object: object.to_owned(), text: text.to_owned(), attempted_at };
        match self.ask(call).await {
            Answer::ReadBack(seen) => seen,
            other => unreachable!("a platform's answer was {other:?}"),
        }
    }
}

#[async_trait::async_trait]
impl Pauses for Exchange {
    async fn wait(&self, pause: Duration) {
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        self.ask(Call::Wait { until: self.time.now() + pause }).await;
    }
}
