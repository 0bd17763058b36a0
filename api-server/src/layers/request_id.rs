//! Takes the caller's `x-request-id` or makes one, and echoes it with every answer.

use super::next::{Next, Request, Response};
use crate::connections::Peer;
use http::HeaderValue;
use mltraining_runtime::request_id::{HEADER, RequestId};

/// Puts the [`RequestId`] into the request's extensions and into the response's metadata, also into that of a refusal.
/// As the first step of every call it also notes that the connection is used.
pub async fn request_id(mut request: Request, next: Next) -> Response {
    if let Some(peer) = request.extensions().get::<Peer>() {
        peer.note_request();
    }
    let id = RequestId::of(request.headers());
    let echo = HeaderValue::from_str(id.as_str()).expect("a request id is visible ASCII");
    request.extensions_mut().insert(id);
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, echo);
    response
}
