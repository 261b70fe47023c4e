//! The real process on a real broker, between a small registry that does as it is told and a small platform that does as
//! it likes.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod broker;
mod city;
mod order;
mod platform;
mod registry;
mod restart;
mod unknown;
