//! Completes every error on its way out: details where a library gave none, and the request id.

use super::next::{Next, Request, Response};
use crate::error;
use bytes::Bytes;
use http_body::Frame;
use mltraining_runtime::request_id::RequestId;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;

/// Completes the status in the headers of a refusal, and in the trailers of an answer that fails later.
pub async fn explain(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.unwrap_or_else(RequestId::make);
    let mut response = next.run(request).await;
    error::complete(response.headers_mut(), &id);
    response.map(|body| Body::new(Explained { body, id }))
}

struct Explained {
    body: Body,
    id: RequestId,
}

impl http_body::Body for Explained {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        polled.map_ok(|mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                error::complete(trailers, &self.id);
            }
            frame
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
