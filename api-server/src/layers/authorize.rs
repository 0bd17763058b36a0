//! Holds the caller's role against the table of [`crate::access`].

use super::next::{Next, Request, Response};
use crate::access::{self, Access, Method, Port};
use crate::caller::Caller;
use crate::details::shown;
use crate::error::{self, ApiError};
use mltraining_domain::Reason;

/// Puts the row of the method into the request's extensions. PERMISSION_DENIED for a role that is too small, UNIMPLEMENTED for a method that the table does not have on this port.
/// That the project of the request is the caller's is checked by the service, which reads its name.
pub async fn authorize(port: Port, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(method) = access::find(path).filter(|method| method.is_on(port)) else {
        let message = format!("{} is not a method of this port of the server", shown(path));
        return error::refuse(ApiError::new(Reason::Unimplemented, message).with("method", shown(path)));
    };
    match check(method, request.extensions().get()) {
        Ok(()) => {
            request.extensions_mut().insert(method);
            next.run(request).await
        }
        Err(refusal) => error::refuse(refusal),
    }
}

fn check(method: &Method, caller: Option<&Caller>) -> Result<(), ApiError> {
    let needed = match method.access {
        Access::Open => return Ok(()),
        Access::Role(role) | Access::ServiceRole(role) => role,
    };
    let caller = caller
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("a call without a caller was let through")))?;
    if method.access.allows(caller) {
        return Ok(());
    }
    let of_project = match (method.access, &caller.project) {
        (Access::ServiceRole(_), Some(project)) => format!(" of the project `{project}`"),
        _ => String::new(),
    };
    let message = format!(
        "{} needs the role {}; this caller has {}{of_project}",
        method.name(),
        method.access,
        caller.role
    );
    let refusal = ApiError::new(Reason::PermissionDenied, message);
    Err(refusal.with("required_role", needed).with("role", caller.role))
}
