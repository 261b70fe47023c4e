//! The admin port: `/healthz` (the process answers), `/readyz` (it can work; if not, 503 and why), `/metrics`. For
//! probes and scrapers inside the city's network; it takes no command.

use crate::{health::Health, http, shutdown::Shutdown, telemetry::Metrics};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::io;
use tokio::net::TcpListener;

const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves until shutdown.
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, health: Health, metrics: Metrics, shutdown: Shutdown) -> io::Result<()> {
    http::serve(listener, router(health, metrics), shutdown).await
}

/// The same as a router, for those who serve it themselves.
pub fn router(health: Health, metrics: Metrics) -> Router {
    let of_health =
        Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).with_state(health);
    Router::new().route("/metrics", get(scrape)).with_state(metrics).merge(of_health)
}

async fn ready(State(health): State<Health>) -> Response {
    let reasons = health.not_ready();
    if reasons.is_empty() {
        return "ready\n".into_response();
    }
    let lines: String = reasons.iter().map(|(name, why)| format!("{name}: {why}\n")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines).into_response()
}

async fn scrape(State(metrics): State<Metrics>) -> Response {
    ([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], metrics.render()).into_response()
}
