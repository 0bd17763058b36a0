#![allow(clippy::unwrap_used)]

use super::level::LevelSwitch;
use super::*;
use crate::config::LogFormat;
use crate::trace;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span as Exported;
use serde_json::Value;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tonic::{Request, Response, Status};
use tracing::{debug, info, info_span, warn};
use tracing_subscriber::fmt::writer::BoxMakeWriter;

const SERVICE: Service = Service {
    name: "test",
    version: "1.2.3",
};
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

/// Everything written, by line.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Logs what `work` says to paper, on this thread.
fn log(config: &LogConfig, work: impl FnOnce(&LevelSwitch)) -> Paper {
    log_sampled(1.0, config, work)
}

fn log_sampled(sample_ratio: f64, config: &LogConfig, work: impl FnOnce(&LevelSwitch)) -> Paper {
    let paper = Paper::default();
    let telemetry = TelemetryConfig {
        sample_ratio,
        ..TelemetryConfig::default()
    };
    let provider = provider::build(SERVICE, &telemetry).unwrap();
    let pen = paper.clone();
    let writer = BoxMakeWriter::new(move || pen.clone());
    let (subscriber, level) = subscriber::build_to(writer, SERVICE, config, &telemetry, &provider);
    tracing::subscriber::with_default(subscriber, || work(&level));
    paper
}

fn at(level: &str) -> LogConfig {
    LogConfig {
        level: level.to_owned(),
        ..LogConfig::default()
    }
}

#[test]
fn every_line_in_a_span_carries_its_ids_at_top_level() {
    let lines = log(&at("info"), |_| {
        let request = info_span!("request", request.id = "r-1", job.id = tracing::field::Empty);
        let _request = request.enter();
        request.record("job.id", "j-1");
        let _attempt = info_span!("attempt", job.epoch = 3_i64).entered();
        info!(
            rows = 12_u64,
            share = 0.5,
            bad = f64::NAN,
            done = true,
            "read the source"
        );
    })
    .lines();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(line["message"], "read the source");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["request.id"], "r-1");
    assert_eq!(line["job.id"], "j-1");
    assert_eq!(line["job.epoch"], 3);
    assert_eq!(line["rows"], 12);
    assert_eq!(line["share"], 0.5);
    assert_eq!(line["bad"], "NaN");
    assert_eq!(line["done"], true);
    assert_eq!(line["service.name"], "test");
    assert_eq!(line["service.version"], "1.2.3");
    assert_eq!(line["trace.id"].as_str().unwrap().len(), 32);
    assert_eq!(line["span.id"].as_str().unwrap().len(), 16);
    chrono::DateTime::parse_from_rfc3339(line["timestamp"].as_str().unwrap()).unwrap();
}

#[test]
fn a_line_outside_of_a_span_has_no_trace() {
    let lines = log(&at("info"), |_| info!("started")).lines();
    assert_eq!(lines[0]["message"], "started");
    assert!(lines[0].get("trace.id").is_none());
}

#[test]
fn a_field_cannot_forge_what_the_line_says_of_itself() {
    let lines = log(&at("info"), |_| {
        info!(level = "none", trace.id = "x", "a\nb {{\"level\":\"no\"}}");
    })
    .lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["level"], "INFO");
    assert_eq!(lines[0]["field.level"], "none");
    assert!(lines[0].get("trace.id").is_none());
}

#[test]
fn a_callers_trace_goes_on_with_export_off() {
    let lines = log(&at("info"), |_| {
        let span = info_span!("request");
        trace::continue_from(&span, CALLER).unwrap();
        let _in = span.entered();
        let _deeper = info_span!("deeper").entered();
        let now = trace::current_traceparent().unwrap();
        assert_eq!(now.split('-').nth(1), Some(TRACE_ID));
        assert_ne!(
            now, CALLER,
            "the span is a child of the caller's, not the caller's"
        );
        info!("here");
    })
    .lines();
    assert_eq!(lines[0]["trace.id"], TRACE_ID);
}

