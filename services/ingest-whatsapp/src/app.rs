//! The process: one HTTP listener for Meta's webhooks, until shutdown.

use crate::{config::Config, handler::Handler};
use anyhow::Context as _;
use segnalalo_kit::{
    bus::Stream,
    health::Component,
    http,
    service::Deps,
    shutdown::Shutdown,
    webhook::{self, WebhookConfig},
};
use std::{
    net::{self, SocketAddr},
    sync::Arc,
};
use tokio::net::TcpListener;

const SUBJECT: &str = "inbound.whatsapp";
/// Meta's own limit is 3 MB.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

pub struct App {
    listener: net::TcpListener,
    router: axum::Router,
    webhook: Component,
}

impl App {
    /// Takes the listener's address at once.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub fn build(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let listener = net::TcpListener::bind(config.listen)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .with_context(|| format!("INGEST_WHATSAPP_LISTEN: {} can't be listened on", config.listen))?;
        let webhook = deps.health.component("webhook");
        deps.bus.report(deps.health.component("broker"));
        let router = webhook::router(
            WebhookConfig {
                verify_token: config.verify_token,
                app_secrets: config.app_secrets,
                body_limit: BODY_LIMIT,
                subject: SUBJECT,
            },
            Arc::new(Handler { settings: config.settings }),
            deps.bus.publisher(Stream::Inbound),
            deps.clock,
            deps.metrics,
        );
        Ok(Self { listener, router, webhook })
    }

    /// Where it listens: tests ask for port 0.
    ///
    /// # Errors
    /// The operating system doesn't say.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Runs until shutdown; requests that are being handled are answered first.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        tracing::info!(address = %self.address()?, "webhooks of the WhatsApp number");
        let listener = TcpListener::from_std(self.listener)?;
        self.webhook.ready();
        let stopping = shutdown.clone();
        let webhook = self.webhook;
        tokio::spawn(async move {
            stopping.cancelled().await;
            webhook.not_ready("stopping");
        });
        http::serve(listener, self.router, shutdown).await.context("the webhook's listener")
    }
}
