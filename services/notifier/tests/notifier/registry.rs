//! As much of a registry as the notifier needs: it writes the log, keeps the ledger, and turns what it is told into
//! events. It decides nothing.

use super::broker::Broker;
use async_trait::async_trait;
use jiff::Timestamp;
use prost::Message as _;
use segnalalo_domain::{
    event::{
        Event, Recorded, Stream,
        conversation::{DropReason, Event as Said, Proof},
    },
    id::{CauseId, ConversationId, EventId, ReplyId},
    words::Actor,
};
use segnalalo_kit::{
    bus::{self, BatchHandler, Bus, Delivery, Outcome, WorkQueueConfig},
    clock::{Clock as _, SystemClock},
    shutdown::Shutdown,
};
use segnalalo_proto::{
    observation::v1::{Observed, SendOutcome, observed::Observation, send_outcome},
    record,
    registry::v1::{
        BeginAttemptRequest, BeginAttemptResponse,
        delivery_service_server::{DeliveryService, DeliveryServiceServer},
    },
    sealed, subject_of, time,
};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Mutex};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

#[derive(Clone)]
pub struct Registry {
    log: Arc<Mutex<Log>>,
    pub url: String,
    shutdown: Shutdown,
}

struct Log {
    bus: Bus,
    last: u64,
    hash: [u8; 32],
    /// Attempts begun, of all replies.
    begun: Vec<(ReplyId, u32)>,
    told: Vec<SendOutcome>,
    /// Outcomes are heard, but don't become events.
    deaf: bool,
}

impl Registry {
    pub async fn start(broker: &Broker) -> Self {
        let bus = broker.connect("registry").await;
        while bus.topology().ensure().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let queue = bus.work_queue(bus::Stream::Observed, WorkQueueConfig::new(bus::CONSUMER));
        let log = Log { bus, last: 0, hash: record::NO_PREVIOUS, begun: Vec::new(), told: Vec::new(), deaf: false };
        let registry = Self { log: Arc::new(Mutex::new(log)), url, shutdown: Shutdown::new() };
        let (handler, token) = (registry.clone(), registry.shutdown.clone());
        tokio::spawn(async move { queue.run(handler, token).await });
        let service = DeliveryServiceServer::new(registry.clone());
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        registry
    }

    pub async fn append(&self, conversation: ConversationId, event: Said) {
        self.log.lock().await.append(conversation, event).await;
    }

    pub async fn begun(&self) -> Vec<(ReplyId, u32)> {
        self.log.lock().await.begun.clone()
    }

    pub async fn told(&self) -> Vec<SendOutcome> {
        self.log.lock().await.told.clone()
    }

    pub async fn is_deaf(&self, deaf: bool) {
        self.log.lock().await.deaf = deaf;
    }

    pub fn stop(&self) {
        self.shutdown.cancel();
    }
}

impl Log {
    async fn append(&mut self, conversation: ConversationId, event: Said) {
        let now = SystemClock.now();
        let recorded = Recorded {
            position: self.last + 1,
            stream: Stream::Conversation(conversation),
            version: self.last + 1,
            event_id: EventId([0; 16]),
            cause: CauseId([1; 16]),
            correlation: conversation.0,
            actor: Actor::rule("test"),
            occurred_at: now,
            recorded_at: now,
            trace_parent: String::new(),
            event: Event::Conversation(event),
        };
        let bytes = record::encode(&self.hash, &recorded);
        self.hash = record::hash(&bytes);
        let message = (subject_of(&recorded.event), bytes.into());
        self.bus.events_log().append(self.last, &[message]).await.unwrap();
        self.last += 1;
    }

    async fn hear(&mut self, told: SendOutcome) {
        self.told.push(told.clone());
        if self.deaf {
            return;
        }
        let reply = ReplyId::from_slice(&told.reply_id).unwrap();
        let attempt = told.attempt;
        let event = match told.outcome.unwrap() {
            send_outcome::Outcome::Accepted(accepted) => Said::SendAccepted {
                reply,
                attempt,
                sent_message: None,
                proof: Proof::from_code(&accepted.proof).unwrap(),
                sealed: sealed::seal(None, &segnalalo_proto::common::v1::PersonalContent::default()),
            },
            send_outcome::Outcome::Refused(refused) => Said::SendRefused {
                reply,
                attempt,
                code: refused.code,
                detail: refused.detail,
                last: refused.r#final,
                retry_at: refused.retry_at.as_ref().and_then(time::from_wire).or(Some(Timestamp::UNIX_EPOCH)),
            },
            send_outcome::Outcome::Unknown(unknown) => Said::SendUnknown { reply, attempt, detail: unknown.detail },
            send_outcome::Outcome::Held(held) => Said::ReplyHeld { reply, code: held.code, detail: held.detail },
            send_outcome::Outcome::Erased(_) => Said::ReplyDropped { reply, reason: DropReason::Erased },
        };
        self.append(ConversationId::from_slice(&told.conversation_id).unwrap(), event).await;
    }
}

#[async_trait]
impl BatchHandler for Registry {
    async fn handle(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        for delivery in &batch {
            if let Some(Observation::SendOutcome(told)) = Observed::decode(&*delivery.payload).unwrap().observation {
                self.log.lock().await.hear(told).await;
            }
        }
        batch.iter().map(|_| Outcome::Done).collect()
    }
}

#[async_trait]
impl DeliveryService for Registry {
    async fn begin_attempt(
        &self,
        request: Request<BeginAttemptRequest>,
    ) -> Result<Response<BeginAttemptResponse>, Status> {
        let begin = request.into_inner();
        let reply = ReplyId::from_slice(&begin.reply_id).unwrap();
        let conversation = ConversationId::from_slice(&begin.conversation_id).unwrap();
        let mut log = self.log.lock().await;
        let last = log.begun.iter().filter(|(known, _)| *known == reply).map(|(_, attempt)| *attempt).max();
        if begin.attempt != last.unwrap_or_default() + 1 {
            return Err(Status::aborted("ATTEMPT_OUT_OF_ORDER"));
        }
        log.begun.push((reply, begin.attempt));
        let attempted = Said::SendAttempted {
            reply,
            attempt: begin.attempt,
            text_sha256: begin.text_sha256.try_into().unwrap(),
            sealed: sealed::seal(None, &begin.content.unwrap()),
        };
        log.append(conversation, attempted).await;
        Ok(Response::new(BeginAttemptResponse { position: log.last }))
    }
}
