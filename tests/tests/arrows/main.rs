//! The architecture's arrows, held by a test: who may depend on whom, which crate alone knows the log's store and which
//! the broker, how big a file may grow, and that a page shows what the examples hold. It reads `cargo metadata` and the sources; it says nothing about behaviour.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod packages;
mod snippets;
mod sources;
