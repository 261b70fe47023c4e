//! Kit over a real broker: each test starts its own on a free port of the loopback and ends it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod broker;
mod dead;
mod demo_clock;
mod event_feed;
mod events_log;
mod outage;
mod publisher;
mod records;
mod topology;
mod web;
mod webhook;
mod work_queue;
