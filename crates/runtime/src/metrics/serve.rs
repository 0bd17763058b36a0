//! The endpoint that Prometheus reads: plain HTTP/1.1, `GET /metrics`, on a port of its own.

use super::Metrics;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Connections at most; a scraper needs one.
const CONNECTIONS: usize = 16;

/// Longest time that a connection may take to say what it wants.
const HEADER: Duration = Duration::from_secs(10);

/// Longest time that a connection stays open.
const CONNECTION: Duration = Duration::from_secs(300);

/// Serves the numbers until `stop`.
pub async fn serve(listener: TcpListener, metrics: Metrics, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        // One that is too many, or that could not be accepted, is closed; whoever reads numbers comes again.
        if let (Ok((stream, _)), Ok(permit)) = (accepted, Arc::clone(&room).try_acquire_owned()) {
            tokio::spawn(follow(stream, metrics.clone(), permit, stop.clone()));
        }
    }
}

async fn follow(stream: TcpStream, metrics: Metrics, permit: OwnedSemaphorePermit, stop: CancellationToken) {
    let service = service_fn(move |request| {
        let answer = answer(&request, &metrics);
        async move { Ok::<_, Infallible>(answer) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = tokio::time::timeout(CONNECTION, serving) => {} // who went away needs no answer
        () = stop.cancelled() => {}
    }
    drop(permit);
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match metrics.text() {
            Ok(text) => (StatusCode::OK, text),
            Err(error) => {
                tracing::warn!(error, "the numbers cannot be told");
                (StatusCode::INTERNAL_SERVER_ERROR, String::new())
            }
        },
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
        _ => (StatusCode::NOT_FOUND, "GET /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    );
    response
}
