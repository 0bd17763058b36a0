//! The tracer provider: always there, with an exporter when one is configured.

use super::{Service, TelemetryError};
use crate::config::TelemetryConfig;
use opentelemetry::KeyValue;
use opentelemetry_otlp::{Compression, SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use std::time::Duration;
use tonic::transport::ClientTlsConfig;

/// A finished span waits this long at most for others to be exported with.
const EXPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Who speaks, as spans and numbers tell it.
pub(crate) fn resource(service: Service, config: &TelemetryConfig) -> Resource {
    let name = config
        .service_name
        .clone()
        .unwrap_or_else(|| service.name.to_owned());
    Resource::builder()
        .with_service_name(name)
        .with_attribute(KeyValue::new("service.version", service.version))
        .build()
}

pub(super) fn build(service: Service, config: &TelemetryConfig) -> Result<SdkTracerProvider, TelemetryError> {
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample_ratio)));
    let provider = SdkTracerProvider::builder()
        .with_resource(resource(service, config))
        .with_sampler(sampler);
    let Some(endpoint) = &config.otlp_endpoint else {
        return Ok(provider.build());
    };
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(config.export_timeout)
        .with_compression(Compression::Gzip);
    // The exporter's own default for https trusts nobody.
    let exporter = if endpoint.starts_with("https:") {
        exporter.with_tls_config(ClientTlsConfig::new().with_enabled_roots())
    } else {
        exporter
    };
    let exporter = exporter.build()?;
    let batches = BatchConfigBuilder::default()
        .with_scheduled_delay(EXPORT_INTERVAL)
        .build();
    let processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(batches)
        .build();
    Ok(provider.with_span_processor(processor).build())
}
