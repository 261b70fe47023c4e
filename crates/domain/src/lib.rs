//! The rules of the report desk, as pure functions: no I/O, no async, no clock, no randomness. Time and ids come in
//! with the command; what comes out is facts (`event`) or a refusal (`rejection`).
//!
//! | module | holds |
//! |---|---|
//! | `id`, `protocol` | names of things |
//! | `words` | the vocabulary of the taxonomy: channel, kind, office, urgency |
//! | `event` | every fact there is |
//! | `conversation`, `ticket`, `register` | state of one aggregate: `evolve` |
//! | `desk` | all aggregates together: `decide` and `apply` |
//! | `calendar`, `sla` | working time and the terms that run in it |
//! | `client` | the systems that may call, and their rights |
//! | `retention` | how long content is kept |
//! | `template` | the messages that citizens get, by name |

pub mod calendar;
pub mod client;
pub mod conversation;
pub mod desk;
pub mod event;
pub mod id;
pub mod personal_data;
pub mod protocol;
pub mod register;
pub mod rejection;
pub mod retention;
pub mod sealed;
pub mod sla;
pub mod template;
pub mod ticket;
pub mod words;

pub use event::Event;
pub use jiff::Timestamp;
