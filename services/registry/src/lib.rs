//! The registry: the only process that decides facts. It takes observations and commands in, decides with the domain's
//! rules, appends to the event log, relays the log to EVENTS, and serves what people and department systems ask.
//!
//! | module | does |
//! |---|---|
//! | `journal` | the event log: port, sled adapter, verification |
//! | `keyring` | the citizens' keys, and their copy on the broker |
//! | `blobs`, `media` | what citizens attached: encrypted files, locked with the message's key |
//! | `folder` | names in a folder, made durable |
//! | `identity`, `translate` | observations to commands: ids hashed, personal data sealed |
//! | `writer` | one thread decides and appends; what waits shares a sync |
//! | `world`, `read_model` | state, rebuilt from the log |
//! | `register` | what a registration holds beyond what the rules know |
//! | `intake` | INBOUND and OBSERVED into the writer |
//! | `person` | who wrote, what we hold on him, and its erasure |
//! | `retention` | the nightly erasure of what is kept no longer |
//! | `patience` | messages that triage says nothing on |
//! | `relay` | the log to EVENTS, and the comparison of heads at start |
//! | `published` | what waits for the relay |
//! | `grpc` | what others may ask |

pub mod app;
pub mod blobs;
pub mod config;
mod folder;
pub mod grpc;
pub mod identity;
pub mod intake;
pub mod journal;
pub mod keyring;
pub mod media;
pub mod patience;
pub mod person;
pub mod published;
mod read_model;
pub mod register;
pub mod relay;
pub mod retention;
pub mod translate;
pub mod world;
pub mod writer;

pub use app::App;
pub use config::Config;
