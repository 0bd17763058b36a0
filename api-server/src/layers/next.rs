//! A chain of steps that every call passes: each is one async function that gets the request and what comes next.

use futures::future::BoxFuture;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service;

/// A gRPC request as it came from the wire.
pub type Request = http::Request<Body>;
/// A gRPC response as it goes there.
pub type Response = http::Response<Body>;

/// The rest of the chain, down to the services.
#[derive(Clone)]
pub struct Next(Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>);

impl Next {
    /// The end of the chain: the services themselves.
    pub fn services(routes: Routes) -> Self {
        let routes = routes.prepare();
        Self(Arc::new(move |request| {
            let answer = routes.clone().call(request);
            Box::pin(async move {
                match answer.await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        }))
    }

    /// This chain with one more step before it.
    #[must_use]
    pub fn behind<F, Fut>(self, step: F) -> Self
    where
        F: Fn(Request, Next) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        Self(Arc::new(move |request| Box::pin(step(request, self.clone()))))
    }

    /// Passes the request on.
    pub async fn run(self, request: Request) -> Response {
        (self.0)(request).await
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

impl Service<Request> for Next {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    /// Always ready: what is too much is refused with an answer, not held back.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let next = self.clone();
        Box::pin(async move { Ok(next.run(request).await) })
    }
}
