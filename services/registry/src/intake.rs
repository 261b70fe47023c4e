//! INBOUND and OBSERVED into the log: each delivery becomes a command, and is acknowledged when its events
//! are on disk and EVENTS has them too: two copies, before the third is let go (decision 15).

use crate::{
    identity::Identity,
    published::Published,
    translate::{self, Translated},
    writer::{self, Asked, Request, Writer},
};
use segnalalo_domain::{desk::Command, words::Channel};
use segnalalo_kit::{
    bus::{BatchHandler, Delivery, Outcome},
    telemetry::Counter,
};
use std::time::Duration;

/// A comment may overtake the post that it stands under: it gets this many tries before it is counted as a stranger's.
const TRIES_FOR_A_THREAD: u32 = 4;
const THREAD_PAUSE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

/// Which stream a handler reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Inbound,
    Observed,
}

pub struct Intake {
    pub source: Source,
    pub writer: Writer,
    pub identity: Identity,
    pub published: Published,
    /// By `outcome`: taken, repeated, ignored, rejected, parked.
    pub handled: Counter,
}

#[async_trait::async_trait]
impl BatchHandler for Intake {
    /// All of a batch are in the writer's queue at once and share its syncs. They get there one after the other: futures that
    /// are joined take turns as the runtime likes, and a batch of hundreds came in with its end reversed.
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        let mut taken = Vec::with_capacity(batch.len());
        for delivery in batch {
            taken.push(self.take(delivery).await);
        }
        futures::future::join_all(taken.into_iter().map(|taken| self.answer(taken))).await
    }
}

/// A delivery on its way through the writer.
enum Taken {
    Asked { waits: bool, delivered: u32, asked: Result<Asked, writer::Error> },
    Unreadable(Outcome),
}

impl Intake {
    async fn take(&self, delivery: Delivery) -> Taken {
        let translated = match self.translate(&delivery.payload) {
            Ok(translated) => translated,
            Err(error) => {
                self.count("parked");
                return Taken::Unreadable(Outcome::Park { why: describe(&error) });
            }
        };
        let waits = waits_for_thread(&translated.command);
        let asked = self.writer.ask(request(translated, delivery.traceparent)).await;
        Taken::Asked { waits, delivered: delivery.delivered, asked }
    }

    async fn answer(&self, taken: Taken) -> Outcome {
        let (waits, delivered, asked) = match taken {
            Taken::Unreadable(outcome) => return outcome,
            Taken::Asked { waits, delivered, asked } => (waits, delivered, asked),
        };
        let answer = match asked {
            Ok(asked) => asked.answer().await,
            Err(error) => Err(error),
        };
        if let Ok(receipt) = &answer
            && !self.published.reach(receipt.position).await
        {
            let why = "the registry stops, and EVENTS doesn't have it yet".to_owned();
            return Outcome::Retry { after: PAUSE, why };
        }
        let (outcome, word) = outcome(waits, delivered, answer);
        if let Some(word) = word {
            self.count(word);
        }
        outcome
    }

    fn translate(&self, payload: &[u8]) -> Result<Translated, translate::Error> {
        match self.source {
            Source::Inbound => translate::inbound(payload, &self.identity),
            Source::Observed => translate::observed(payload, &self.identity, |conversation| {
                self.writer.read(|world| -> Option<Channel> {
                    world.desk.conversations.get(&conversation).and_then(|state| state.channel)
                })
            }),
        }
    }

    fn count(&self, outcome: &'static str) {
        let source = match self.source {
            Source::Inbound => "inbound",
            Source::Observed => "observed",
        };
        self.handled.add(1, &[("source", source), ("outcome", outcome)]);
    }
}

/// What the writer is asked for.
pub fn request(translated: Translated, trace_parent: String) -> Request {
    Request {
        cause: translated.cause,
        command: translated.command,
        occurred_at: Some(translated.occurred_at),
        trace_parent,
    }
}

/// Whether what concerns nobody yet may do so soon.
pub fn waits_for_thread(command: &Command) -> bool {
    matches!(
        command,
        Command::ReceiveMessage(_)
            | Command::RecordOwnMessage(_)
            | Command::RemoveMessage(_)
            | Command::EditMessage(_)
            // A platform's report may overtake our own word that it accepted the message.
            | Command::ReportDelivery(_)
    )
}

/// What the writer's answer means for the delivery, and the word that it is counted under.
pub fn outcome(
    waits_for_thread: bool,
    delivered: u32,
    answer: Result<writer::Receipt, writer::Error>,
) -> (Outcome, Option<&'static str>) {
    match answer {
        Ok(receipt) if receipt.ignored && waits_for_thread && delivered < TRIES_FOR_A_THREAD => {
            (Outcome::Retry { after: THREAD_PAUSE, why: "its thread isn't known yet".to_owned() }, None)
        }
        Ok(receipt) if receipt.ignored => (Outcome::Done, Some("ignored")),
        Ok(receipt) if receipt.repeated => (Outcome::Done, Some("repeated")),
        Ok(_) => (Outcome::Done, Some("taken")),
        Err(writer::Error::Rejected(rejection)) => {
            (Outcome::Park { why: format!("{}: {rejection}", rejection.code()) }, Some("rejected"))
        }
        Err(error @ writer::Error::Unrecordable(_)) => (Outcome::Park { why: error.to_string() }, Some("parked")),
        Err(writer::Error::Unavailable) => {
            (Outcome::Retry { after: PAUSE, why: "the log takes nothing now".to_owned() }, None)
        }
    }
}

fn describe(error: &translate::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
