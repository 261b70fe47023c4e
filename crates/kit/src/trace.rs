//! The W3C trace context as text, the form in which it travels: in a header of a message, and in an event's envelope, so
//! that one trace survives the log. Spans themselves are made with `tracing`.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The header, on HTTP and on the bus.
pub const HEADER: &str = "traceparent";

/// `00-<trace id>-<span id>-<flags>` of the current span; empty when there is none, or telemetry wasn't initialised.
pub fn traceparent() -> String {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return String::new();
    }
    format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8())
}

/// Gives the span its remote parent. Must be called before the span is entered or instrumented: then it is too late.
/// What isn't a trace context leaves the span as it is.
#[must_use]
pub fn span_from(traceparent: &str, span: Span) -> Span {
    if let Some(parent) = parse(traceparent) {
        // Without a subscriber there is nothing to set.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
    span
}

fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // A later version may say more after the flags; what it begins with stays.
    let whole = version.len() == 2 && trace.len() == 32 && span.len() == 16 && flags.len() == 2;
    if !whole || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::TracerProvider as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_span_carries_on_the_trace_it_was_given() {
        let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let _entered = span_from(PARENT, tracing::info_span!("work")).entered();
            let own = traceparent();
            assert_eq!(own[..36], PARENT[..36]);
            assert_eq!(own.len(), PARENT.len());
            assert_ne!(own, PARENT);
        });
    }

    #[test]
    fn without_telemetry_there_is_no_trace_and_no_harm() {
        let _entered = span_from(PARENT, tracing::info_span!("work")).entered();
        assert_eq!(traceparent(), "");
    }

    #[test]
    fn what_is_no_trace_context_is_passed_over() {
        let no_trace = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
        for wrong in ["", "00", "rubbish-in-three-parts", no_trace, &PARENT[..50], &format!("{PARENT}-x")] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
        assert!(parse(&PARENT.replace("00-0af", "01-0af")).is_some());
    }
}
