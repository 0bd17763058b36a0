//! One JSON object for each event, with the fields of the spans around it.

use chrono::{SecondsFormat, Utc};
use opentelemetry::Context as TraceContext;
use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use std::fmt;
use std::io::Write;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// The layer that writes the lines.
pub(super) struct JsonLines {
    writer: BoxMakeWriter,
    service_name: String,
    service_version: &'static str,
}

/// A span's fields, kept with the span.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl JsonLines {
    pub(super) fn new(writer: BoxMakeWriter, service_name: String, service_version: &'static str) -> Self {
        Self {
            writer,
            service_name,
            service_version,
        }
    }

    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> Map<String, Value>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let metadata = event.metadata();
        let mut line = Map::new();
        line.insert(
            "timestamp".into(),
            Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true).into(),
        );
        line.insert("level".into(), metadata.level().as_str().into());
        line.insert("target".into(), metadata.target().into());
        let mut own = Fields::default();
        event.record(&mut own);
        line.insert(
            "message".into(),
            own.0.remove("message").unwrap_or_else(|| "".into()),
        );
        line.insert("service.name".into(), self.service_name.as_str().into());
        line.insert("service.version".into(), self.service_version.into());
        add_trace(&mut line);
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                add(&mut line, &fields.0);
            }
        }
        add(&mut line, &own.0);
        line
    }
}

/// The trace that the current span is part of. The layer of traces makes the current span the current context.
fn add_trace(line: &mut Map<String, Value>) {
    let context = TraceContext::current();
    let span = context.span();
    let span = span.span_context();
    if span.is_valid() {
        line.insert("trace.id".into(), span.trace_id().to_string().into());
        line.insert("span.id".into(), span.span_id().to_string().into());
    }
}

/// What the line says of itself; a field of the same name stands as `field.NAME`.
const RESERVED: [&str; 8] = [
    "timestamp",
    "level",
    "target",
    "message",
    "service.name",
    "service.version",
    "trace.id",
    "span.id",
];

fn add(line: &mut Map<String, Value>, fields: &Map<String, Value>) {
    for (name, value) in fields {
        let name = if RESERVED.contains(&name.as_str()) {
            format!("field.{name}")
        } else {
            name.clone()
        };
        line.insert(name, value.clone());
    }
}

impl<S> Layer<S> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut text = Value::Object(self.line(event, &context)).to_string();
        text.push('\n');
        // One write a line, so that lines of several threads do not mix. There is nobody to tell of a failure.
        let _ = self
            .writer
            .make_writer_for(event.metadata())
            .write_all(text.as_bytes());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0
            .insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    /// NaN and infinities, which JSON has no numbers for, stand as text.
    fn record_f64(&mut self, field: &Field, value: f64) {
        let number = serde_json::Number::from_f64(value).map(Value::Number);
        self.0.insert(
            field.name().to_owned(),
            number.unwrap_or_else(|| value.to_string().into()),
        );
    }
}
