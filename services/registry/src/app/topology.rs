//! The broker's streams, for as long as the registry runs.

use super::BROKER_PAUSE;
use segnalalo_kit::{bus::Bus, shutdown::Shutdown};

/// A broker that came back empty gets its streams again; the relay then fills EVENTS.
pub(super) async fn keep_topology(bus: Bus, shutdown: Shutdown) -> anyhow::Result<()> {
    let mut reconnects = bus.on_reconnect();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            changed = reconnects.changed() => if changed.is_err() { return Ok(()) },
        }
        while let Err(error) = bus.topology().ensure().await {
            tracing::warn!(%error, "the broker's streams can't be checked yet");
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = tokio::time::sleep(BROKER_PAUSE) => {}
            }
        }
    }
}
