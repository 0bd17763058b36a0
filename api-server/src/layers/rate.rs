//! Counts calls, first by where they come from, then by whose they are.

use super::next::{Next, Request, Response};
use crate::address::{ClientAddress, counted};
use crate::caller::Caller;
use crate::error;
use crate::rate::Buckets;

/// What probes ask; a server that has no tokens left is not a dead one.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Before anything is looked up: everyone's calls, and those of an address.
pub(crate) async fn of_address(buckets: Buckets, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(HEALTH) {
        return next.run(request).await;
    }
    let address = request.extensions().get::<ClientAddress>();
    let address = address.map(|address| counted(address.0));
    match buckets.count_address(address.as_deref()).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => error::refuse(refusal),
    }
}

/// Once it is proven whose key a call has: those of that key. A key that is only named counts against nobody.
pub(crate) async fn of_key(buckets: Buckets, request: Request, next: Next) -> Response {
    let counted = match request.extensions().get::<Caller>() {
        Some(caller) => buckets.count_key(&caller.key).await,
        None => Ok(()),
    };
    match counted {
        Ok(()) => next.run(request).await,
        Err(refusal) => error::refuse(refusal),
    }
}
