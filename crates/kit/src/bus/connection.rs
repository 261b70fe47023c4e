//! The connection: it may be made before the broker is there, and is made again for ever. Clones share it.

use super::{
    DeadLetters, DemoClockBucket, Error, EventFeed, EventsLog, KeyBucket, Publisher, Stream, Topology, WorkQueue,
    WorkQueueConfig,
    publisher::{self, Meters},
};
use crate::{
    config::{self, Secret, Vars},
    health::Component,
    http,
    telemetry::Metrics,
};
use async_nats::{Client, ConnectOptions, Event, ServerAddr, connection::State, jetstream};
use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::watch;

/// For an answer of the broker, and for a publish to be on disk.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A broker that says nothing to three of these in a row counts as gone, and /readyz says so: it may be paused, or the
/// network may swallow everything. The library's own minute would be three minutes of a lie.
const PING: Duration = Duration::from_secs(5);
const DEFAULT_URL: &str = "nats://127.0.0.1:4222";

#[derive(Clone)]
pub struct BusConfig {
    /// `SEGNALALO_NATS_URL`; several with commas between.
    pub url: String,
    /// Who we are, as the broker shows it.
    pub name: String,
    /// `<NAME>_NATS_NKEY`, or `SEGNALALO_NATS_NKEY` (`_FILE`): the seed of an nkey. `None`: the broker asks for nothing.
    pub credentials: Option<Secret>,
    /// Where answers to us go. Each process has its own, so that none can be allowed to listen to another's.
    pub inbox_prefix: String,
    /// Where publishers and queues count.
    pub metrics: Option<Metrics>,
}

impl BusConfig {
    pub fn new(url: impl Into<String>, name: impl Into<String>) -> Self {
        let name = name.into();
        let plain: String = name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        Self { url: url.into(), inbox_prefix: format!("_INBOX_{plain}"), name, credentials: None, metrics: None }
    }

    /// # Errors
    /// Names the variable.
    pub fn from_vars(name: &str, vars: &Vars) -> Result<Self, config::Error> {
        let url = vars.parsed("SEGNALALO_NATS_URL", DEFAULT_URL.to_owned())?;
        let own = vars.secret_optional(&format!("{}_NATS_NKEY", name.replace('-', "_").to_uppercase()))?;
        let credentials = own.map_or_else(|| vars.secret_optional("SEGNALALO_NATS_NKEY"), |own| Ok(Some(own)))?;
        Ok(Self { credentials, ..Self::new(url, name) })
    }

    fn options(&self) -> ConnectOptions {
        self.once().retry_on_initial_connect().reconnect_delay_callback(|attempts| {
            let doubled = Duration::from_millis(50).saturating_mul(1 << attempts.min(6));
            doubled.min(LONGEST_PAUSE)
        })
    }

    /// Who we are; a broker that isn't there is an error.
    pub(super) fn once(&self) -> ConnectOptions {
        let options = ConnectOptions::new()
            .name(&self.name)
            .custom_inbox_prefix(&self.inbox_prefix)
            .request_timeout(Some(TIMEOUT))
            .ping_interval(PING);
        match &self.credentials {
            Some(seed) => options.nkey(seed.expose().trim().to_owned()),
            None => match self.user() {
                Some((user, password)) => options.user_and_password(user, password),
                None => options,
            },
        }
    }

    /// As the address names him: `nats://user:password@host:port`.
    fn user(&self) -> Option<(String, String)> {
        let address = addresses(&self.url).ok()?.into_iter().next()?;
        Some((address.username()?.to_owned(), address.password().unwrap_or_default().to_owned()))
    }
}

/// The address only: neither credentials nor metrics are to be printed.
impl fmt::Debug for BusConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BusConfig").field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Clone)]
pub struct Bus {
    shared: Arc<Shared>,
}

struct Shared {
    client: Client,
    context: jetstream::Context,
    link: Link,
    publishers: [OnceLock<Publisher>; Stream::ALL.len()],
    meters: Option<Meters>,
}

/// What is known of the connection.
#[derive(Clone)]
pub(super) struct Link {
    up: watch::Sender<bool>,
    /// Connections made so far.
    connections: watch::Sender<u64>,
}

impl Link {
    fn note(&self, event: &Event) {
        match event {
            Event::Connected => {
                tracing::info!("connected with the broker");
                self.up.send_replace(true);
                self.connections.send_modify(|connections| *connections += 1);
            }
            Event::Disconnected | Event::Closed => {
                tracing::warn!("the broker is gone");
                self.up.send_replace(false);
            }
            Event::LameDuckMode | Event::Draining => {}
            Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
                tracing::warn!(%event, "the connection with the broker");
            }
        }
    }
}

