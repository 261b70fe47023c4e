//! How connections to the registry are taken.

use crate::config::Tls;
use anyhow::Context as _;
use std::time::Duration;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

/// Bytes of a request that a person or an office makes.
pub const LARGEST_REQUEST: usize = 256 * 1024;
/// Calls at once on one connection.
const STREAMS: u32 = 128;
const HEADERS: u32 = 16 * 1024;
/// For so long the answer to that is awaited; no longer than the question itself was.
const ANSWER: Duration = Duration::from_secs(20);

/// How connections are taken: with TLS when there is a certificate, so many calls at once, and none that is dead:
/// one that says nothing for `keepalive` is asked whether it is there.
///
/// # Errors
/// A certificate or a key that is none.
pub fn listening(tls: Option<&Tls>, keepalive: Duration) -> anyhow::Result<Server> {
    let server = Server::builder()
        .trace_fn(|_| tracing::info_span!("grpc"))
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADERS)
        .http2_keepalive_interval(Some(keepalive))
        .http2_keepalive_timeout(Some(keepalive.min(ANSWER)));
    let Some(tls) = tls else {
        return Ok(server);
    };
    let identity = Identity::from_pem(tls.cert.expose(), tls.key.expose());
    let mut settings = ServerTlsConfig::new().identity(identity);
    if let Some(ca) = &tls.client_ca {
        // Where it isn't required, who shows no certificate needs a token.
        settings = settings
            .client_ca_root(Certificate::from_pem(ca.expose()))
            .client_auth_optional(!tls.client_certificate_required);
    }
    server.tls_config(settings).context("SEGNALALO_GRPC_TLS_CERT, _KEY or _CLIENT_CA isn't what it must be: PEM")
}
