//! The ledger's side that the notifier calls.

use super::status;
use crate::{
    published::Published,
    translate::text_sha256,
    world::World,
    writer::{Receipt, Request as Write, Writer},
};
use segnalalo_domain::{
    conversation::ReplyStatus,
    desk::{BeginAttempt, Command},
    id::{CauseId, ConversationId, ReplyId},
    rejection::Rejection,
};
use segnalalo_kit::fault;
use segnalalo_proto::{
    registry::v1::{self as wire, delivery_service_server::DeliveryService},
    sealed,
};
use std::time::Duration;
use tonic::{Request, Response, Status};

/// How long a caller waits for EVENTS: he asks again for the same attempt.
const PATIENCE: Duration = Duration::from_secs(8);

pub struct Delivery {
    pub writer: Writer,
    pub published: Published,
}

#[tonic::async_trait]
impl DeliveryService for Delivery {
    async fn begin_attempt(
        &self,
        request: Request<wire::BeginAttemptRequest>,
    ) -> Result<Response<wire::BeginAttemptResponse>, Status> {
        let read = self.writer.read(|world| read(request.into_inner(), world));
        let request = read.map_err(|rejection| status::rejected(&rejection))?;
        let command = request.command.clone();
        let receipt = self.writer.execute(request).await.map_err(|error| status::failed(&error))?;
        let answered = self.writer.read(|world| answer(receipt, &command, world));
        let answered = answered.map_err(|rejection| status::rejected(&rejection))?;
        // A log that loses its tail must not lose an attempt whose POST has left.
        match tokio::time::timeout(PATIENCE, self.published.reach(receipt.position)).await {
            Ok(true) => {}
            _ => return Err(Status::unavailable("EVENTS doesn't have the attempt yet: ask again")),
        }
        fault::point("attempt.before-answer");
        Ok(Response::new(answered))
    }
}

/// What the caller may do now.
///
/// # Errors
/// Asked again late: what was begun then has an outcome by now, and nothing may leave any more.
pub fn answer(receipt: Receipt, command: &Command, world: &World) -> Result<wire::BeginAttemptResponse, Rejection> {
    if receipt.repeated && !runs(command, world) {
        return Err(Rejection::ReplySettled("the attempt is over".to_owned()));
    }
    Ok(wire::BeginAttemptResponse { position: receipt.position })
}

/// Whether the attempt is the one on its way.
fn runs(command: &Command, world: &World) -> bool {
    let Command::BeginAttempt(begin) = command else {
        return false;
    };
    let conversation = world.desk.conversations.get(&begin.conversation);
    conversation
        .and_then(|conversation| conversation.replies.get(&begin.reply))
        .is_some_and(|reply| reply.status == ReplyStatus::InFlight && reply.attempts == begin.attempt)
}

/// What the writer is asked for.
///
/// # Errors
/// The field that is missing.
pub fn read(begin: wire::BeginAttemptRequest, world: &World) -> Result<Write, Rejection> {
    let conversation =
        ConversationId::from_slice(&begin.conversation_id).ok_or(Rejection::Missing("conversation_id"))?;
    let reply = ReplyId::from_slice(&begin.reply_id).ok_or(Rejection::Missing("reply_id"))?;
    if begin.caller_id.len() != 16 {
        return Err(Rejection::Missing("caller_id"));
    }
    let content = begin.content.ok_or(Rejection::Missing("content"))?;
    let person = world.desk.conversations.get(&conversation).and_then(|state| state.person);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Batch, Journal as _, Memory},
        register::Registrar,
        world::World,
        writer::Rules,
    };
    use segnalalo_domain::{
        Timestamp, calendar,
        desk::{Outcome, ReceiveMessage, RecordOutcome},
        event::conversation::GivenUp,
        id::MessageId,
        sealed::{Scheme, Sealed},
        words::{Channel, ContentType},
    };
    use segnalalo_kit::{city::Offices, clock::SystemClock};
    use segnalalo_proto::common::v1::PersonalContent;
    use segnalalo_proto::sealed::NoKeys;
    use std::{
        path::Path,
        sync::{Arc, RwLock},
    };
    use tonic::Code;

    const CONVERSATION: ConversationId = ConversationId([1; 16]);
    const MESSAGE: MessageId = MessageId([2; 16]);

    fn writer() -> Writer {
        let mut journal = Memory::default();
        journal.append(&[Batch::opening([7; 16], Timestamp::UNIX_EPOCH)]).unwrap();
        let world = World::replay(&*journal.reader(), &NoKeys, |_| {}).unwrap();
        let city = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/biella"));
        let offices = Arc::new(Offices::load(city).unwrap());
        let registrar = Arc::new(Registrar::load(city).unwrap());
        let rules = Rules {
            calendar: calendar::article(),
            offices,
            registrar,
            clock: Arc::new(SystemClock),
            keyring: None,
            blobs: None,
        };
        Writer::start(Box::new(journal), Arc::new(RwLock::new(world)), rules).0
    }

    async fn execute(writer: &Writer, cause: u8, command: Command) {
        let cause = CauseId([cause; 16]);
        writer.execute(Write { cause, command, occurred_at: None, trace_parent: String::new() }).await.unwrap();
    }

    /// A message that nobody concluded on: its receipt is owed.
    async fn owed(writer: &Writer) -> ReplyId {
        let received = ReceiveMessage {
            conversations: vec![CONVERSATION],
            message: MESSAGE,
            channel: Channel::Whatsapp,
            person: None,
            addressed: true,
            content_type: ContentType::Text,
            attachments: 0,
            has_text: true,
            quoted: None,
            sealed: Sealed { scheme: Scheme::Plain, person: None, payload: Vec::new() },
        };
        execute(writer, 3, Command::ReceiveMessage(received)).await;
        let (conversation, message, reason) = (CONVERSATION, MESSAGE, GivenUp::TimedOut);
        execute(writer, 4, Command::GiveUpOnTriage { conversation, message, reason }).await;
        writer.read(|world| *world.desk.replies.keys().next().unwrap())
    }

    #[tokio::test]
    async fn an_attempt_that_is_asked_for_again_may_leave_only_while_it_has_no_outcome() {
        let writer = writer();
        let reply = owed(&writer).await;
        let (_relay, published) = Published::channel(u64::MAX);
        let service = Delivery { writer: writer.clone(), published };
        let begin = || {
            Request::new(wire::BeginAttemptRequest {
                conversation_id: CONVERSATION.to_vec(),
                reply_id: reply.to_vec(),
                attempt: 1,
                content: Some(PersonalContent::default()),
                caller_id: vec![9; 16],
                ..wire::BeginAttemptRequest::default()
            })
        };
        let first = service.begin_attempt(begin()).await.unwrap().into_inner().position;
        assert_eq!(service.begin_attempt(begin()).await.unwrap().into_inner().position, first, "the answer got lost");
        let outcome = Outcome::Unknown { detail: String::new() };
        let unknown = RecordOutcome { conversation: CONVERSATION, reply, attempt: 1, outcome };
        execute(&writer, 5, Command::RecordOutcome(unknown)).await;
        let late = service.begin_attempt(begin()).await.unwrap_err();
        assert_eq!(late.code(), Code::FailedPrecondition);
    }
}
