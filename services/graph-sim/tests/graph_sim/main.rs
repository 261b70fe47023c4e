//! graph-sim over real HTTP: a small server takes its webhooks, as an ingest would.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod apps;
mod facebook;
mod faults;
mod given;
mod messenger;
mod page;
mod receiver;
mod restart;
mod strangers;
mod webhooks;
mod whatsapp;
