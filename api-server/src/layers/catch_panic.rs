//! A panic while answering one call is that call's INTERNAL, and nobody else's.

use super::next::{Next, Request, Response};
use crate::error;
use bytes::Bytes;
use futures::FutureExt;
use http_body::Frame;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;

/// Turns a panic into INTERNAL. The panic hook has logged it by then, within the span of the call.
pub async fn catch_panic(request: Request, next: Next) -> Response {
    // What calls share are pools and locks that know no poison: nothing half done is seen by others.
    match AssertUnwindSafe(async move { next.run(request).await })
        .catch_unwind()
        .await
    {
        Ok(response) => response.map(|body| Body::new(Guarded { body: Some(body) })),
        Err(_) => error::refuse(error::fault()),
    }
}

/// A body whose panics become its last frame. `None` after its end.
struct Guarded {
    body: Option<Body>,
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(body).poll_frame(cx)));
        polled.unwrap_or_else(|_| {
            self.body = None;
            Poll::Ready(Some(Ok(error::last_frame(error::fault()))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}
