//! The desk's rules, given/when/then: commands go in, and what the log would hold comes out.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there")]

mod conversation;
mod delivery;
mod given;
mod life;
mod operators;
mod owed;
mod properties;
mod terms;
mod whose;
