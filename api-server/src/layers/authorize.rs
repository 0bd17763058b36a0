//! Holds the caller's role against the table of [`crate::access`].

use super::next::{Next, Request, Response};
use crate::access::{self, Access, Method};
use crate::caller::Caller;
use crate::details::shown;
use crate::error::{self, ApiError};
use mltraining_domain::Reason;

/// PERMISSION_DENIED for a role that is too small, UNIMPLEMENTED for a method that is not in the table. That the project
/// of the request is the caller's is checked by the service, which reads its name.
pub async fn authorize(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(method) = access::find(path) else {
        let message = format!("{} is not a method of this server", shown(path));
        return error::refuse(ApiError::new(Reason::Unimplemented, message).with("method", shown(path)));
    };
    match check(method, request.extensions().get()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => error::refuse(refusal),
    }
}

fn check(method: &Method, caller: Option<&Caller>) -> Result<(), ApiError> {
    let Access::Role(needed) = method.access else {
        return Ok(());
    };
    let caller = caller
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("a call without a caller was let through")))?;
    if caller.role >= needed {
        return Ok(());
    }
    let message = format!(
        "{} needs the role {needed}; this key has {}",
        method.name(),
        caller.role
    );
    let refusal = ApiError::new(Reason::PermissionDenied, message);
    Err(refusal.with("required_role", needed).with("role", caller.role))
}
