//! The metrics of one process: OpenTelemetry instruments, read by `/metrics` in Prometheus' format and, when there is an
//! endpoint, sent by OTLP. No global meter: several of our processes may live in one.

use super::{ENDPOINT, Error, resource};
use crate::{config::Vars, http};
use opentelemetry::{
    KeyValue,
    metrics::{self, Meter, MeterProvider as _},
};
use opentelemetry_otlp::{MetricExporter, WithExportConfig as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

/// Seconds: from a publish to a slow platform.
const BOUNDARIES: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Label and value. Never anything personal.
type Labels<'a> = &'a [(&'static str, &'a str)];

/// Makes instruments and renders them; clones share all. A name may be asked for twice.
#[derive(Clone)]
pub struct Metrics {
    meter: Meter,
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Metrics {
    /// Rendered only; nothing leaves the process.
    pub fn new(service: &str) -> Self {
        Self::build(service, None).expect("a fresh registry takes its first collector")
    }

    /// With OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Then it must be called inside the runtime.
    ///
    /// # Errors
    /// No exporter can be made for the endpoint.
    pub fn from_vars(service: &str, vars: &Vars) -> Result<Self, Error> {
        let Some(endpoint) = vars.optional(ENDPOINT) else {
            return Self::build(service, None);
        };
        http::install_crypto();
        let exporter = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
        Self::build(service, Some(exporter))
    }

    fn build(service: &str, exporter: Option<MetricExporter>) -> Result<Self, Error> {
        let registry = Registry::new();
        let reader =
            opentelemetry_prometheus::exporter().with_registry(registry.clone()).scope_info_enabled(false).build()?;
        let mut provider = SdkMeterProvider::builder().with_resource(resource(service)).with_reader(reader);
        if let Some(exporter) = exporter {
            provider = provider.with_periodic_exporter(exporter);
        }
        let provider = provider.build();
        Ok(Self { meter: provider.meter("segnalalo"), registry, provider })
    }

    /// Only ever grows; `_total` is put behind its name.
    pub fn counter(&self, name: &'static str, help: &'static str) -> Counter {
        Counter(self.meter.u64_counter(name).with_description(help).build())
    }

    pub fn gauge(&self, name: &'static str, help: &'static str) -> Gauge {
        Gauge(self.meter.f64_gauge(name).with_description(help).build())
    }

    /// Of seconds: end the name with `_seconds`.
    pub fn histogram(&self, name: &'static str, help: &'static str) -> Histogram {
        let histogram = self.meter.f64_histogram(name).with_description(help);
        Histogram(histogram.with_boundaries(BOUNDARIES.to_vec()).build())
    }

    /// Sends what is still waiting, when there is an endpoint: the last thing a process does. Blocks until it has left,
    /// or can't.
    pub fn flush(&self) {
        if let Err(error) = self.provider.force_flush() {
            tracing::debug!(%error, "the last metrics didn't leave");
        }
    }

    /// Prometheus' text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        if let Err(error) = TextEncoder::new().encode_utf8(&self.registry.gather(), &mut text) {
            tracing::warn!(%error, "metrics can't be rendered");
        }
        text
    }
}

#[derive(Debug, Clone)]
pub struct Counter(metrics::Counter<u64>);

impl Counter {
    pub fn add(&self, count: u64, labels: Labels<'_>) {
        self.0.add(count, &key_values(labels));
    }
}

#[derive(Debug, Clone)]
pub struct Gauge(metrics::Gauge<f64>);

impl Gauge {
    pub fn set(&self, value: f64, labels: Labels<'_>) {
        self.0.record(value, &key_values(labels));
    }
}

#[derive(Debug, Clone)]
pub struct Histogram(metrics::Histogram<f64>);

impl Histogram {
    pub fn record(&self, value: f64, labels: Labels<'_>) {
        self.0.record(value, &key_values(labels));
    }
}

fn key_values(labels: Labels<'_>) -> Vec<KeyValue> {
    let pair = |(name, value): &(&'static str, &str)| KeyValue::new(*name, (*value).to_owned());
    labels.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instruments_are_rendered_for_prometheus_and_kept_apart_by_process() {
        let metrics = Metrics::new("notifier");
        metrics.counter("sent", "Replies sent").add(2, &[("channel", "whatsapp")]);
        metrics.counter("sent", "Replies sent").add(1, &[("channel", "whatsapp")]);
        metrics.gauge("waiting", "Replies waiting").set(3.0, &[]);
        metrics.histogram("post_seconds", "Time of a post").record(0.2, &[]);
        let text = metrics.render();
        assert!(text.contains("sent_total{channel=\"whatsapp\"} 3"), "{text}");
        assert!(text.contains("waiting 3"), "{text}");
        assert!(text.contains("post_seconds_bucket{le=\"0.25\"} 1"), "{text}");
        assert!(!Metrics::new("triage").render().contains("sent_total"));
    }
}
