//! The streams and the durable consumers, as the registry makes them. What is missing is created, what is right is left
//! alone, and what differs is an error that says how: nothing is changed or deleted behind an operator's back.

use super::{Cause, Error, Stream, key_bucket, role};
use async_nats::jetstream::{
    self, ErrorCode,
    consumer::{AckPolicy, DeliverPolicy, FromConsumer as _, IntoConsumerConfig as _, pull},
    context::GetStreamErrorKind,
    stream::{Config, ConsumerError, ConsumerErrorKind, DiscardPolicy, RetentionPolicy, StorageType},
};
use std::{fmt::Debug, time::Duration};

/// The registry's consumer on INBOUND and OBSERVED. A new configuration gets a new name: two versions may run in turn.
pub const CONSUMER: &str = "registry-v1";

const MIB: i64 = 1024 * 1024;
const LARGEST_MESSAGE: i32 = 8 * 1024 * 1024;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// After this long without a word the message is delivered again.
pub(super) const ACK_WAIT: Duration = Duration::from_secs(30);
/// Those that wait for another try stand in it too.
const MOST_UNACKNOWLEDGED: i64 = 4096;

/// What the broker sets where none is said. We send no message ids, so nothing hangs on it.
const DUPLICATES: Duration = Duration::from_secs(120);

/// A stream, as it stands on the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Right,
    /// The registry makes it when it starts.
    Missing,
    /// In words: what differs, and from what.
    Different(Vec<String>),
}

pub struct Topology {
    context: jetstream::Context,
}

impl Topology {
    pub(super) fn new(context: jetstream::Context) -> Self {
        Self { context }
    }

    /// # Errors
    /// `Unavailable` may pass; `Drift` is for a person.
    pub async fn ensure(&self) -> Result<(), Error> {
        for stream in Stream::ALL {
            self.ensure_stream(&stream_config(stream)).await?;
        }
        self.ensure_stream(&keys_config()).await?;
        for stream in [Stream::Inbound, Stream::Observed] {
            self.ensure_consumer(stream).await?;
        }
        // Only the doctor needs it: a broker whose rights are older than it is no reason not to start.
        if let Err(error) = self.ensure_stream(&probe_config()).await {
            tracing::warn!(%error, "the doctor can't measure this broker: give it the rights that `prepare` writes");
        }
        Ok(())
    }

    /// The durable consumers, made anew. What isn't acknowledged then comes first and in order, and at once: otherwise what
    /// a killed process had in hand would come back only after `ACK_WAIT`, behind newer messages.
    ///
    /// # Errors
    /// `Unavailable` may pass.
    pub async fn renew_consumers(&self) -> Result<(), Error> {
        for stream in [Stream::Inbound, Stream::Observed] {
            match self.context.delete_consumer_from_stream(CONSUMER, stream.name()).await {
                Ok(_) => {}
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(Error::unavailable("forget a consumer")(error.into())),
            }
            self.ensure_consumer(stream).await?;
        }
        Ok(())
    }

    /// How many messages a stream holds: in a work queue, what isn't handled yet.
    ///
    /// # Errors
    /// `Unavailable` may pass.
    pub async fn messages(&self, stream: Stream) -> Result<u64, Error> {
        let found = self.context.get_stream(stream.name()).await;
        let found = found.map_err(|error| Error::unavailable("show a stream")(error.into()))?;
        Ok(found.cached_info().state.messages)
    }

    /// What stands on the broker beside what must: streams and buckets. Nothing is made or changed.
    ///
    /// # Errors
    /// `Unavailable` may pass.
    pub async fn compare(&self) -> Result<Vec<(String, Found)>, Error> {
        let wanted = Stream::ALL.map(stream_config).into_iter().chain([keys_config(), probe_config()]);
        let mut compared = Vec::new();
        for wanted in wanted {
            let found = match self.found(&wanted.name).await? {
                None => Found::Missing,
                Some(found) => {
                    let mut differences = Differences(stream_differences(&wanted, &found));
                    differences.note("num_replicas", &wanted.num_replicas, &found.num_replicas);
                    differences.note("duplicate_window", &DUPLICATES, &found.duplicate_window);
                    if differences.0.is_empty() { Found::Right } else { Found::Different(differences.0) }
                }
            };
            compared.push((wanted.name, found));
        }
        Ok(compared)
    }

    async fn found(&self, name: &str) -> Result<Option<Config>, Error> {
        match self.context.get_stream(name).await {
            Ok(stream) => Ok(Some(stream.cached_info().config.clone())),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(refusal) if refusal.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                    Ok(None)
                }
                _ => Err(Error::unavailable("show a stream")(error.into())),
            },
        }
    }

    async fn ensure_stream(&self, wanted: &Config) -> Result<(), Error> {
        let Some(found) = self.found(&wanted.name).await? else {
            return self.create_stream(wanted).await;
        };
        drift(format!("stream {}", wanted.name), stream_differences(wanted, &found))
    }

    async fn create_stream(&self, wanted: &Config) -> Result<(), Error> {
        tracing::info!(stream = wanted.name, "created on the broker");
        let created = self.context.create_stream(wanted).await;
        created.map_err(|error| Error::unavailable("create a stream")(error.into()))?;
        Ok(())
    }

    async fn ensure_consumer(&self, stream: Stream) -> Result<(), Error> {
        let unavailable = |cause: Cause| Error::unavailable("create a consumer")(cause);
        let wanted = consumer_config();
        // The strict call creates, and finds an equal one; what differs is refused.
        match self.context.create_consumer_strict_on_stream(wanted.clone(), stream.name()).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let found = self.context.get_consumer_from_stream::<pull::Config, _, _>(CONSUMER, stream.name()).await;
                let mut found = found.map_err(|_| unavailable(error.into()))?;
                let info = found.info().await.map_err(|error| unavailable(error.into()))?.clone();
                let found = pull::Config::try_from_consumer_config(info.config).map_err(unavailable)?;
                let what = format!("consumer {CONSUMER} on {}", stream.name());
                drift(what, consumer_differences(wanted, found))
            }
        }
    }
}