#[test]
fn a_trace_that_is_not_sampled_is_carried_and_logged_all_the_same() {
    let lines = log_sampled(0.0, &at("info"), |_| {
        let own = info_span!("own").entered();
        let (now, _deeper) = (
            trace::current_traceparent().unwrap(),
            info_span!("deeper").entered(),
        );
        assert!(now.ends_with("-00"), "{now}");
        assert_eq!(trace::current_traceparent().unwrap()[..36], now[..36]);
        info!("own");
        drop(own);
        let span = info_span!(parent: None, "called");
        trace::continue_from(&span, &CALLER.replace("-01", "-00")).unwrap();
        span.in_scope(|| info!("called"));
    })
    .lines();
    assert_eq!(lines[0]["trace.id"].as_str().unwrap().len(), 32);
    assert_eq!(lines[1]["trace.id"], TRACE_ID);
}

#[test]
fn a_malformed_traceparent_is_refused_and_the_span_begins_its_own_trace() {
    log(&at("info"), |_| {
        let mut headers = http::HeaderMap::new();
        assert_eq!(trace::extract(&headers), None);
        for text in [
            "",
            "x",
            &CALLER[1..],
            &CALLER.to_uppercase(),
            &format!("{CALLER}-more"),
            &CALLER.replace(TRACE_ID, &"0".repeat(32)),
        ] {
            headers.insert(trace::HEADER, text.parse().unwrap());
            assert_eq!(trace::extract(&headers), None, "{text}");
            let span = info_span!("request");
            trace::continue_from(&span, text).unwrap_err();
            assert!(trace::traceparent_of(&span).is_some());
        }
        headers.insert(trace::HEADER, CALLER.parse().unwrap());
        assert_eq!(trace::extract(&headers).as_deref(), Some(CALLER));
        let later_version = format!("cc{}-more", &CALLER[2..]);
        headers.insert(trace::HEADER, later_version.parse().unwrap());
        assert_eq!(trace::extract(&headers).as_deref(), Some(CALLER));
    });
}

#[test]
fn the_level_can_be_raised_and_restored_and_never_costs_a_line_its_ids() {
    let lines = log(&at("warn"), |level| {
        let _span = info_span!("request", request.id = "r-1").entered();
        info!("unheard");
        warn!("first");
        level.raise_to_debug();
        debug!("second");
        debug!(target: "h2::proto", "of no interest");
        level.restore();
        debug!("unheard");
        warn!("third");
    })
    .lines();
    let said: Vec<_> = lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        ["first", "the level of log lines was changed", "second", "third"]
    );
    assert!(
        lines
            .iter()
            .all(|line| line["request.id"] == "r-1" && line["trace.id"].is_string())
    );
}

#[test]
fn a_level_can_be_given_by_target() {
    let lines = log(&at("warn,here=debug,h2=info"), |_| {
        debug!(target: "here::there", "a");
        info!(target: "elsewhere", "unheard");
        info!(target: "h2::proto", "b");
        info!(target: "hyper", "unheard");
    })
    .lines();
    let said: Vec<_> = lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["a", "b"]);
    for malformed in ["", "loud", "here=debug", "info,warn", "info,here=loud", "info,"] {
        assert!(level::parse(malformed).is_none(), "{malformed}");
    }
}

#[test]
fn lines_for_people_show_the_ids_too() {
    let config = LogConfig {
        format: LogFormat::Text,
        ..at("info")
    };
    let text = log(&config, |_| {
        let _span = info_span!("request", request.id = "r-1").entered();
        info!("read the source");
    })
    .text();
    assert!(text.contains("r-1") && text.contains("read the source"), "{text}");
}

