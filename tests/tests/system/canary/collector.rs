//! Whoever takes traces and metrics by OTLP: keeps every byte of them.

use opentelemetry_proto::tonic::collector::{
    metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use prost::Message as _;
use segnalalo_tests::harness::free_port;
use std::sync::{Arc, Mutex};
use tonic::{Request, Response, Status, transport::Server};

#[derive(Debug, Clone, Default)]
pub struct Collector {
    pub traces: Arc<Mutex<Vec<Vec<u8>>>>,
    pub metrics: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    /// It, and its address.
    pub async fn start() -> (Self, String) {
        let collector = Self::default();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], free_port()));
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()));
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(server.serve_with_incoming(incoming));
        (collector, format!("http://{address}"))
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.traces.lock().unwrap().push(request.get_ref().encode_to_vec());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics.lock().unwrap().push(request.get_ref().encode_to_vec());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}
