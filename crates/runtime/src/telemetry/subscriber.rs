//! The layers that see every span and event.

use super::Service;
use super::json::JsonLines;
use super::level::{self, LIBRARIES, LevelSwitch};
use crate::config::{LogConfig, LogFormat, LogOutput, TelemetryConfig};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Subscriber};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{Registry, filter};

pub(super) fn build(
    service: Service,
    log: &LogConfig,
    telemetry: &TelemetryConfig,
    provider: &SdkTracerProvider,
) -> (impl Subscriber + Send + Sync + use<>, LevelSwitch) {
    let writer = match log.output {
        LogOutput::Stdout => BoxMakeWriter::new(std::io::stdout),
        LogOutput::Stderr => BoxMakeWriter::new(std::io::stderr),
    };
    build_to(writer, service, log, telemetry, provider)
}

pub(super) fn build_to(
    writer: BoxMakeWriter,
    service: Service,
    log: &LogConfig,
    telemetry: &TelemetryConfig,
    provider: &SdkTracerProvider,
) -> (impl Subscriber + Send + Sync + use<>, LevelSwitch) {
    let level = level::parse(&log.level).or_else(|| level::parse("info"));
    let (filter, switch) = LevelSwitch::new(level.expect("info is a level"));
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Json => {
            let name = telemetry
                .service_name
                .clone()
                .unwrap_or_else(|| service.name.to_owned());
            Box::new(JsonLines::new(writer, name, service.version))
        }
        LogFormat::Text => Box::new(
            tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(writer),
        ),
    };
    let ours = filter::filter_fn(|metadata| {
        *metadata.level() <= Level::INFO
            && !LIBRARIES
                .iter()
                .any(|library| metadata.target().starts_with(library))
    });
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("mltraining"))
        .with_location(false)
        .with_threads(false)
        .with_filter(ours);
    let subscriber = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces);
    (subscriber, switch)
}
