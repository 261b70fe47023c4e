//! The listener of an ingest process: both have the same, and differ in what they make of a body.

use super::{Receiver, WebhookConfig, router};
use crate::{bus::Stream, health::Component, http, service::Deps, shutdown::Shutdown};
use std::{
    io,
    net::{self, SocketAddr},
    sync::Arc,
};
use tokio::net::TcpListener;

/// One HTTP listener for Meta's webhooks.
pub struct Server {
    listener: net::TcpListener,
    router: axum::Router,
    component: Component,
}

impl Server {
    /// Takes the address at once.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub fn bind(address: SocketAddr, config: WebhookConfig, receiver: impl Receiver, deps: Deps) -> io::Result<Self> {
        let listener = net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let component = deps.health.component("webhook");
        deps.bus.report(deps.health.component("broker"));
        let publisher = deps.bus.publisher(Stream::Inbound);
        let router = router(config, Arc::new(receiver), publisher, deps.clock, deps.metrics);
        Ok(Self { listener, router, component })
    }

    /// Where it listens: tests ask for port 0.
    ///
    /// # Errors
    /// The operating system doesn't say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Until shutdown; requests that are being handled are answered first.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn run(self, shutdown: Shutdown) -> io::Result<()> {
        tracing::info!(address = %self.address()?, "webhooks");
        let listener = TcpListener::from_std(self.listener)?;
        self.component.ready();
        let (stopping, component) = (shutdown.clone(), self.component);
        tokio::spawn(async move {
            stopping.cancelled().await;
            component.not_ready("stopping");
        });
        http::serve(listener, self.router, shutdown).await
    }
}
