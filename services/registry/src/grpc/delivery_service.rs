//! The ledger's side that the notifier calls.

use super::status;
use crate::{
    translate::text_sha256,
    writer::{Request as Write, Writer},
};
use segnalalo_domain::{
    desk::{BeginAttempt, Command},
    id::{CauseId, ConversationId, ReplyId},
    rejection::Rejection,
};
use segnalalo_proto::{
    registry::v1::{self as wire, delivery_service_server::DeliveryService},
    sealed,
};
use tonic::{Request, Response, Status};

pub struct Delivery {
    pub writer: Writer,
}

#[tonic::async_trait]
impl DeliveryService for Delivery {
    async fn begin_attempt(
        &self,
        request: Request<wire::BeginAttemptRequest>,
    ) -> Result<Response<wire::BeginAttemptResponse>, Status> {
        let request = self.read(request.into_inner()).map_err(|rejection| status::rejected(&rejection))?;
        let receipt = self.writer.execute(request).await.map_err(|error| status::failed(&error))?;
        Ok(Response::new(wire::BeginAttemptResponse { position: receipt.position }))
    }
}

impl Delivery {
    fn read(&self, begin: wire::BeginAttemptRequest) -> Result<Write, Rejection> {
        let conversation =
            ConversationId::from_slice(&begin.conversation_id).ok_or(Rejection::Missing("conversation_id"))?;
        let reply = ReplyId::from_slice(&begin.reply_id).ok_or(Rejection::Missing("reply_id"))?;
        if begin.caller_id.len() != 16 {
            return Err(Rejection::Missing("caller_id"));
        }
        let content = begin.content.ok_or(Rejection::Missing("content"))?;
        let person =
            self.writer.read(|world| world.desk.conversations.get(&conversation).and_then(|state| state.person));
        Ok(Write {
            cause: CauseId::derived(&[b"attempt", &reply.0, &begin.attempt.to_be_bytes(), &begin.caller_id]),
            command: Command::BeginAttempt(BeginAttempt {
                conversation,
                reply,
                attempt: begin.attempt,
                text_sha256: text_sha256(&content.text),
                sealed: sealed::seal(person, &content),
            }),
            occurred_at: None,
            trace_parent: begin.trace_parent,
        })
    }
}
