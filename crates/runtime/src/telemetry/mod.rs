//! Log lines and traces of a process.
//!
//! A log line is a JSON object: `timestamp`, `level`, `target`, `message`, `service.name`, `service.version`, the
//! event's fields, and the fields of all spans around it (`request.id`, `job.id`, `job.epoch`, ...; the innermost wins)
//! at top level, with `trace.id` and `span.id`. Lines go to standard output unless `log.output` says otherwise.
//!
//! A tracer provider is always installed, so that a caller's trace goes on through this process with export off.
//! SIGUSR1 raises the level to debug at run time, SIGUSR2 returns to the configured one.

mod json;
pub(crate) mod level;
mod panic;
mod provider;
mod subscriber;

#[cfg(test)]
mod tests;

pub(crate) use provider::resource;

use crate::config::{LogConfig, TelemetryConfig};
use level::LevelSwitch;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::time::Duration;
use tracing_subscriber::util::SubscriberInitExt;

/// Who speaks.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// `service.name` unless `telemetry.service_name` is set, e.g. `api-server`.
    pub name: &'static str,
    /// `service.version`, e.g. `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
}

/// Why telemetry cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The exporter refuses its settings.
    #[error("the OTLP exporter cannot be made: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The numbers cannot be told as text.
    #[error("the registry of metrics cannot be made: {0}")]
    Registry(String),
    /// Something else logs in this process already.
    #[error("a subscriber of log lines is installed already")]
    Installed,
    /// The signal handlers cannot be installed.
    #[error("SIGUSR1 and SIGUSR2 cannot be listened to: {0}")]
    Signals(#[from] std::io::Error),
}

/// Telemetry of the running process. Keep it until the end, then [`Telemetry::shutdown`].
#[must_use = "spans not yet exported are lost without `shutdown`"]
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    export_timeout: Duration,
    level: LevelSwitch,
}

impl Telemetry {
    /// Begins logging and tracing for the whole process, follows SIGUSR1 and SIGUSR2, and makes panics log lines. Needs a
    /// tokio runtime with more than one thread: exports run on it.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn init(
        service: Service,
        log: &LogConfig,
        telemetry: &TelemetryConfig,
    ) -> Result<Self, TelemetryError> {
        crate::tls::install_provider();
        let provider = provider::build(service, telemetry)?;
        let (subscriber, level) = subscriber::build(service, log, telemetry, &provider);
        subscriber.try_init().map_err(|_| TelemetryError::Installed)?;
        // For spans that lie in the past, which `tracing` cannot make.
        opentelemetry::global::set_tracer_provider(provider.clone());
        opentelemetry::global::set_text_map_propagator(
            opentelemetry_sdk::propagation::TraceContextPropagator::new(),
        );
        panic::log_panics();
        level.follow_signals()?;
        Ok(Self {
            provider,
            export_timeout: telemetry.export_timeout,
            level,
        })
    }

    /// The level of log lines.
    pub fn level(&self) -> &LevelSwitch {
        &self.level
    }

    /// Exports what is left, for `telemetry.export_timeout` at most, and ends tracing. What cannot be exported is lost,
    /// with a log line.
    pub async fn shutdown(self) {
        let Self {
            provider,
            export_timeout,
            ..
        } = self;
        // The exporter's thread answers over a channel: waiting for it on a runtime thread could starve the export.
        let flushed =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(export_timeout)).await;
        match flushed {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans were not exported"),
            Err(error) => tracing::warn!(%error, "the last spans were not exported"),
        }
    }
}
