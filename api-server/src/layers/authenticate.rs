//! Finds out who calls.

use super::next::{Next, Request, Response};
use crate::access::{self, Access};
use crate::error;
use crate::keys::Keys;

/// Puts the [`crate::caller::Caller`] into the request's extensions, or refuses with UNAUTHENTICATED. Health and
/// reflection are open: they tell nothing but that the server lives, and the contract that everyone can read in proto/.
pub async fn authenticate(keys: Keys, mut request: Request, next: Next) -> Response {
    if access::find(request.uri().path()).is_some_and(|method| method.access == Access::Open) {
        return next.run(request).await;
    }
    match keys.caller(request.headers()).await {
        Ok(caller) => {
            tracing::Span::current().record("caller.key", &caller.key);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => error::refuse(refusal),
    }
}
