//! One process by itself, as in its container.

use crate::{
    failure::Failure,
    host::{Host, Process},
};
use segnalalo_kit::{
    clock::SystemClock,
    config::Vars,
    fault,
    shutdown::{self, Shutdown},
    telemetry,
};
use std::sync::Arc;

pub async fn run(process: Process, vars: &Vars) -> Result<(), Failure> {
    let name = process.name;
    several(name, vec![process], vars).await
}

/// Several in one, until a signal.
pub async fn several(name: &str, processes: Vec<Process>, vars: &Vars) -> Result<(), Failure> {
    let _points = fault::init();
    let _telemetry = telemetry::init(name, vars).map_err(Failure::config)?;
    let token = Shutdown::new();
    let signals = tokio::spawn(shutdown::signal(token.clone()));
    let mut host = Host::start(processes, vars, &(Arc::new(SystemClock) as _), token).await?;
    let result = host.run().await;
    signals.abort();
    result
}
