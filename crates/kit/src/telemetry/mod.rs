//! Logs, spans and metrics. Logs go to standard output, a JSON object a line (`SEGNALALO_LOG_FORMAT=text` for people),
//! filtered by `SEGNALALO_LOG`; spans always exist, so that there is a trace to follow, and leave the process by OTLP
//! only when `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Logs and spans belong to the operating system's process; metrics to
//! each of our processes, handed to it.

mod format;
mod metrics;

pub use metrics::{Counter, Gauge, Histogram, Metrics};

use crate::{
    config::{self, Vars},
    http,
};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use std::panic;
use tracing::Level;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{self, FilterExt as _, LevelFilter},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

pub(crate) const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const FILTER: &str = "SEGNALALO_LOG";
const FORMAT: &str = "SEGNALALO_LOG_FORMAT";
/// What the modules of our crates are called by.
const OURS: &str = "segnalalo";
/// What libraries say about every connection they make is no news.
const DEFAULT_FILTER: &str = "info,async_nats=warn,opentelemetry=warn,h2=warn,hyper=warn,tower=warn";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Config(#[from] config::Error),
    #[error("{ENDPOINT}: no exporter can be made for it")]
    Exporter(#[from] ExporterBuildError),
    #[error("the metrics can't be registered")]
    Metrics(#[from] opentelemetry_sdk::error::OTelSdkError),
}

/// Sends what is still waiting when it is dropped: keep it until the end of `main`.
#[must_use = "dropping it ends the telemetry"]
pub struct Guard {
    spans: Option<SdkTracerProvider>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.spans.as_ref().map(SdkTracerProvider::shutdown) {
            tracing::debug!(%error, "the last spans didn't leave");
        }
    }
}

/// Sets up logs and spans for the operating system's process. The first call counts; a later one, as in tests, changes
/// nothing. Must be called inside the runtime when spans leave by OTLP.
///
/// # Errors
/// A variable has no valid value.
pub fn init(service: &str, vars: &Vars) -> Result<Guard, Error> {
    panic::set_hook(Box::new(|info| {
        // A panic's words may hold a citizen's: where it happened is enough.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    let filter = vars.parsed(FILTER, EnvFilter::new(DEFAULT_FILTER))?;
    let logs = output(vars)?;
    let provider = spans(service, vars)?;
    // async-nats prints whole messages at `trace`, and others may: however much is asked for, that isn't printed.
    let of_libraries = filter::filter_fn(|line| *line.level() < Level::TRACE || line.target().starts_with(OURS));
    // The filter is for what is printed: a quieter log must not cut the traces that run through the event log.
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("segnalalo")).with_filter(LevelFilter::INFO);
    let first =
        tracing_subscriber::registry().with(logs.with_filter(filter.and(of_libraries))).with(layer).try_init().is_ok();
    Ok(Guard { spans: first.then_some(provider) })
}

fn output(vars: &Vars) -> Result<Box<dyn Layer<Registry> + Send + Sync>, Error> {
    let layer = tracing_subscriber::fmt::layer();
    match vars.optional(FORMAT).as_deref() {
        None | Some("json") => Ok(layer.json().map_event_format(format::Traced).boxed()),
        Some("text") => Ok(layer.boxed()),
        Some(other) => Err(Error::Config(config::Error::Invalid {
            name: FORMAT.to_owned(),
            value: other.to_owned(),
            expected: "format: json or text",
        })),
    }
}

fn spans(service: &str, vars: &Vars) -> Result<SdkTracerProvider, Error> {
    let provider = SdkTracerProvider::builder().with_resource(resource(service));
    let Some(endpoint) = vars.optional(ENDPOINT) else {
        return Ok(provider.build());
    };
    http::install_crypto();
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    Ok(provider.with_batch_exporter(exporter).build())
}

pub(crate) fn resource(service: &str) -> Resource {
    Resource::builder()
        .with_service_name(service.to_owned())
        .with_attribute(opentelemetry::KeyValue::new("service.namespace", "segnalalo"))
        .build()
}
