//! The broker, as the processes see it: publishers that return when the message is on disk, work queues, a feed of the
//! log's records. The only place that knows async-nats. It knows streams and subjects, and nothing of what is in a
//! message, but for the chain of hashes of the log's records, by which a feed knows that it reads one log.
//!
//! | file | holds |
//! |---|---|
//! | `connection` | connecting, reconnecting, and telling so |
//! | `broker_time` | what time the broker has |
//! | `commit` | one publish, or several as one atomic batch |
//! | `publisher` | group commit for many callers |
//! | `event_feed` | EVENTS in order, from the first record, for ever |
//! | `events_log` | EVENTS as the registry writes it |
//! | `work_queue` | INBOUND and OBSERVED: batches, acknowledgements, parking |
//! | `dead` | what was parked |
//! | `demo_clock` | by how much a demo's clock is ahead |
//! | `key_bucket` | the citizens' keys, wrapped, for those who may read |
//! | `role`, `rights` | who may do what at the broker, and the broker's configuration of it |
//! | `topology` | the streams themselves: the registry makes them, nobody else |
//! | `visit` | looking at a broker, for `segnalalo doctor` |

mod broker_time;
mod commit;
mod connection;
mod dead;
mod demo_clock;
mod event_feed;
mod events_log;
mod key_bucket;
mod pause;
mod publisher;
mod rights;
mod role;
mod topology;
mod visit;
mod work_queue;

pub use connection::{Bus, BusConfig};
pub use dead::{DeadLetter, DeadLetters, Parked};
pub use demo_clock::{Ahead, DemoClockBucket};
pub use event_feed::{EventFeed, FeedItem};
pub use events_log::{AppendError, EventsLog};
pub use key_bucket::{KeyBucket, KeyEntry};
pub use publisher::{PublishError, Publisher};
pub use rights::{BadSeed, Identity, auth_conf, matrix};
pub use role::{Grant, Role};
pub use topology::{CONSUMER, Found, Topology};
pub use visit::{BrokerFacts, Kept, NotIn, StoreFacts, Visit};
pub use work_queue::{BatchHandler, Delivery, Outcome, WorkQueue, WorkQueueConfig};

/// Whatever the client library reports; what matters to us is in the variant that carries it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error("{0:?} is no address of a broker: nats://host:port was expected, several with commas between")]
    Address(String),
    /// May pass: try again.
    #[error("the broker can't {what}")]
    Unavailable {
        what: &'static str,
        #[source]
        cause: Cause,
    },
    /// A person must look at it.
    #[error("{what} on the broker isn't as it must be: {}", differences.join("; "))]
    Drift { what: String, differences: Vec<String> },
}

impl Error {
    pub(crate) fn unavailable(what: &'static str) -> impl FnOnce(Cause) -> Self {
        move |cause| Self::Unavailable { what, cause }
    }
}

/// The four streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    Inbound,
    Observed,
    Events,
    Dead,
}

impl Stream {
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Observed, Self::Events, Self::Dead];

    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "INBOUND",
            Self::Observed => "OBSERVED",
            Self::Events => "EVENTS",
            Self::Dead => "DEAD",
        }
    }

    /// What its subjects begin with, the dot included.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Inbound => "inbound.",
            Self::Observed => "observed.",
            Self::Events => "events.",
            Self::Dead => "dead.",
        }
    }
}