impl Bus {
    /// Returns at once when the broker isn't there: it is tried in the background for as long as it takes.
    ///
    /// # Errors
    /// The address is none, or the credentials can't be read.
    pub async fn connect(config: &BusConfig) -> Result<Self, Error> {
        http::install_crypto();
        let link = Link { up: watch::Sender::new(false), connections: watch::Sender::new(0) };
        let noting = link.clone();
        let options = config.options().event_callback(move |event| {
            let link = noting.clone();
            async move { link.note(&event) }
        });
        let client = options
            .connect(addresses(&config.url)?)
            .await
            .map_err(|error| Error::unavailable("be connected with")(error.into()))?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(TIMEOUT);
        Ok(Self {
            shared: Arc::new(Shared {
                client,
                context,
                link,
                publishers: Default::default(),
                meters: config.metrics.as_ref().map(Meters::new),
            }),
        })
    }

    pub fn is_connected(&self) -> bool {
        self.shared.client.connection_state() == State::Connected
    }

    /// Changes at each new connection, the first included.
    pub fn on_reconnect(&self) -> watch::Receiver<u64> {
        self.shared.link.connections.subscribe()
    }

    /// Keeps a component of the process's health as ready as the connection is.
    pub fn report(&self, component: Component) {
        let mut up = self.shared.link.up.subscribe();
        up.mark_changed();
        tokio::spawn(async move {
            while up.changed().await.is_ok() {
                if *up.borrow_and_update() {
                    component.ready();
                } else {
                    component.not_ready("the broker can't be reached");
                }
            }
        });
    }

    /// One for the whole process and stream: its callers share the broker's syncs.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn publisher(&self, stream: Stream) -> Publisher {
        let index = stream as usize;
        let start = || publisher::start(stream, self.shared.client.clone(), self.shared.meters.clone());
        self.shared.publishers[index].get_or_init(start).clone()
    }

    /// EVENTS from the first record.
    pub fn event_feed(&self) -> EventFeed {
        self.event_feed_from(1)
    }

    /// EVENTS from this position; after a `Reset` from the first all the same.
    pub fn event_feed_from(&self, first: u64) -> EventFeed {
        EventFeed::start(self.context(), self.on_reconnect(), first)
    }

    /// EVENTS after a record that was read before. It is read once more, and its hash compared: in another log a `Reset`
    /// comes instead, and the first record.
    pub fn event_feed_after(&self, position: u64, hash: [u8; 32]) -> EventFeed {
        EventFeed::after(self.context(), self.on_reconnect(), position, hash)
    }

    pub fn work_queue(&self, stream: Stream, config: WorkQueueConfig) -> WorkQueue {
        WorkQueue::new(self.clone(), stream, config)
    }

    /// For the registry only.
    pub fn topology(&self) -> Topology {
        Topology::new(self.context())
    }

    /// For the registry only.
    pub fn events_log(&self) -> EventsLog {
        EventsLog::new(self.context())
    }

    /// Written by the registry only.
    pub fn key_bucket(&self) -> KeyBucket {
        KeyBucket::new(self.context())
    }

    /// Of a demo: see `kit::clock`.
    pub fn demo_clock(&self) -> DemoClockBucket {
        DemoClockBucket::new(self.context(), self.on_reconnect())
    }

    pub fn dead(&self) -> DeadLetters {
        DeadLetters::new(self.clone())
    }

    /// Returns when what was said so far has left: acknowledgements travel by themselves.
    pub async fn flush(&self) {
        if !self.is_connected() {
            return;
        }
        match tokio::time::timeout(TIMEOUT, self.shared.client.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the last words to the broker didn't leave"),
            Err(_) => tracing::debug!("the last words to the broker didn't leave in time"),
        }
    }

    pub(super) fn context(&self) -> jetstream::Context {
        self.shared.context.clone()
    }

    pub(super) fn meters(&self) -> Option<Meters> {
        self.shared.meters.clone()
    }
}

pub(super) fn addresses(url: &str) -> Result<Vec<ServerAddr>, Error> {
    let parse = |address: &str| address.trim().parse().map_err(|_| Error::Address(address.trim().to_owned()));
    url.split(',').map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_are_separated_by_commas() {
        assert_eq!(addresses("nats://a:4222, nats://b:4222").unwrap().len(), 2);
        assert!(matches!(addresses("nats://a:port"), Err(Error::Address(_))));
    }

    #[test]
    fn a_user_may_stand_in_the_address() {
        let user = BusConfig::new("nats://anna:s3cret@a:4222", "test").user();
        assert_eq!(user, Some(("anna".to_owned(), "s3cret".to_owned())));
        assert_eq!(BusConfig::new(DEFAULT_URL, "test").user(), None);
    }

    #[test]
    fn each_process_has_its_own_inbox() {
        let config = BusConfig::new(DEFAULT_URL, "sla-clock > 1");
        assert_eq!(config.inbox_prefix, "_INBOX_sla-clock1");
    }
}
