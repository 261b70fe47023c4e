//! The notifier: sends what the city owes its citizens, on the channel where they wrote. It alone holds Meta's tokens.
//! The log is its ledger: an attempt is durable before its POST, and one whose outcome is unknown is never blindly
//! repeated (rule 6).
//!
//! | module | does |
//! |---|---|
//! | `messages` | the city's texts, filled in |
//! | `outbox` | what is owed, as a function of the log |
//! | `dispatcher` | who is sent to when |
//! | `handler`, `board` | the log in, tasks out; health and metrics |
//! | `form`, `sender` | how one reply goes out, and what is done when its outcome is unknown |
//! | `graph` | Meta's API and its errors |
//! | `media` | attachments from Meta to the registry |
//! | `ledger`, `outcomes` | the registry, before and after |

pub mod app;
mod board;
pub mod config;
pub mod dispatcher;
mod form;
pub mod graph;
mod handler;
pub mod ledger;
mod media;
pub mod messages;
pub mod outbox;
pub mod outcomes;
pub mod queue;
pub mod sender;

pub use app::App;
pub use config::Config;
