//! What every process needs and nothing about tickets. Nothing here decides; nothing is global but the log's output.
//!
//! | module | holds |
//! |---|---|
//! | `config` | the environment as a value, secrets that don't print |
//! | `clock` | time as a value |
//! | `city` | the city's offices, calendar and places |
//! | `service` | what a process is handed when it is built |
//! | `shutdown`, `health`, `admin` | stopping, readiness, and the port where both and the metrics are seen |
//! | `telemetry`, `trace` | logs, metrics, spans; the W3C trace context that travels with messages |
//! | `http` | the client and server of the process, with limits |
//! | `master_key`, `keys` | the master secret, and the citizens' keys as the registry hands them on |
//! | `memory` | no core dump of what is open in memory |
//! | `rpc` | calls to the registry: address, credentials, TLS |
//! | `webhook` | what both ingests share: handshake, signature, body, durable before 200 |
//! | `fault` | where tests make a process die or stumble |
//! | `passed_over` | records of EVENTS that a reader's version can't use |
//! | `bus` | the broker; the only place that knows async-nats |

pub mod admin;
pub mod bus;
pub mod city;
pub mod clock;
pub mod config;
pub mod fault;
pub mod health;
pub mod http;
pub mod keys;
pub mod master_key;
pub mod media;
pub mod memory;
pub mod passed_over;
pub mod rpc;
pub mod service;
pub mod shutdown;
pub mod telemetry;
pub mod trace;
pub mod webhook;
