//! One request, one trace: seen by a real OTLP receiver.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::probe::{self, PROBES};
use mltraining_tests::system::{self, System};
use mltraining_tests::{data, wait};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::CompressionEncoding;
use tonic::{Request, Response, Status};

/// Keeps every span that it receives, with the name of the service that sent it.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(String, Span)>>>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for resource in request.into_inner().resource_spans {
            let attributes = resource.resource.unwrap_or_default().attributes;
            let name = attributes
                .into_iter()
                .find(|a| a.key == "service.name")
                .and_then(|a| a.value);
            let service = format!("{:?}", name.and_then(|v| v.value));
            for scope in resource.scope_spans {
                let spans = scope.spans.into_iter().map(|span| (service.clone(), span));
                self.0.lock().unwrap().extend(spans);
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let service = TraceServiceServer::new(receiver.clone()).accept_compressed(CompressionEncoding::Gzip);
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (receiver, endpoint)
    }

    /// Names of the spans of a trace, by the service that made them.
    fn names(&self, trace: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (service, span) in self
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, span)| hex(&span.trace_id) == trace)
        {
            names
                .entry(service.clone())
                .or_default()
                .insert(span.name.clone());
        }
        names
    }
}

impl Receiver {
    /// The spans of attempts, ordered by their epochs.
    fn attempts(&self) -> Vec<Span> {
        let spans = self.0.lock().unwrap();
        let mut attempts: Vec<Span> = spans.iter().map(|(_, span)| span.clone()).collect();
        attempts.retain(|span| span.name == "attempt");
        attempts.sort_by_key(|span| span.start_time_unix_nano);
        attempts
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const REQUEST: &str = "order-4711";

/// Trains once, as a caller that brings a trace and a request id.
async fn train_traced(system: &System) -> pb::Job {
    let caller = system.caller();
    data::register_bars(&caller).await;
    let mut request = Request::new(data::training("traced", 240, 3));
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    request
        .metadata_mut()
        .insert("traceparent", parent.parse().unwrap());
    request
        .metadata_mut()
        .insert("x-request-id", REQUEST.parse().unwrap());
    let response = caller.training.clone().train_model(request).await.unwrap();
    let echoed = response.metadata().get("x-request-id").cloned();
    assert_eq!(echoed.unwrap(), REQUEST, "the request id comes back");
    let name = response.into_inner().name;
    caller.ended(&name).await
}

async fn one_trace_holds_everything(settings: &[(&str, &str)]) {
    let (receiver, endpoint) = Receiver::start().await;
    let mut all = vec![("MLTS_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str())];
    all.extend_from_slice(settings);
    let mut system = System::start_with(&all).await;
    data::make_bars(&system.database, 4, 300);
    system.add_worker().await;
    let job = train_traced(&system).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    assert_eq!(job.trace_id, TRACE);
    assert_eq!(job.correlation_id, REQUEST);

    let expected = [
        "queue_wait",
        "attempt",
        "read",
        "labels",
        "features",
        "fold",
        "final_fit",
        "evaluate",
        "store",
    ];
    let names = wait::until("all spans arrive", || async {
        let names = receiver.names(TRACE);
        let worker = names
            .iter()
            .find(|(service, _)| service.contains("worker"))
            .map(|(_, names)| names.clone())?;
        let api = names.keys().any(|service| service.contains("api-server"));
        (api && expected.iter().all(|name| worker.contains(*name))).then_some(names)
    })
    .await;
    let api = &names[names
        .keys()
        .find(|service| service.contains("api-server"))
        .unwrap()];
    assert!(api.iter().any(|name| name.contains("TrainModel")), "{api:?}");

    let folds = receiver
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|(_, s)| s.name == "fold" && hex(&s.trace_id) == TRACE)
        .count();
    assert_eq!(folds, 2, "each fold has its span");
    every_line_about_the_job_names_request_and_trace(&system, &job);
}

fn every_line_about_the_job_names_request_and_trace(system: &System, job: &pb::Job) {
    let mut lines = system.workers[0].json_lines();
    lines.extend(system.api.json_lines());
    let about_job: Vec<_> = lines
        .iter()
        .filter(|line| line["job.id"] == job.uid.as_str())
        .collect();
    assert!(
        about_job.len() >= 3,
        "the worker says something about the job: {about_job:?}"
    );
    for line in about_job {
        assert_eq!(line["request.id"], REQUEST, "{line}");
        assert_eq!(line["trace.id"], TRACE, "{line}");
    }
}

#[tokio::test]
async fn one_trace_holds_api_queue_wait_read_features_folds_and_store() {
    one_trace_holds_everything(&[]).await;
}

#[tokio::test]
async fn the_trace_is_whole_when_the_hint_was_lost_and_the_poll_found_the_job() {
    let dead = format!("redis://127.0.0.1:{}/0", system::free_port());
    let poll = [
        ("MLTS_WORKER__POLL_MIN", "200ms"),
        ("MLTS_WORKER__POLL_MAX", "400ms"),
    ];
    one_trace_holds_everything(&[("MLTS_REDIS__URL", &dead), poll[0], poll[1]]).await;
}

#[tokio::test]
async fn the_first_attempt_continues_the_trace_and_a_later_one_begins_its_own_with_a_link_to_it() {
    let (receiver, endpoint) = Receiver::start().await;
    let otlp = ("MLTS_TELEMETRY__OTLP_ENDPOINT", endpoint.as_str());
    let mut system = System::start_with(&[PROBES, otlp]).await;
    let id = probe::submit(
        &system.database,
        &json!({"steps": [{"do": "fail", "class": "TRANSIENT"}], "until_epoch": 1}),
    );
    let request = "b7ad6b7169203331";
    let parent = format!("00-{TRACE}-{request}-01");
    system.database.sql(&format!(
        "UPDATE job SET traceparent = '{parent}' WHERE id = '{id}'"
    ));
    system.add_worker().await;
    let row = probe::ended_soon(&system.database, &id, "state, lease_epoch").await;
    assert_eq!(row, "SUCCEEDED|2");
    let attempts = wait::until("the spans of both attempts arrive", || async {
        let attempts = receiver.attempts();
        (attempts.len() == 2).then_some(attempts)
    })
    .await;
    let [first, second] = &attempts[..] else {
        panic!("{attempts:?}")
    };
    assert_eq!(hex(&first.trace_id), TRACE);
    assert_eq!(hex(&first.parent_span_id), request);
    assert_ne!(hex(&second.trace_id), TRACE);
    assert!(second.parent_span_id.is_empty(), "a root: {second:?}");
    let linked: Vec<(String, String)> = second
        .links
        .iter()
        .map(|link| (hex(&link.trace_id), hex(&link.span_id)))
        .collect();
    assert_eq!(linked, [(TRACE.to_owned(), request.to_owned())]);
}
