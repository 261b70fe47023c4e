//! What a process is handed when it is built, beside its own configuration. Several processes may live in one: each has
//! its own of these.

use crate::{bus::Bus, clock::SharedClock, health::Health, telemetry::Metrics};

#[derive(Clone)]
pub struct Deps {
    pub bus: Bus,
    pub clock: SharedClock,
    pub health: Health,
    pub metrics: Metrics,
}
