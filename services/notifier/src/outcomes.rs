//! Telling the registry what became of an attempt. It is told until the broker has it: an outcome that got lost would
//! leave the reply unknown.

use crate::{outbox::Work, sender::Told};
use prost::Message as _;
use segnalalo_domain::Timestamp;
use segnalalo_kit::{bus::Publisher, clock::SharedClock, fault, trace};
use segnalalo_proto::{
    observation::v1::{Observed, SendOutcome, observed::Observation},
    time,
};
use std::time::Duration;

const SUBJECT: &str = "observed.notifier";
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Outcomes {
    publisher: Publisher,
    clock: SharedClock,
}

impl Outcomes {
    pub fn new(publisher: Publisher, clock: SharedClock) -> Self {
        Self { publisher, clock }
    }

    /// Returns when it is durable, however long that takes.
    pub async fn publish(&self, work: &Work, told: &Told) {
        let Some(observed) = observed(work, told, self.clock.now()) else {
            return;
        };
        let own = trace::traceparent();
        let trace_parent = if own.is_empty() { &work.reply.trace_parent } else { &own };
        fault::point("outcome.before");
        let payload = bytes::Bytes::from(observed.encode_to_vec());
        let mut pause = Duration::from_millis(100);
        while let Err(error) = self.publisher.publish(SUBJECT, payload.clone(), trace_parent).await {
            tracing::warn!(%error, "an outcome can't be told yet");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        fault::point("outcome.after");
    }
}

/// What is said on OBSERVED; `None` when there is nothing to say.
pub fn observed(work: &Work, told: &Told, now: Timestamp) -> Option<Observed> {
    let Told::Outcome { attempt, outcome, .. } = told else {
        return None;
    };
    Some(Observed {
        occurred_at: Some(time::to_wire(now)),
        observation: Some(Observation::SendOutcome(SendOutcome {
            conversation_id: work.conversation.to_vec(),
            reply_id: work.reply.id.to_vec(),
            attempt: *attempt,
            outcome: Some(outcome.clone()),
        })),
    })
}
