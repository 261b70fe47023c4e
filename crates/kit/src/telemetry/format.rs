//! A log line as a JSON object: tracing's own, and the trace it belongs to, so that lines and spans are found together.

use opentelemetry::{Context, trace::TraceContextExt as _};
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Json, Writer},
    },
    registry::LookupSpan,
};

pub(super) struct Traced<T>(pub Format<Json, T>);

impl<S, N, T> FormatEvent<S, N> for Traced<T>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    T: Clone + tracing_subscriber::fmt::time::FormatTime,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        let json = self.0.clone().flatten_event(true).with_span_list(false);
        json.format_event(context, Writer::new(&mut line), event)?;
        let trace = Context::map_current(|context| context.span().span_context().clone());
        match line.trim_end().strip_suffix('}') {
            Some(open) if trace.is_valid() => {
                writeln!(writer, "{open},\"trace_id\":\"{}\"}}", trace.trace_id())
            }
            _ => writer.write_str(&line),
        }
    }
}
