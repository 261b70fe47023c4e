//! Putting messages on disk at the broker: one by a publish of its own, several as one atomic batch (NATS ADR-50), all of
//! them or none. The last message of a batch is the one that commits it and is answered; the others are not, and an
//! error in one of them comes out at the commit. No `Nats-Msg-Id`: one duplicate would reject the whole batch.

use super::{Cause, connection::TIMEOUT};
use async_nats::{Client, HeaderMap, Request, connection::State, jetstream::ErrorCode};
use bytes::Bytes;
use serde::Deserialize;

/// The broker takes no more in one batch.
pub(super) const MOST_MESSAGES: usize = 1000;
/// More bytes than these go in several batches: the broker holds each in memory until its commit.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

const BATCH_ID: &str = "Nats-Batch-Id";
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const BATCH_COMMIT: &str = "Nats-Batch-Commit";
const EXPECTED_LAST: &str = "Nats-Expected-Last-Sequence";

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub subject: String,
    pub headers: HeaderMap,
    pub payload: Bytes,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Nothing was stored.
    #[error("not connected with the broker")]
    NotConnected,
    /// Nothing was stored: the stream's last sequence isn't what was expected.
    #[error("another last sequence than expected: {0}")]
    WrongLast(String),
    /// Nothing was stored.
    #[error("the broker refused: {description} ({code})")]
    Refused { code: u64, description: String },
    /// Nobody knows whether it was stored.
    #[error("the broker didn't confirm")]
    Unconfirmed(#[source] Cause),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Refusal { error: Refusal },
    Stored { seq: u64 },
}

#[derive(Deserialize)]
struct Refusal {
    err_code: u64,
    #[serde(default)]
    description: String,
}

/// Returns the sequence of the last message, once all are on disk. `expected_last` is that of the last message before.
/// At most `MOST_MESSAGES`, and at least one.
pub(super) async fn commit(client: &Client, messages: Vec<Message>, expected_last: Option<u64>) -> Result<u64, Error> {
    // Otherwise the client would keep it for later, when the caller has long given up.
    if client.connection_state() != State::Connected {
        return Err(Error::NotConnected);
    }
    tokio::time::timeout(TIMEOUT, send(client, messages, expected_last))
        .await
        .unwrap_or_else(|elapsed| Err(Error::Unconfirmed(elapsed.into())))
}

async fn send(client: &Client, mut messages: Vec<Message>, expected_last: Option<u64>) -> Result<u64, Error> {
    if let (Some(expected), Some(first)) = (expected_last, messages.first_mut()) {
        first.headers.insert(EXPECTED_LAST, expected.to_string());
    }
    let count = messages.len();
    if count > 1 {
        mark(client, &mut messages);
    }
    let Some(last) = messages.pop() else {
        return Err(Error::Unconfirmed("there is nothing to publish".into()));
    };
    for Message { subject, headers, payload } in messages {
        let published = client.publish_with_headers(subject, headers, payload).await;
        published.map_err(|error| Error::Unconfirmed(error.into()))?;
    }
    let request = Request::new().headers(last.headers).payload(last.payload).timeout(Some(TIMEOUT));
    let answer = client.send_request(last.subject, request).await;
    read(&answer.map_err(|error| Error::Unconfirmed(error.into()))?.payload)
}

fn mark(client: &Client, messages: &mut [Message]) {
    let inbox = client.new_inbox();
    let id = inbox.rsplit('.').next().unwrap_or(&inbox);
    for (sequence, message) in (1_u64..).zip(messages.iter_mut()) {
        message.headers.insert(BATCH_ID, id);
        message.headers.insert(BATCH_SEQUENCE, sequence.to_string());
    }
    if let Some(last) = messages.last_mut() {
        last.headers.insert(BATCH_COMMIT, "1");
    }
}

fn read(answer: &[u8]) -> Result<u64, Error> {
    match serde_json::from_slice(answer).map_err(|error| Error::Unconfirmed(error.into()))? {
        Answer::Stored { seq } => Ok(seq),
        Answer::Refusal { error } if error.err_code == ErrorCode::STREAM_WRONG_LAST_SEQUENCE.0 => {
            Err(Error::WrongLast(error.description))
        }
        Answer::Refusal { error } => Err(Error::Refused { code: error.err_code, description: error.description }),
    }
}
