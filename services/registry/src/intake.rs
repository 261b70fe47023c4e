//! INBOUND and OBSERVED into the log: each delivery becomes a command, and is acknowledged when its events are on disk.

use crate::{
    identity::Identity,
    translate::{self, Translated},
    writer::{self, Request, Writer},
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
    /// By `outcome`: taken, repeated, ignored, rejected, parked.
    pub handled: Counter,
}

#[async_trait::async_trait]
impl BatchHandler for Intake {
    /// All of a batch are in the writer's queue at once, in order, and share its syncs.
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        futures::future::join_all(batch.into_iter().map(|delivery| self.take(delivery))).await
    }
}

impl Intake {
    async fn take(&self, delivery: Delivery) -> Outcome {
        let translated = match self.translate(&delivery.payload) {
            Ok(translated) => translated,
            Err(error) => {
                self.count("parked");
                return Outcome::Park { why: describe(&error) };
            }
        };
        let waits_for_thread = matches!(
            translated.command,
            Command::ReceiveMessage(_)
                | Command::RecordOwnMessage(_)
                | Command::RemoveMessage(_)
                | Command::EditMessage(_)
                // A platform's report may overtake our own word that it accepted the message.
                | Command::ReportDelivery(_)
        );
        let request = Request {
            cause: translated.cause,
            command: translated.command,
            occurred_at: Some(translated.occurred_at),
            trace_parent: delivery.traceparent,
        };
        match self.writer.execute(request).await {
            Ok(receipt) if receipt.ignored && waits_for_thread && delivery.delivered < TRIES_FOR_A_THREAD => {
                Outcome::Retry { after: THREAD_PAUSE, why: "its thread isn't known yet".to_owned() }
            }
            Ok(receipt) => {
                self.count(if receipt.ignored {
                    "ignored"
                } else if receipt.repeated {
                    "repeated"
                } else {
                    "taken"
                });
                Outcome::Done
            }
            Err(writer::Error::Rejected(rejection)) => {
                self.count("rejected");
                Outcome::Park { why: format!("{}: {rejection}", rejection.code()) }
            }
            Err(error @ writer::Error::Unrecordable(_)) => {
                self.count("parked");
                Outcome::Park { why: error.to_string() }
            }
            Err(writer::Error::Unavailable) => {
                Outcome::Retry { after: PAUSE, why: "the log takes nothing now".to_owned() }
            }
        }
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

fn describe(error: &translate::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
