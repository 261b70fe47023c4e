//! Triage: reads what citizens wrote from the log and proposes kind, office, urgency and place. It decides nothing and
//! keeps nothing: what it owes is computed from the log at each start.
//!
//! | module | holds |
//! |---|---|
//! | `classify` | the classifier: a pure function by the city's lexicon |
//! | `handler` | records in, messages that wait for a conclusion out |
//! | `conclude` | from such a message to what is said on OBSERVED |
//! | `probe` | the classifier by hand: `segnalalo classify` |
//! | `config` | the environment |
//! | `app` | the process |

pub mod app;
pub mod classify;
pub mod conclude;
pub mod config;
pub mod handler;
pub mod probe;

pub use app::App;
pub use config::Config;
