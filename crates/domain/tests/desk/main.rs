//! The desk's rules, given/when/then: commands go in, and what the log would hold comes out.

mod conversation;
mod delivery;
mod given;
mod life;
mod operators;
