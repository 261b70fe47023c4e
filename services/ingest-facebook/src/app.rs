//! The process: one HTTP listener for the webhooks of the Facebook page, until shutdown.

use crate::{config::Config, handler::Handler};
use anyhow::Context as _;
use segnalalo_kit::{
    service::Deps,
    shutdown::Shutdown,
    webhook::{Server, WebhookConfig},
};
use std::net::SocketAddr;

const SUBJECT: &str = "inbound.facebook";
/// Meta's own limit is 3 MB.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

pub struct App(Server);

impl App {
    /// Takes the listener's address at once.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let webhook = WebhookConfig {
            verify_token: config.verify_token,
            app_secrets: config.app_secrets,
            body_limit: BODY_LIMIT,
            subject: SUBJECT,
        };
        let server = Server::bind(config.listen, webhook, Handler { settings: config.settings }, deps)
            .with_context(|| format!("INGEST_FACEBOOK_LISTEN: {} can't be listened on", config.listen))?;
        Ok(Self(server))
    }

    /// Where it listens: tests ask for port 0.
    ///
    /// # Errors
    /// The operating system doesn't say.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.0.address()?)
    }

    /// Runs until shutdown; requests that are being handled are answered first.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        self.0.run(shutdown).await.context("the webhook's listener")
    }
}
