//! A visit to the broker, to look at it: what it is, whether its streams are as they must be, what a key may do. It reads
//! no message, and writes only where nobody reads.

use super::{
    Cause, Error, Topology, broker_time,
    connection::{BusConfig, addresses},
    role::PROBE,
    topology::Found,
};
use crate::{clock, http};
use async_nats::{Client, ConnectErrorKind, Event, jetstream};
use bytes::Bytes;
use futures::StreamExt as _;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::watch;

/// For the broker to let us in.
const ENTER: Duration = Duration::from_secs(10);
/// For an answer, or for the refusal in its place.
const ANSWER: Duration = Duration::from_secs(10);
/// A refusal that arrived before an answer is noted by another task. Only what isn't refused waits so long.
const NOTED: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum NotIn {
    #[error("the broker doesn't know this key")]
    Unknown,
    #[error("the broker can't be reached")]
    Unreachable(#[source] Cause),
}

/// What the broker says of itself when it is entered, and of what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerFacts {
    /// "2.15.1"
    pub version: String,
    pub jetstream: bool,
    /// Bytes of one message at most.
    pub max_payload: usize,
}

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreFacts {
    pub used: u64,
    /// `None`: the broker's own limit counts alone.
    pub limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub answered: Duration,
    pub kept: Duration,
}

pub struct Visit {
    client: Client,
    context: jetstream::Context,
    /// What was refused so far, in the broker's words.
    refusals: watch::Receiver<Vec<String>>,
}

impl Visit {
    /// # Errors
    /// Nobody answers there, or the key is none of those that the broker knows.
    pub async fn enter(config: &BusConfig) -> Result<Self, NotIn> {
        http::install_crypto();
        let unreachable = |cause: Cause| NotIn::Unreachable(cause);
        let (said, refusals) = watch::channel(Vec::new());
        let options = config.once().connection_timeout(ENTER).event_callback(move |event| {
            if let Event::ServerError(error) = event {
                said.send_modify(|refusals| refusals.push(error.to_string()));
            }
            std::future::ready(())
        });
        let addresses = addresses(&config.url).map_err(|error| unreachable(error.into()))?;
        let connecting = tokio::time::timeout(ENTER, options.connect(addresses)).await;
        let client = match connecting.map_err(|elapsed| unreachable(elapsed.into()))? {
            Ok(client) => client,
            Err(error) => {
                return Err(match error.kind() {
                    ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => NotIn::Unknown,
                    _ => unreachable(error.into()),
                });
            }
        };
        let mut context = jetstream::new(client.clone());
        context.set_timeout(ANSWER);
        Ok(Self { client, context, refusals })
    }

    pub fn broker(&self) -> BrokerFacts {
        let info = self.client.server_info();
        BrokerFacts { version: info.version, jetstream: info.jetstream, max_payload: info.max_payload }
    }

    /// # Errors
    /// The broker doesn't answer: it has no JetStream.
    pub async fn store(&self) -> Result<StoreFacts, Error> {
        let account = self.context.query_account().await;
        let account = account.map_err(|error| Error::unavailable("say what it holds")(error.into()))?;
        let limit = account.limits.max_storage.and_then(|most| u64::try_from(most).ok()).filter(|most| *most > 0);
        Ok(StoreFacts { used: account.storage, limit })
    }

    /// For a role that may ask about EVENTS.
    ///
    /// # Errors
    /// The broker doesn't answer, or has no EVENTS yet.
    pub async fn time(&self) -> Result<Timestamp, Error> {
        broker_time::ask(&self.context).await
    }

    /// How long an answer takes that needs no disk, and how long until the broker says that it keeps a message without
    /// content: so many times, in turn. For the doctor's role.
    ///
    /// # Errors
    /// The broker doesn't take it: the stream isn't there, or the key isn't the doctor's.
    pub async fn keeping(&self, times: usize) -> Result<Vec<Kept>, Error> {
        let unavailable = |cause: Cause| Error::unavailable("keep a message")(cause);
        let mut taken = Vec::with_capacity(times);
        for _ in 0..times {
            let begun = clock::monotonic();
            self.context.query_account().await.map_err(|error| unavailable(error.into()))?;
            let answered = begun.elapsed();
            let sent = self.context.publish(PROBE, Bytes::new()).await.map_err(|error| unavailable(error.into()))?;
            sent.await.map_err(|error| unavailable(error.into()))?;
            taken.push(Kept { answered, kept: begun.elapsed() - answered });
        }
        Ok(taken)
    }

    /// Each stream and bucket that the registry makes, beside what it must be. For a role that may ask.
    ///
    /// # Errors
    /// The broker doesn't answer.
    pub async fn streams(&self) -> Result<Vec<(String, Found)>, Error> {
        Topology::new(self.context.clone()).compare().await
    }

    /// Whether an empty message may be published on a subject. Only for subjects on which it does no harm if it may.
    ///
    /// # Errors
    /// The broker neither answers nor refuses.
    pub async fn may_publish(&self, subject: &str) -> Result<bool, Error> {
        let unavailable = |cause: Cause| Error::unavailable("be asked what a key may do")(cause);
        let inbox = self.client.new_inbox();
        let mut answers = self.client.subscribe(inbox.clone()).await.map_err(|error| unavailable(error.into()))?;
        let asked = self.client.publish_with_reply(subject.to_owned(), inbox, Bytes::new()).await;
        asked.map_err(|error| unavailable(error.into()))?;
        tokio::select! {
            // Also "no responders" is an answer: it went through.
            Some(_) = answers.next() => Ok(true),
            () = self.refused(subject) => Ok(false),
            () = tokio::time::sleep(ANSWER) => Err(unavailable("it neither answers nor refuses".into())),
        }
    }

    /// Whether one may listen to a subject. What is heard is thrown away.
    ///
    /// # Errors
    /// The broker doesn't answer.
    pub async fn may_subscribe(&self, subject: &str) -> Result<bool, Error> {
        let unavailable = |cause: Cause| Error::unavailable("be asked what a key may do")(cause);
        let heard = self.client.subscribe(subject.to_owned()).await.map_err(|error| unavailable(error.into()))?;
        // What is answered after it tells that it was looked at.
        self.client.flush().await.map_err(|error| unavailable(error.into()))?;
        self.may_publish("$JS.API.INFO").await?;
        let refused = tokio::time::timeout(NOTED, self.refused(subject)).await.is_ok();
        drop(heard);
        Ok(!refused)
    }

    async fn refused(&self, subject: &str) {
        let named = format!("\"{subject}\"");
        let of_it = |refusals: &Vec<String>| refusals.iter().any(|refusal| refusal.contains(&named));
        // Its sender lives as long as the connection.
        if self.refusals.clone().wait_for(of_it).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
