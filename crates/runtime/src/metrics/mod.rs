//! Numbers of a running process, for those who watch it.
//!
//! [`list`] declares every metric of both binaries once: name, unit, text, labels. What is recorded there is told in two ways: by
//! OTLP to `telemetry.otlp_endpoint`, and as text for Prometheus on `metrics.listen`
//! ([ADR 48](../../../../docs/adr/0048-metrics-are-declared-once-and-told-twice.md)).
//!
//! Cardinality is low by the types: the value of a label is a `&'static str`, a word of the program. An id, a name that a user
//! chose or a path that a client sent cannot be one.
//!
//! In a process that has not called [`Metrics::init`] (a command, the process of an attempt, a test) recording does nothing.

mod instrument;
pub mod list;
mod process;
mod provider;
mod serve;

#[cfg(test)]
mod tests;

pub use instrument::{Count, Declared, Gauge, Histogram, Kind, Level, Unit, Up};
pub use serve::serve;

use crate::config::{MetricsConfig, TelemetryConfig};
use crate::telemetry::{Service, TelemetryError};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Encoder, Registry, TextEncoder};
use std::time::Duration;

/// The metrics of the running process. Keep it until the end, then [`Metrics::shutdown`].
#[must_use = "numbers not yet exported are lost without `shutdown`"]
#[derive(Debug, Clone)]
pub struct Metrics {
    provider: SdkMeterProvider,
    registry: Registry,
    export_timeout: Duration,
}

impl Metrics {
    /// Begins counting for the whole process. Needs a tokio runtime when numbers are exported.
    ///
    /// # Errors
    /// [`TelemetryError`] when an exporter refuses its settings.
    pub fn init(
        service: Service,
        telemetry: &TelemetryConfig,
        metrics: &MetricsConfig,
    ) -> Result<Self, TelemetryError> {
        crate::tls::install_provider();
        let registry = Registry::new();
        let provider = provider::build(service, telemetry, metrics, &registry)?;
        opentelemetry::global::set_meter_provider(provider.clone());
        list::BUILD.set(1.0, &[service.name, service.version]);
        process::observe();
        Ok(Self {
            provider,
            registry,
            export_timeout: telemetry.export_timeout,
        })
    }

    /// All numbers of this moment, as Prometheus reads them (text format 0.0.4).
    ///
    /// # Errors
    /// When they cannot be written as text; says why.
    pub fn text(&self) -> Result<String, String> {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .map_err(|error| error.to_string())?;
        String::from_utf8(text).map_err(|error| error.to_string())
    }

    /// Exports what is left, for `telemetry.export_timeout` at most. What cannot be exported is lost, with a log line.
    pub async fn shutdown(self) {
        let (provider, limit) = (self.provider, self.export_timeout);
        // As with spans: the exporter's thread must not wait for the thread that waits for it.
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(limit)).await;
        match flushed {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the last numbers were not exported"),
            Err(error) => tracing::warn!(%error, "the last numbers were not exported"),
        }
    }
}
