//! The contract held against itself: every event there and back, golden files of every version, the frame's faults.

#![cfg(test)]

mod faults;
mod frame;
mod golden;
mod names;
mod roundtrip;
mod samples;
mod source;
