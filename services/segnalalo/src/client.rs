//! The registry over gRPC, and its refusals in the operator's words.

use crate::commands::demo::folder;
use crate::{
    failure::Failure,
    phrases::{Part, Phrases, Values},
};
use segnalalo_kit::{
    config::{Error, Vars},
    master_key::Purpose,
    rpc::{self, Channel, Rpc},
};
use segnalalo_proto::registry::v1::{
    client_service_client::ClientServiceClient, log_service_client::LogServiceClient,
    media_service_client::MediaServiceClient, person_service_client::PersonServiceClient,
    register_service_client::RegisterServiceClient, retention_service_client::RetentionServiceClient,
    ticket_service_client::TicketServiceClient,
};
use std::time::Duration;
use tonic::{Code, Status};

const PATIENCE: Duration = Duration::from_secs(3);
/// A page of 500 tickets, or a record with its chain.
const LARGEST: usize = 64 * 1024 * 1024;

pub struct Registry {
    pub tickets: TicketServiceClient<Channel>,
    pub log: LogServiceClient<Channel>,
    pub media: MediaServiceClient<Channel>,
    pub clients: ClientServiceClient<Channel>,
    pub persons: PersonServiceClient<Channel>,
    pub register: RegisterServiceClient<Channel>,
    pub retention: RetentionServiceClient<Channel>,
    pub url: String,
}

impl Registry {
    /// As the operator, or as the client whose token is given. Where neither is, the demo's operator.
    ///
    /// # Errors
    /// There is no secret, the address is none, or nobody answers there.
    pub async fn connect(vars: &Vars, phrases: &Phrases) -> Result<Self, Failure> {
        let vars = folder::with_demo(vars)?;
        let rpc = Rpc::from_vars(&vars, Purpose::OperatorToken).map_err(|error| match error {
            Error::Missing { .. } => Failure::usage(phrases.text("no_token", &[])),
            error => Failure::config(error),
        })?;
        let rpc = rpc.with_person(&person(&vars));
        let url = rpc.url.clone();
        let endpoint = rpc.endpoint().map_err(|error| {
            let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            Failure::usage(format!("{}: {url:?}: {error} {why}", rpc::URL))
        })?;
        let channel = endpoint
            .connect_timeout(PATIENCE)
            .connect()
            .await
            .map_err(|_| Failure::unavailable(phrases.text("unreachable", &[("url", &url)])))?;
        let channel = rpc.signed(channel);
        Ok(Self {
            tickets: TicketServiceClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            media: MediaServiceClient::new(channel.clone()),
            log: LogServiceClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            persons: PersonServiceClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            register: RegisterServiceClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            retention: RetentionServiceClient::new(channel.clone()).max_decoding_message_size(LARGEST),
            clients: ClientServiceClient::new(channel),
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

/// Who sits there: for the record of what was read.
fn person(vars: &Vars) -> String {
    vars.optional("SEGNALALO_OPERATOR").or_else(|| vars.optional("USER")).unwrap_or_default()
}

/// The stable code of the refusal; empty when it is none of ours.
pub fn reason(status: &Status) -> &str {
    status.metadata().get("reason").and_then(|value| value.to_str().ok()).unwrap_or_default()
}
