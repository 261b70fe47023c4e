//! The protocol register, over a log in memory.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there")]

mod daily;
mod emergency;
mod given;
mod registration;
