//! EVENTS as its only writer uses it: appended at an expected position, so that sequence and position are one number and
//! a second writer is fenced off; read back one by one, to compare.

use super::{
    Cause, Error, Stream,
    commit::{self, MOST_BYTES, MOST_MESSAGES, Message},
};
use async_nats::{
    HeaderMap,
    jetstream::{self, stream::DirectGetErrorKind},
};
use bytes::Bytes;

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing was appended: EVENTS stands elsewhere.
    #[error("EVENTS ends at {actual}, not where the append expected")]
    WrongLast { actual: u64 },
    /// Perhaps it was appended, perhaps not: ask `last` before the next append.
    #[error("EVENTS can't be written now")]
    Unavailable(#[source] Error),
}

pub struct EventsLog {
    context: jetstream::Context,
}

impl EventsLog {
    pub(super) fn new(context: jetstream::Context) -> Self {
        Self { context }
    }

    /// Position and bytes of the last record; `None` when there is none.
    pub async fn last(&self) -> Result<Option<(u64, Bytes)>, Error> {
        let position = self.last_position().await?;
        if position == 0 {
            return Ok(None);
        }
        let record = self.get(position).await?.ok_or_else(|| Error::Drift {
            what: "stream EVENTS".to_owned(),
            differences: vec![format!("its last record, {position}, isn't there")],
        })?;
        Ok(Some((position, record)))
    }

    /// `None` when there is no record at this position.
    pub async fn get(&self, position: u64) -> Result<Option<Bytes>, Error> {
        let unavailable = Error::unavailable("give a record of EVENTS");
        let stream = match self.context.get_stream_no_info(Stream::Events.name()).await {
            Ok(stream) => stream,
            Err(error) => return Err(unavailable(error.into())),
        };
        match stream.direct_get(position).await {
            Ok(message) => Ok(Some(message.payload)),
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable(error.into())),
        }
    }

    /// Appends subjects and records, durable on return, if `expected_last` is the position of the last record. All or
    /// none when they are at most 1000 and 4 MB; otherwise in parts, one after the other.
    pub async fn append(&self, expected_last: u64, records: &[(String, Bytes)]) -> Result<(), AppendError> {
        let mut last = expected_last;
        let mut rest = records;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(fitting(rest));
            self.append_part(last, part).await?;
            last += part.len() as u64;
            rest = after;
        }
        Ok(())
    }

    async fn append_part(&self, expected_last: u64, records: &[(String, Bytes)]) -> Result<(), AppendError> {
        let message = |(subject, record): &(String, Bytes)| Message {
            subject: subject.clone(),
            headers: HeaderMap::new(),
            payload: record.clone(),
        };
        let messages = records.iter().map(message).collect();
        let position = expected_last + records.len() as u64;
        match commit::commit(&self.context.client(), messages, Some(expected_last)).await {
            Ok(stored) if stored == position => Ok(()),
            Ok(stored) => Err(AppendError::WrongLast { actual: stored }),
            Err(commit::Error::WrongLast(description)) => Err(self.wrong_last(&description).await),
            Err(error) => Err(unavailable(error.into())),
        }
    }

    /// The broker says "wrong last sequence: 5"; in a batch it may leave the number out.
    async fn wrong_last(&self, description: &str) -> AppendError {
        let said = description.rsplit(' ').next().and_then(|number| number.parse().ok());
        if let Some(actual) = said {
            return AppendError::WrongLast { actual };
        }
        match self.last_position().await {
            Ok(actual) => AppendError::WrongLast { actual },
            Err(error) => AppendError::Unavailable(error),
        }
    }

    async fn last_position(&self) -> Result<u64, Error> {
        let stream = self.context.get_stream(Stream::Events.name()).await;
        let stream = stream.map_err(|error| Error::unavailable("tell about EVENTS")(error.into()))?;
        Ok(stream.cached_info().state.last_sequence)
    }
}

fn unavailable(cause: Cause) -> AppendError {
    AppendError::Unavailable(Error::unavailable("append to EVENTS")(cause))
}

/// How many of the first go in one batch.
fn fitting(records: &[(String, Bytes)]) -> usize {
    let mut bytes = 0;
    let fits = |(_, record): &&(String, Bytes)| {
        bytes += record.len();
        bytes <= MOST_BYTES
    };
    records.iter().take(MOST_MESSAGES).take_while(fits).count().max(1)
}
