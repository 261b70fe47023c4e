//! Stopping: one token, handed to everything that runs. Who is cancelled finishes what it has in hand and returns; how
//! long it may take is said by him who waits.

use std::{io, time::Duration};
use tokio::signal::unix::{SignalKind, signal as listen};

pub type Shutdown = tokio_util::sync::CancellationToken;

/// How long a process may take from the signal to its end, in all.
pub const GRACE: Duration = Duration::from_secs(20);

/// Cancels the token on SIGINT or SIGTERM. Returns when it is cancelled, by whomever.
///
/// # Errors
/// The operating system takes no handler.
pub async fn signal(token: Shutdown) -> io::Result<()> {
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
        _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
        () = token.cancelled() => {}
    }
    token.cancel();
    Ok(())
}
