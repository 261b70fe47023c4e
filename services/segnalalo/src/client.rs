//! The registry over gRPC, and its refusals in the operator's words.

use crate::{
    failure::Failure,
    phrases::{Part, Phrases, Values},
};
use segnalalo_kit::config::Vars;
use segnalalo_proto::registry::v1::{
    log_service_client::LogServiceClient, media_service_client::MediaServiceClient,
    ticket_service_client::TicketServiceClient,
};
use std::time::Duration;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};

const VARIABLE: &str = "SEGNALALO_REGISTRY_URL";
const DEFAULT_URL: &str = "http://127.0.0.1:50051";
const PATIENCE: Duration = Duration::from_secs(3);
/// A page of 500 tickets, or a record with its chain.
const LARGEST: usize = 64 * 1024 * 1024;

pub struct Registry {
    pub tickets: TicketServiceClient<Channel>,
    pub log: LogServiceClient<Channel>,
    pub media: MediaServiceClient<Channel>,
    pub url: String,
}

pub fn url(vars: &Vars) -> String {
    vars.optional(VARIABLE).unwrap_or_else(|| DEFAULT_URL.to_owned())
}

impl Registry {
    /// # Errors
    /// The address is none, or nobody answers there.
    pub async fn connect(vars: &Vars, phrases: &Phrases) -> Result<Self, Failure> {
        let url = url(vars);
        let endpoint = Endpoint::from_shared(url.clone())
            .map_err(|error| Failure::usage(format!("{VARIABLE}: {url:?}: {error}")))?
            .connect_timeout(PATIENCE);
        let channel = endpoint
            .connect()
            .await
            .map_err(|_| Failure::unavailable(phrases.text("unreachable", &[("url", &url)])))?;
        Ok(Self {
            tickets: TicketServiceClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            media: MediaServiceClient::new(channel.clone()),
            log: LogServiceClient::new(channel).max_decoding_message_size(LARGEST),
            url,
        })
    }

    /// What a refusal means and what to do. `values` fill in what the registry doesn't say again.
    pub fn refused(&self, status: &Status, phrases: &Phrases, values: Values<'_>) -> Failure {
        let reason = reason(status);
        if reason.is_empty() && status.code() == Code::Unavailable {
            return Failure::unavailable(phrases.text("unreachable", &[("url", &self.url)]));
        }
        let known = phrases.raw(Part::Reasons, reason).is_some();
        let said = phrases.say(Part::Reasons, if known { reason } else { "OTHER" }, values);
        let detail = phrases.text("technical", &[("detail", status.message())]);
        let failure = match status.code() {
            Code::Unavailable => Failure::unavailable(said),
            _ => Failure::failed(said),
        };
        failure.with(&detail)
    }
}

/// Whether nobody can tell if the command was done.
pub fn is_uncertain(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::DeadlineExceeded | Code::Cancelled | Code::Internal
    )
}

/// The stable code of the refusal; empty when it is none of ours.
pub fn reason(status: &Status) -> &str {
    status.metadata().get("reason").and_then(|value| value.to_str().ok()).unwrap_or_default()
}
