//! What time the broker has, for guards against a clock that was set wrong. It stands in each answer about a stream, which
//! every process may ask for.

use super::{Bus, Error, Stream};
use async_nats::jetstream;
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Answer {
    /// When the broker answered.
    ts: Option<Timestamp>,
}

impl Bus {
    /// # Errors
    /// The broker can't be asked now, or has no EVENTS yet.
    pub async fn broker_time(&self) -> Result<Timestamp, Error> {
        ask(&self.context()).await
    }
}

pub(super) async fn ask(context: &jetstream::Context) -> Result<Timestamp, Error> {
    let unavailable = Error::unavailable("say what time it is");
    match context.request(format!("STREAM.INFO.{}", Stream::Events.name()), &()).await {
        Ok(Answer { ts: Some(at) }) => Ok(at),
        Ok(Answer { ts: None }) => Err(unavailable("its answer has no time: is EVENTS there?".into())),
        Err(error) => Err(unavailable(error.into())),
    }
}
