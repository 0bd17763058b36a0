//! The meter provider: always with the registry that Prometheus reads, and with an exporter when one is configured.

use crate::config::{MetricsConfig, TelemetryConfig};
use crate::telemetry::{Service, TelemetryError, resource};
use opentelemetry_otlp::{Compression, MetricExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use prometheus::Registry;
use tonic::transport::ClientTlsConfig;

pub(super) fn build(
    service: Service,
    telemetry: &TelemetryConfig,
    metrics: &MetricsConfig,
    registry: &Registry,
) -> Result<SdkMeterProvider, TelemetryError> {
    let text = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .without_target_info()
        .build()
        .map_err(|error| TelemetryError::Registry(error.to_string()))?;
    let provider = SdkMeterProvider::builder()
        .with_resource(resource(service, telemetry))
        .with_reader(text);
    let Some(endpoint) = &telemetry.otlp_endpoint else {
        return Ok(provider.build());
    };
    let exporter = MetricExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(telemetry.export_timeout)
        .with_compression(Compression::Gzip);
    // The exporter's own default for https trusts nobody.
    let exporter = if endpoint.starts_with("https:") {
        exporter.with_tls_config(ClientTlsConfig::new().with_enabled_roots())
    } else {
        exporter
    };
    let reader = PeriodicReader::builder(exporter.build()?)
        .with_interval(metrics.otlp_interval)
        .build();
    Ok(provider.with_reader(reader).build())
}
