//! Broker and processes for one test: started, killed, stopped for a while, started again. All of it dies with the value
//! that holds it. What they wrote stands in a folder below `.test/`, which is kept when the test panicked: so a test
//! unwraps, rather than return its error.
//!
//! | module | holds |
//! |---|---|
//! | `broker` | nats-server with the configuration of production |
//! | `raw_broker` | what a key is good for, tried in the broker's own protocol |
//! | `browser` | chromium, headless, driven by chromedriver |
//! | `processes` | `segnalalo <service>`, each a process of its own, with one environment |
//! | `service` | which services there are, and what they call their addresses |
//! | `pki` | certificates of an authority that only the test knows |
//! | `http` | what a test asks and posts: signed webhooks, the ledger of graph-sim |
//! | `wait` | conditions with a deadline |
//! | `child`, `folder`, `ports`, `binary` | what the others need |

pub mod binary;
mod broker;
mod browser;
mod child;
mod folder;
mod http;
pub mod pki;
pub mod ports;
mod processes;
mod raw_broker;
mod service;
mod wait;

pub use broker::{Broker, KEY as BROKER_KEY};
pub use browser::{Browser, Screen};
pub use child::Child;
pub use folder::Folder;
pub use http::{Answer, Http};
pub use ports::free as free_port;
pub use processes::{MASTER_KEY, Processes, Second};
pub use raw_broker::RawBroker;
pub use service::Service;
pub use wait::{wait_for, wait_until};

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