fn is_missing(error: &ConsumerError) -> bool {
    matches!(error.kind(), ConsumerErrorKind::JetStream(refusal) if refusal.error_code() == ErrorCode::CONSUMER_NOT_FOUND)
}

fn stream_config(stream: Stream) -> Config {
    let config = Config {
        name: stream.name().to_owned(),
        subjects: vec![format!("{}>", stream.prefix())],
        storage: StorageType::File,
        num_replicas: 1,
        allow_atomic_publish: true,
        ..Config::default()
    };
    let queue = Config {
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        max_message_size: LARGEST_MESSAGE,
        max_bytes: 1024 * MIB,
        ..config.clone()
    };
    match stream {
        Stream::Inbound => queue,
        Stream::Observed => Config { max_bytes: 512 * MIB, ..queue },
        Stream::Events => Config {
            retention: RetentionPolicy::Limits,
            deny_delete: true,
            deny_purge: true,
            allow_direct: true,
            ..config
        },
        Stream::Dead => Config {
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            max_age: 30 * DAY,
            max_bytes: 512 * MIB,
            allow_direct: true,
            ..config
        },
    }
}

/// A bucket as NATS tools know it, with batches: one value a key, and none expires.
fn keys_config() -> Config {
    Config {
        name: key_bucket::STREAM.to_owned(),
        subjects: vec![format!("{}>", key_bucket::PREFIX)],
        storage: StorageType::File,
        num_replicas: 1,
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        allow_atomic_publish: true,
        ..Config::default()
    }
}

/// One message, without content, that the next one replaces.
fn probe_config() -> Config {
    Config {
        name: "PROBE".to_owned(),
        subjects: vec![role::PROBE.to_owned()],
        storage: StorageType::File,
        num_replicas: 1,
        max_messages: 1,
        discard: DiscardPolicy::Old,
        max_age: DAY,
        max_bytes: MIB,
        ..Config::default()
    }
}

fn consumer_config() -> pull::Config {
    pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_deliver: -1,
        max_ack_pending: MOST_UNACKNOWLEDGED,
        ..pull::Config::default()
    }
}

fn stream_differences(wanted: &Config, found: &Config) -> Vec<String> {
    // The broker says -1 where "no limit" was said with 0.
    let limit = |value: i64| value.max(0);
    let mut differences = Differences::default();
    differences.note("subjects", &wanted.subjects, &found.subjects);
    differences.note("retention", &wanted.retention, &found.retention);
    differences.note("storage", &wanted.storage, &found.storage);
    differences.note("discard", &wanted.discard, &found.discard);
    differences.note("max_bytes", &limit(wanted.max_bytes), &limit(found.max_bytes));
    differences.note("max_msgs", &limit(wanted.max_messages), &limit(found.max_messages));
    differences.note(
        "max_msgs_per_subject",
        &limit(wanted.max_messages_per_subject),
        &limit(found.max_messages_per_subject),
    );
    differences.note("max_msg_size", &limit(wanted.max_message_size.into()), &limit(found.max_message_size.into()));
    differences.note("max_age", &wanted.max_age, &found.max_age);
    differences.note("deny_delete", &wanted.deny_delete, &found.deny_delete);
    differences.note("deny_purge", &wanted.deny_purge, &found.deny_purge);
    differences.note("allow_direct", &wanted.allow_direct, &found.allow_direct);
    differences.note("allow_atomic", &wanted.allow_atomic_publish, &found.allow_atomic_publish);
    differences.0
}

fn consumer_differences(wanted: pull::Config, found: pull::Config) -> Vec<String> {
    let mut differences = Differences::default();
    differences.note("ack_wait", &wanted.ack_wait, &found.ack_wait);
    differences.note("max_deliver", &wanted.max_deliver, &found.max_deliver);
    differences.note("max_ack_pending", &wanted.max_ack_pending, &found.max_ack_pending);
    let (wanted, found) = (wanted.into_consumer_config(), found.into_consumer_config());
    differences.note("ack_policy", &wanted.ack_policy, &found.ack_policy);
    differences.note("deliver_policy", &wanted.deliver_policy, &found.deliver_policy);
    differences.note("filter_subject", &wanted.filter_subject, &found.filter_subject);
    differences.0
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note<T: PartialEq + Debug>(&mut self, field: &str, wanted: &T, found: &T) {
        if wanted != found {
            self.0.push(format!("{field} is {found:?} instead of {wanted:?}"));
        }
    }
}

fn drift(what: String, differences: Vec<String>) -> Result<(), Error> {
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::Drift { what, differences })
}
