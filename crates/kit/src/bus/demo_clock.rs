//! The bucket DEMO_CLOCK: by how much the demo's clock runs ahead of the machine's, in milliseconds. One key, written only
//! against the revision that was read, so that two who move the clock at once don't undo each other. It is there in a
//! demo only: the registry makes it. What the value means is the business of `kit::clock`.

use super::{Cause, Error};
use async_nats::jetstream::{
    self, ErrorCode,
    context::GetStreamErrorKind,
    kv::{self, Operation, UpdateErrorKind},
};
use futures::StreamExt as _;
use std::convert::Infallible;
use tokio::sync::watch;

const BUCKET: &str = "DEMO_CLOCK";
const STREAM: &str = "KV_DEMO_CLOCK";
const KEY: &str = "ahead_ms";

/// What the bucket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    pub millis: i64,
    /// 0: nothing was ever written.
    pub revision: u64,
}

#[derive(Clone)]
pub struct DemoClockBucket {
    context: jetstream::Context,
    reconnects: watch::Receiver<u64>,
}

impl DemoClockBucket {
    pub(super) fn new(context: jetstream::Context, reconnects: watch::Receiver<u64>) -> Self {
        Self { context, reconnects }
    }

    /// Makes the bucket if it isn't there. For the registry only.
    ///
    /// # Errors
    /// The broker can't be asked now.
    pub async fn ensure(&self) -> Result<(), Error> {
        if self.store().await?.is_some() {
            return Ok(());
        }
        let config = kv::Config { bucket: BUCKET.to_owned(), history: 1, ..kv::Config::default() };
        let made = self.context.create_key_value(config).await;
        made.map_err(|error| Error::unavailable("make the bucket of the demo's clock")(error.into()))?;
        Ok(())
    }

    /// `None`: there is no such bucket.
    ///
    /// # Errors
    /// The broker can't be asked now.
    pub async fn get(&self) -> Result<Option<Ahead>, Error> {
        let Some(store) = self.store().await? else {
            return Ok(None);
        };
        let entry = store.entry(KEY).await.map_err(|error| unavailable(error.into()))?;
        Ok(Some(match entry {
            Some(entry) => Ahead { millis: millis(&entry)?, revision: entry.revision },
            None => Ahead { millis: 0, revision: 0 },
        }))
    }

    /// Durable on return. `false`: somebody wrote after that revision, and nothing was written.
    ///
    /// # Errors
    /// The broker can't be asked now, or has no such bucket; perhaps it was written.
    pub async fn set(&self, ahead: Ahead) -> Result<bool, Error> {
        let store = self.store().await?.ok_or_else(|| unavailable("the bucket isn't there".into()))?;
        match store.update(KEY, ahead.millis.to_string().into(), ahead.revision).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => Ok(false),
            Err(error) => Err(unavailable(error.into())),
        }
    }

    /// Says what is there and each change, until something is in the way: then it is to be called again.
    ///
    /// # Errors
    /// Always, in the end: what was in the way.
    pub async fn watch(&mut self, mut say: impl FnMut(i64)) -> Result<Infallible, Error> {
        self.reconnects.borrow_and_update();
        let store = self.store().await?.ok_or_else(|| unavailable("the bucket isn't there".into()))?;
        let mut entries = store.watch_with_history(KEY).await.map_err(|error| unavailable(error.into()))?;
        // A bucket in which nothing was ever written says nothing by itself.
        if let Some(ahead) = self.get().await? {
            say(ahead.millis);
        }
        loop {
            let entry = tokio::select! {
                entry = entries.next() => entry.ok_or_else(|| unavailable("the watch ended".into()))?,
                _ = self.reconnects.changed() => return Err(unavailable("the connection was made anew".into())),
            };
            say(millis(&entry.map_err(|error| unavailable(error.into()))?)?);
        }
    }

    async fn store(&self) -> Result<Option<kv::Store>, Error> {
        // Asked for by its stream first: the library doesn't tell a missing bucket from a broker that is away.
        if let Err(error) = self.context.get_stream(STREAM).await {
            return match error.kind() {
                GetStreamErrorKind::JetStream(refusal) if refusal.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                    Ok(None)
                }
                _ => Err(unavailable(error.into())),
            };
        }
        self.context.get_key_value(BUCKET).await.map(Some).map_err(|error| unavailable(error.into()))
    }
}

fn unavailable(cause: Cause) -> Error {
    Error::unavailable("tell or keep the demo's clock")(cause)
}

fn millis(entry: &kv::Entry) -> Result<i64, Error> {
    if entry.operation != Operation::Put {
        return Ok(0);
    }
    let text = String::from_utf8_lossy(&entry.value);
    text.parse().map_err(|_| unavailable(format!("the bucket says {text:?}, and not how many milliseconds").into()))
}
