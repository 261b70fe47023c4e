//! The log as the ledger of attempts: an attempt is durable there before its POST leaves.

use crate::outbox::Work;
use segnalalo_kit::{
    health::Component,
    rpc::{Channel, Rpc},
};
use segnalalo_proto::{
    common::v1::PersonalContent,
    registry::v1::{BeginAttemptRequest, delivery_service_client::DeliveryServiceClient},
};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tonic::Code;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Why nothing may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The log says that this attempt isn't the next one, or that the reply is settled: its events will tell.
    Settled,
    /// Nobody knows: ask again later.
    Unavailable(String),
}

/// Whoever can make an attempt durable.
#[async_trait::async_trait]
pub trait Ledger: Send + Sync {
    /// `Ok`: the attempt is on disk, and the POST may leave.
    async fn begin(
        &self,
        work: &Work,
        attempt: u32,
        content: PersonalContent,
        trace_parent: String,
    ) -> Result<(), Denied>;
}

/// The registry's `DeliveryService`.
pub struct Registry {
    client: DeliveryServiceClient<Channel>,
    /// Of this process: an attempt that we began, and whose answer got lost, is still ours.
    caller_id: [u8; 16],
    health: Component,
}

impl Registry {
    /// Connects when it is first used, and again whenever it must.
    ///
    /// # Errors
    /// The address isn't one.
    pub fn new(rpc: &Rpc, health: Component) -> Result<Self, tonic::transport::Error> {
        let endpoint = rpc.endpoint()?.timeout(TIMEOUT).connect_timeout(TIMEOUT);
        // Whether it answers is known when there is something to send.
        health.ready();
        Ok(Self {
            client: DeliveryServiceClient::new(rpc.signed(endpoint.connect_lazy())),
            caller_id: rand::random(),
            health,
        })
    }
}

#[async_trait::async_trait]
impl Ledger for Registry {
    async fn begin(
        &self,
        work: &Work,
        attempt: u32,
        content: PersonalContent,
        trace_parent: String,
    ) -> Result<(), Denied> {
        let request = request(work, attempt, content, trace_parent, self.caller_id);
        let Err(status) = self.client.clone().begin_attempt(request).await else {
            self.health.ready();
            return Ok(());
        };
        let denied = denied(status.code());
        match &denied {
            Denied::Settled => self.health.ready(),
            Denied::Unavailable(why) => self.health.not_ready(why),
        }
        Err(denied)
    }
}

/// `caller_id` is the process's: who asks again for its own attempt is answered as before.
pub fn request(
    work: &Work,
    attempt: u32,
    content: PersonalContent,
    trace_parent: String,
    caller_id: [u8; 16],
) -> BeginAttemptRequest {
    BeginAttemptRequest {
        conversation_id: work.conversation.to_vec(),
        reply_id: work.reply.id.to_vec(),
        attempt,
        text_sha256: Sha256::digest(content.text.trim().as_bytes()).to_vec(),
        content: Some(content),
        trace_parent,
        caller_id: caller_id.to_vec(),
    }
}

/// What the registry's refusal means.
pub fn denied(code: Code) -> Denied {
    match code {
        Code::Aborted | Code::FailedPrecondition | Code::NotFound => Denied::Settled,
        code => Denied::Unavailable(format!("the registry answers {code:?}")),
    }
}
