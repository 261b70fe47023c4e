//! The whole system: real processes over the real broker, graph-sim in Meta's place. Each test has processes, broker and
//! folder of its own; they run one after the other, for the machine's sake.

#![expect(clippy::unwrap_used, reason = "a test that can't go on ends there, and its folder is kept")]

mod city;
mod dead;
mod doctor;

mod answers;
mod canary;
mod clients;
mod clock;
mod departments;
mod grpc;
mod intake;
mod keyring;
mod kill;
mod life;
mod limits;
mod matrix;
mod media;
mod memory;
mod patience;
mod person;
mod promise;
mod register;
mod replay;
mod retention;
mod tls;
mod travel;
