//! Knows each ticket's running terms from EVENTS, and says on OBSERVED when one is half gone, near its end or past. What
//! it knows is a function of the log, so a restart neither loses a rung nor repeats one. It decides nothing: whether a
//! term still runs, the registry has the last word. How terms are counted is the domain's matter (`sla`).
//!
//! | module | holds |
//! |---|---|
//! | `timers` | the rungs that are still to come, in order: pure |
//! | `snapshot` | all of them on disk, so that a start is quick |
//! | `keeper` | when a snapshot is taken |
//! | `guard` | whether the machine's clock can be trusted |
//! | `handler` | records in, rungs that are due out; what was said and waits for its event |
//! | `config` | the environment |
//! | `app` | the process |

pub mod app;
pub mod config;
pub mod guard;
pub mod handler;
mod keeper;
pub mod snapshot;
pub mod timers;

pub use app::App;
pub use config::Config;
