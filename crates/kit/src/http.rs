//! The HTTP client for what is outside, and the way a process serves HTTP: stopped by the token, with a bound on how long
//! the last requests may take. Retries are the caller's business.

use crate::shutdown::Shutdown;
use std::{future::IntoFuture as _, io, time::Duration};
use tokio::net::TcpListener;

const CONNECT: Duration = Duration::from_secs(5);
/// For requests that are still being answered when the process stops.
const DRAIN: Duration = Duration::from_secs(8);

/// A client whose requests take `timeout` at most, from the first byte sent to the last read. It follows no redirect:
/// a token must not go where we didn't send it.
pub fn client(timeout: Duration) -> reqwest::Client {
    install_crypto();
    let builder = || {
        reqwest::Client::builder().timeout(timeout).connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none())
    };
    builder().build().unwrap_or_else(|error| {
        // As in an image without root certificates: plain HTTP works, and HTTPS fails at the call, where it is reported.
        tracing::warn!(%error, "the system's root certificates can't be loaded: HTTPS will fail");
        builder()
            .tls_certs_only([])
            .build()
            .expect("nothing is read from the system for a client without root certificates")
    })
}

/// Makes ring the process's TLS provider, unless there is one.
pub(crate) fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Serves until shutdown, then answers what it has begun.
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, router: axum::Router, shutdown: Shutdown) -> io::Result<()> {
    let stopping = shutdown.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).into_future();
    tokio::select! {
        served = serving => served,
        () = async { shutdown.cancelled().await; tokio::time::sleep(DRAIN).await } => {
            tracing::warn!(?DRAIN, "requests were still open: cut off");
            Ok(())
        }
    }
}
