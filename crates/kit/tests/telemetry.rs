//! Traces and metrics leave by OTLP when there is an endpoint: seen by a collector that only counts. A binary of its
//! own, for logs and spans belong to the whole process.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

use axum::{Router, http::Uri, response::IntoResponse};
use segnalalo_kit::{
    config::Vars,
    telemetry::{self, Metrics},
    trace,
};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;

type Calls = Arc<Mutex<Vec<String>>>;

async fn collector() -> (String, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let calls = Calls::default();
    let noting = calls.clone();
    let router = Router::new().fallback(async move |uri: Uri| {
        noting.lock().unwrap().push(uri.path().to_owned());
        // One message, not compressed, without a field; and it went well.
        ([("content-type", "application/grpc"), ("grpc-status", "0")], [0_u8; 5]).into_response()
    });
    let server = tonic::transport::Server::builder().add_routes(tonic::service::Routes::from(router));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (endpoint, calls)
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_and_metrics_leave_by_otlp_at_the_latest_at_the_end() {
    let (endpoint, calls) = collector().await;
    let vars = Vars::from_pairs([("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())]);
    let guard = telemetry::init("test", &vars).unwrap();
    let second = telemetry::init("test", &vars).unwrap();
    drop(second);
    let metrics = Metrics::from_vars("test", &vars).unwrap();
    metrics.counter("things", "Things").add(1, &[]);
    let traceparent = tracing::info_span!("work").in_scope(|| {
        tracing::info!(things = 1, "a line of the log");
        trace::traceparent()
    });
    assert_eq!(traceparent.len(), 55, "{traceparent}");
    assert!(traceparent.ends_with("-01"), "{traceparent}");
    metrics.flush();
    drop(guard);
    let calls = calls.lock().unwrap().clone();
    for service in ["trace.v1.TraceService", "metrics.v1.MetricsService"] {
        let path = format!("/opentelemetry.proto.collector.{service}/Export");
        assert!(calls.contains(&path), "{path} wasn't called: {calls:?}");
    }
}
