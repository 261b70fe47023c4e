//! The bucket KEYS: a key-value bucket of the broker as every NATS tool knows it (stream KV_KEYS, one value a key), written
//! by the registry alone and in atomic batches. It knows nothing of what is in a value.

use super::{
    Cause, Error,
    commit::{self, MOST_MESSAGES, Message},
};
use async_nats::{
    HeaderMap,
    jetstream::{
        self,
        consumer::{DeliverPolicy, pull},
        stream::DirectGetErrorKind,
    },
};
use bytes::Bytes;
use futures::StreamExt as _;

pub(super) const STREAM: &str = "KV_KEYS";
pub(super) const PREFIX: &str = "$KV.KEYS.";
/// The headers by which buckets tell that a key was taken out.
const OPERATION: &str = "KV-Operation";
const PURGED: &str = "PURGE";

/// What the bucket says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEntry {
    Value(Bytes),
    /// It was there, or would have been, and was taken out.
    Gone,
}

#[derive(Clone)]
pub struct KeyBucket {
    context: jetstream::Context,
}

impl KeyBucket {
    pub(super) fn new(context: jetstream::Context) -> Self {
        Self { context }
    }

    /// `None`: the bucket never heard of it, or isn't there.
    ///
    /// # Errors
    /// The broker can't be asked now.
    pub async fn get(&self, name: &str) -> Result<Option<KeyEntry>, Error> {
        let unavailable = Error::unavailable("give a key");
        let stream = match self.context.get_stream_no_info(STREAM).await {
            Ok(stream) => stream,
            Err(error) => return Err(unavailable(error.into())),
        };
        match stream.direct_get_last_for_subject(format!("{PREFIX}{name}")).await {
            Ok(message) => Ok(Some(entry(&message.headers, message.payload))),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(error.into())),
        }
    }

    /// Durable on return; each thousand all or none. For the registry only.
    ///
    /// # Errors
    /// Some may be there: putting all of them again is right.
    pub async fn put(&self, entries: Vec<(String, KeyEntry)>) -> Result<(), Error> {
        let mut messages = entries.into_iter().map(|(name, entry)| message(&name, entry)).peekable();
        while messages.peek().is_some() {
            let part = messages.by_ref().take(MOST_MESSAGES).collect();
            let stored = commit::commit(&self.context.client(), part, None).await;
            stored.map_err(|error| Error::unavailable("keep keys")(error.into()))?;
        }
        Ok(())
    }

    /// Shows every key. For the registry only.
    ///
    /// # Errors
    /// The broker can't be asked now.
    pub async fn each(&self, mut look: impl FnMut(&str, KeyEntry)) -> Result<(), Error> {
        self.read(&mut look).await.map_err(Error::unavailable("show its keys"))
    }

    async fn read(&self, look: &mut impl FnMut(&str, KeyEntry)) -> Result<(), Cause> {
        let stream = self.context.get_stream(STREAM).await?;
        let mut left = stream.cached_info().state.messages;
        if left == 0 {
            return Ok(());
        }
        let config = pull::OrderedConfig { deliver_policy: DeliverPolicy::All, ..pull::OrderedConfig::default() };
        let mut messages = stream.create_consumer(config).await?.messages().await?;
        while left > 0 {
            let message = messages.next().await.ok_or("the reading of KEYS ended")??;
            left = message.info().map_err(|error| error.to_string())?.pending;
            let headers = message.headers.clone().unwrap_or_default();
            if let Some(name) = message.subject.strip_prefix(PREFIX) {
                look(name, entry(&headers, message.payload.clone()));
            }
        }
        Ok(())
    }
}

fn entry(headers: &HeaderMap, payload: Bytes) -> KeyEntry {
    match headers.get(OPERATION) {
        Some(_) => KeyEntry::Gone,
        None => KeyEntry::Value(payload),
    }
}

fn message(name: &str, entry: KeyEntry) -> Message {
    let mut headers = HeaderMap::new();
    let payload = match entry {
        KeyEntry::Value(bytes) => bytes,
        KeyEntry::Gone => {
            headers.insert(OPERATION, PURGED);
            Bytes::new()
        }
    };
    Message { subject: format!("{PREFIX}{name}"), headers, payload }
}
