//! The W3C trace context (<https://www.w3.org/TR/trace-context/>) of spans: carried as the text of `traceparent`
//! through headers, job rows and hints. `tracestate` is not carried on.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::collections::HashMap;
use tracing::Span;
use tracing_opentelemetry::{OpenTelemetrySpanExt, SetParentError};

/// Header and metadata key of the trace context.
pub const HEADER: &str = "traceparent";

/// Why a span cannot join a trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The text is not a traceparent.
    #[error("`{0}` is not a W3C traceparent")]
    NotATraceparent(String),
    /// The span has begun already, or nobody records it.
    #[error("the span cannot take a parent: {0}")]
    Late(#[from] SetParentError),
}

/// The traceparent of the span that this code runs in; None outside of a recorded span.
pub fn current_traceparent() -> Option<String> {
    traceparent_of(&Span::current())
}

/// The traceparent of a span; None when it is not recorded.
pub fn traceparent_of(span: &Span) -> Option<String> {
    write(&span.context())
}

/// Makes `span` a child of the span that `traceparent` names, in its trace. Call it before the span is first entered.
///
/// # Errors
/// [`TraceError`]; the span then begins a trace of its own.
pub fn continue_from(span: &Span, traceparent: &str) -> Result<(), TraceError> {
    let remote = parse(traceparent)?;
    Ok(span.set_parent(Context::new().with_remote_span_context(remote))?)
}

/// Makes `span` the root of a new trace that points to the span that `traceparent` names: for later attempts of a job.
/// Call it before the span is first entered.
///
/// # Errors
/// [`TraceError`]; the span then begins a trace of its own, without the link.
pub fn link_to(span: &Span, traceparent: &str) -> Result<(), TraceError> {
    let remote = parse(traceparent)?;
    span.set_parent(Context::new())?;
    span.add_link(remote);
    Ok(())
}

/// The caller's traceparent, written as version 00; None when there is none or it is malformed.
pub fn extract(headers: &HeaderMap) -> Option<String> {
    let remote = parse(headers.get(HEADER)?.to_str().ok()?).ok()?;
    write(&Context::new().with_remote_span_context(remote))
}

/// The context as text; None when it is of no span.
fn write(context: &Context) -> Option<String> {
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut fields = HashMap::new();
    TraceContextPropagator::new().inject_context(context, &mut fields);
    fields.remove(HEADER)
}

/// One header, to be read by the propagator.
struct Single<'a>(&'a str);

impl Extractor for Single<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == HEADER).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![HEADER]
    }
}

fn parse(traceparent: &str) -> Result<SpanContext, TraceError> {
    let read = TraceContextPropagator::new().extract_with_context(&Context::new(), &Single(traceparent));
    let remote = read.span().span_context().clone();
    if remote.is_valid() && has_form(traceparent.as_bytes()) {
        return Ok(remote);
    }
    let shown = traceparent.chars().filter(char::is_ascii_graphic).take(80);
    Err(TraceError::NotATraceparent(shown.collect()))
}

/// `VV-TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT-SSSSSSSSSSSSSSSS-FF` in lower-case digits; a version after 00 may go on after
/// another dash. (The propagator is not as strict, and a stored traceparent has to have this form.)
fn has_form(text: &[u8]) -> bool {
    let fits = |(place, byte): (usize, &u8)| match place {
        2 | 35 | 52 | 55 => *byte == b'-',
        _ => place > 55 || matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.iter().enumerate().all(fits) && (text.len() == 55 || text.len() > 55 && !text.starts_with(b"00"))
}