/// A receiver of OTLP/gRPC.
struct Receiver(mpsc::Sender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send(request.into_inner()).await.unwrap();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn receiver() -> (String, mpsc::Receiver<ExportTraceServiceRequest>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (send, received) = mpsc::channel(100);
    let service =
        TraceServiceServer::new(Receiver(send)).accept_compressed(tonic::codec::CompressionEncoding::Gzip);
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    (endpoint, received)
}

/// Exports what `work` traces, and gives what arrived.
async fn export(work: impl FnOnce()) -> Vec<ExportTraceServiceRequest> {
    let (endpoint, mut received) = receiver().await;
    let telemetry = TelemetryConfig {
        otlp_endpoint: Some(endpoint),
        ..TelemetryConfig::default()
    };
    let provider = provider::build(SERVICE, &telemetry).unwrap();
    let writer = BoxMakeWriter::new(std::io::sink);
    let (subscriber, level) = subscriber::build_to(writer, SERVICE, &at("off"), &telemetry, &provider);
    tracing::subscriber::with_default(subscriber, work);
    Telemetry {
        provider,
        export_timeout: telemetry.export_timeout,
        level,
    }
    .shutdown()
    .await;
    received.close();
    let mut requests = Vec::new();
    while let Some(request) = received.recv().await {
        requests.push(request);
    }
    requests
}

fn spans(requests: &[ExportTraceServiceRequest]) -> Vec<Exported> {
    let resources = requests.iter().flat_map(|request| &request.resource_spans);
    resources
        .flat_map(|resource| &resource.scope_spans)
        .flat_map(|scope| scope.spans.clone())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_reach_the_receiver_whatever_the_level_of_log_lines() {
    let requests = export(|| {
        let request = info_span!("request", request.id = "r-1");
        trace::continue_from(&request, CALLER).unwrap();
        let _request = request.entered();
        let _library = info_span!(target: "h2::proto", "frame").entered();
        let _read = info_span!("read").entered();
        let _detail = tracing::debug_span!("detail").entered();
    })
    .await;
    let resource = requests[0].resource_spans[0].resource.clone().unwrap();
    let name = resource
        .attributes
        .iter()
        .find(|attribute| attribute.key == "service.name")
        .unwrap();
    assert!(format!("{name:?}").contains("\"test\""), "{name:?}");
    let mut spans = spans(&requests);
    spans.sort_by_key(|span| span.name.clone());
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["read", "request"]);
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE_ID));
    assert_eq!(hex(&spans[1].parent_span_id), "b7ad6b7169203331");
    assert_eq!(spans[0].parent_span_id, spans[1].span_id);
    assert!(
        spans[1]
            .attributes
            .iter()
            .any(|attribute| attribute.key == "request.id")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_attempt_is_a_trace_of_its_own_that_points_to_the_request() {
    let requests = export(|| {
        let _other = info_span!("loop").entered();
        let attempt = info_span!("attempt");
        trace::link_to(&attempt, CALLER).unwrap();
        drop(attempt.entered());
    })
    .await;
    let spans = spans(&requests);
    let attempt = spans.iter().find(|span| span.name == "attempt").unwrap();
    let around = spans.iter().find(|span| span.name == "loop").unwrap();
    assert!(attempt.parent_span_id.is_empty());
    assert_ne!(hex(&attempt.trace_id), TRACE_ID);
    assert_ne!(attempt.trace_id, around.trace_id);
    assert_eq!(hex(&attempt.links[0].trace_id), TRACE_ID);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_away_does_not_hold_up_the_end() {
    let telemetry = TelemetryConfig {
        otlp_endpoint: Some("http://127.0.0.1:9".to_owned()), // discard: nobody listens
        export_timeout: Duration::from_millis(300),
        ..TelemetryConfig::default()
    };
    let provider = provider::build(SERVICE, &telemetry).unwrap();
    let writer = BoxMakeWriter::new(std::io::sink);
    let (subscriber, level) = subscriber::build_to(writer, SERVICE, &at("off"), &telemetry, &provider);
    tracing::subscriber::with_default(subscriber, || drop(info_span!("lost").entered()));
    let telemetry = Telemetry {
        provider,
        export_timeout: telemetry.export_timeout,
        level,
    };
    tokio::time::timeout(Duration::from_secs(20), telemetry.shutdown())
        .await
        .unwrap();
}
