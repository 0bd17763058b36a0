//! Limits of streams: how many one caller may have open, how long one may be silent, and their end when the server stops.

use super::next::{Next, Request, Response};
use crate::access::{self, Access, Shape};
use crate::caller::Caller;
use crate::error::{self, ApiError};
use bytes::Bytes;
use futures::FutureExt;
use http_body::Frame;
use mltraining_domain::Reason;
use mltraining_runtime::config::ServerConfig;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;

/// The open streams of each caller. Clones share it.
#[derive(Debug, Clone)]
pub struct OpenStreams {
    open: Arc<Mutex<HashMap<String, usize>>>,
    per_caller: usize,
    idle: Duration,
    stop: CancellationToken,
}

impl OpenStreams {
    /// None open. All end when `stop` fires.
    pub fn new(server: &ServerConfig, stop: CancellationToken) -> Self {
        Self {
            open: Arc::default(),
            per_caller: server.max_watches_per_caller,
            idle: server.stream_idle_timeout,
            stop,
        }
    }

    fn count_in(&self, caller: &str) -> Result<Place, ApiError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller.to_owned()).or_default();
        if *count >= self.per_caller {
            let limit = self.per_caller;
            let message = format!("this caller has {limit} open streams, {limit} are allowed; close one");
            let refusal = ApiError::new(Reason::QuotaExceeded, message);
            return Err(refusal.with("quota", "open_streams").with("limit", limit));
        }
        *count += 1;
        Ok(Place {
            open: self.open.clone(),
            caller: caller.to_owned(),
        })
    }
}

/// One open stream of a caller; given back when dropped.
struct Place {
    open: Arc<Mutex<HashMap<String, usize>>>,
    caller: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

/// QUOTA_EXCEEDED for one stream too many; lets calls with one answer pass.
pub async fn limit(streams: OpenStreams, request: Request, next: Next) -> Response {
    let Some(method) = access::find(request.uri().path()).filter(|method| method.shape == Shape::Stream)
    else {
        return next.run(request).await;
    };
    let caller = request.extensions().get::<Caller>();
    let place = match caller.map(|caller| streams.count_in(&caller.key)).transpose() {
        Ok(place) => place,
        Err(refusal) => return error::refuse(refusal),
    };
    // A watch of health may well be silent for days.
    let idle = (method.access != Access::Open).then_some(streams.idle);
    let response = next.run(request).await;
    response.map(|body| {
        Body::new(Bounded {
            body: Some(body),
            silence: idle.map(|idle| (idle, Box::pin(tokio::time::sleep(idle)))),
            stop: Box::pin(streams.stop.cancelled_owned()),
            _place: place,
        })
    })
}

/// A stream with its limits. `body` is `None` after its end.
struct Bounded {
    body: Option<Body>,
    silence: Option<(Duration, Pin<Box<Sleep>>)>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    _place: Option<Place>,
}

impl Bounded {
    /// Why the stream has to end now, if it has to.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<ApiError> {
        if self.stop.poll_unpin(cx).is_ready() {
            let message = "the server is stopping; open the stream again, it goes on where it was";
            return Poll::Ready(ApiError::new(Reason::Unavailable, message));
        }
        let Some((idle, timer)) = &mut self.silence else {
            return Poll::Pending;
        };
        timer.poll_unpin(cx).map(|()| {
            let message = format!(
                "nothing was sent for {} s; open the stream again, it goes on where it was",
                idle.as_secs_f64()
            );
            ApiError::new(Reason::Unavailable, message)
        })
    }
}

impl http_body::Body for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        // What is there is sent first: a watcher of health hears NOT_SERVING before its stream ends.
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            if let Some((idle, timer)) = &mut self.silence {
                timer.as_mut().reset(Instant::now() + *idle);
            }
            return Poll::Ready(frame);
        }
        self.poll_end(cx).map(|reason| {
            self.body = None;
            Some(Ok(error::last_frame(reason)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}
