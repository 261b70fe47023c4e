//! What the system tests stand on. They run the real binary and the real broker, on loopback and on ports of their own,
//! and wait for conditions instead of sleeping. The tests themselves are in `tests/tests/`, one file a subject.

pub mod faults;
pub mod harness;
pub mod simulation;
pub mod terms;
