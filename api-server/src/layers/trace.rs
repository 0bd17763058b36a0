//! One span and one log line for each call.

use super::next::{Next, Request, Response};
use crate::access::{self, Access};
use crate::address::ClientAddress;
use crate::details::shown;
use crate::error::{Fault, Outcome};
use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use mltraining_runtime::metrics::{Up, list};
use mltraining_runtime::request_id::RequestId;
use mltraining_runtime::trace as context;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic_types::StatusExt;
use tracing::{Instrument, Span, field};

/// Runs the call in a span of the caller's trace, and logs its outcome once, when its last frame is gone. Health and
/// reflection leave no trace: they are asked every few seconds.
pub async fn trace(request: Request, next: Next) -> Response {
    let method = access::find(request.uri().path());
    if method.is_some_and(|method| method.access == Access::Open) {
        return next.run(request).await;
    }
    let (path, shape) = method.map_or(("other", "unary"), |method| (method.path, method.shape.as_str()));
    let mut call = Call {
        span: span_of(&request),
        labels: [path.trim_start_matches('/'), shape],
        _active: list::RPC_ACTIVE.up(&[path.trim_start_matches('/')]),
        start: Instant::now(),
        told: false,
    };
    let response = next.run(request).instrument(call.span.clone()).await;
    call.tell(response.headers());
    response.map(|body| Body::new(Traced { body, call }))
}

fn span_of(request: &Request) -> Span {
    let path = shown(request.uri().path());
    let (service, method) = path
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or((&path, ""));
    let id = request.extensions().get::<RequestId>().map(RequestId::as_str);
    let span = tracing::info_span!(
        "rpc",
        otel.name = path.trim_start_matches('/'),
        otel.kind = "server",
        otel.status_code = field::Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = field::Empty,
        request.id = id,
        client.address = client_of(request).map(field::display),
        caller.key = field::Empty,
    );
    if let Some(traceparent) = context::extract(request.headers()) {
        // Only fails when nobody records the span.
        let _ = context::continue_from(&span, &traceparent);
    }
    span
}

/// Where the call comes from, behind the proxies that are trusted.
fn client_of(request: &Request) -> Option<IpAddr> {
    Some(request.extensions().get::<ClientAddress>()?.0)
}

/// The reason that a refusal gives in its ErrorInfo.
fn reason_of(headers: &HeaderMap) -> Option<String> {
    let status = Status::from_header_map(headers)?;
    status.get_details_error_info().map(|info| info.reason)
}

/// A call that is under way.
struct Call {
    span: Span,
    /// Its method, `other` for one that does not exist, and its shape.
    labels: [&'static str; 2],
    _active: Up,
    start: Instant,
    told: bool,
}

impl Call {
    /// Logs the outcome when `headers` (or trailers) hold it.
    fn tell(&mut self, headers: &HeaderMap) {
        if let Some(outcome) = Outcome::of(headers) {
            self.end(outcome, reason_of(headers).as_deref());
        }
    }

    /// An outcome is never an ERROR line: the cause of a fault was one, where it became a status.
    fn end(&mut self, outcome: Outcome, reason: Option<&str>) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let _entered = self.span.enter();
        let took = self.start.elapsed();
        let [method, shape] = self.labels;
        list::RPC_DURATION.record(took.as_secs_f64(), &[method, shape, outcome.name()]);
        let duration_ms = took.as_secs_f64() * 1e3;
        self.span.record("rpc.grpc.status_code", outcome.number());
        match outcome.fault() {
            Fault::Nobody => tracing::info!(rpc.outcome = %outcome, duration_ms, "answered"),
            Fault::Client => {
                tracing::info!(rpc.outcome = %outcome, error.reason = reason, duration_ms, "refused");
            }
            Fault::Server => {
                self.span.record("otel.status_code", "ERROR");
                tracing::warn!(rpc.outcome = %outcome, error.reason = reason, duration_ms, "failed");
            }
        }
    }
}

impl Drop for Call {
    /// The client went away, or the connection did, before the last frame.
    fn drop(&mut self) {
        self.end(Outcome::gone(), None);
    }
}

struct Traced {
    body: Body,
    call: Call,
}

impl http_body::Body for Traced {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let span = self.call.span.clone();
        let polled = span.in_scope(|| Pin::new(&mut self.body).poll_frame(cx));
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(trailers) = frame.trailers_ref()
        {
            self.call.tell(trailers);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
