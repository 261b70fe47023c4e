//! The registry's calls, as this client, and what to do when one is refused.

use crate::Options;
use anyhow::{Context as _, Result, bail};
use segnalalo_proto::registry::v1::ticket_service_client::TicketServiceClient;
use std::{fs, time::Duration};
use tonic::{
    Code, Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_types::StatusExt as _;

const DEADLINE: Duration = Duration::from_secs(10);
const ALIVE: Duration = Duration::from_secs(30);

pub type Tickets = TicketServiceClient<InterceptedService<Channel, Credentials>>;

/// Puts who calls, and how long an answer is awaited, on every call.
#[derive(Clone)]
pub struct Credentials(MetadataValue<Ascii>);

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        request.set_timeout(DEADLINE);
        Ok(request)
    }
}

/// # Errors
/// A file that can't be read, an address or a certificate that is none.
pub fn connect(options: &Options) -> Result<Tickets> {
    let read = |file: &str| fs::read(file).with_context(|| format!("reading {file}"));
    let mut endpoint =
        Endpoint::from_shared(options.registry.clone())?.http2_keep_alive_interval(ALIVE).keep_alive_while_idle(true);
    if let Some(ca) = &options.ca {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
        if let (Some(certificate), Some(key)) = (&options.certificate, &options.key) {
            tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        endpoint = endpoint.tls_config(tls)?;
    }
    let token = String::from_utf8(read(&options.token_file)?)?;
    let credentials = Credentials(format!("Bearer {}", token.trim()).parse()?);
    Ok(TicketServiceClient::with_interceptor(endpoint.connect_lazy(), credentials))
}

/// After how long the same call may succeed; `None`: it won't by itself.
///
/// # Errors
/// No call will succeed before somebody has looked.
pub fn advice(status: &Status) -> Result<Option<Duration>> {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str()).unwrap_or_default();
    if ["UNAUTHENTICATED", "MISSING_RIGHT", "BEYOND_THE_LOG"].contains(&reason) {
        bail!("{reason}: {}", status.message());
    }
    if let Some(wait) = details.retry_info().and_then(|retry| retry.retry_delay) {
        return Ok(Some(wait));
    }
    // Without a reason it isn't the registry's word: the connection was lost, or something on the way to it.
    let again = matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded);
    Ok((again || ["", "VERSION_CONFLICT"].contains(&reason)).then_some(Duration::from_secs(1)))
}
