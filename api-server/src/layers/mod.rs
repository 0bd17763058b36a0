//! What every call passes before and after its service, one file each.

pub(crate) mod address;
pub mod authenticate;
pub mod authorize;
pub mod catch_panic;
pub mod deadline;
pub mod explain;
pub mod next;
pub(crate) mod rate;
pub mod request_id;
pub mod shed;
pub mod streams;
pub mod trace;

use crate::access::Port;
use crate::context::Context;
use crate::keys::Keys;
use crate::rate::Buckets;
use next::Next;
use shed::Capacity;
use std::sync::Arc;
use streams::OpenStreams;
use tonic::service::Routes;

/// The services of a port behind all layers. Each port has room of its own: who runs the service gets through when those
/// who use it have filled theirs. Read from the bottom up: a call passes the last step first.
///
/// The order has reasons: every refusal of a step further in has a request id, a log line and full error details, also
/// that of a panic; a call that is too much, by number or at once, costs no look at the database; the look-up of a key counts against the deadline.
pub fn wrap(routes: Routes, port: Port, context: &Arc<Context>) -> Next {
    let server = &context.config.server;
    let streams = OpenStreams::new(server, context.stop.clone());
    let keys = Keys::new(server.auth.mode, context.store.clone(), context.tokens.clone());
    let limits = deadline::Limits::new(server);
    let capacity = Capacity::new(server.max_concurrent_requests);
    let buckets = Buckets::new(port, &server.rate, context.signal.clone());
    let of_keys = buckets.clone();
    let proxies: Arc<[_]> = server.rate.proxies().into();
    Next::services(routes)
        .behind(move |request, next| streams::limit(streams.clone(), request, next))
        .behind(move |request, next| authorize::authorize(port, request, next))
        .behind(move |request, next| rate::of_key(of_keys.clone(), request, next))
        .behind(move |request, next| authenticate::authenticate(keys.clone(), request, next))
        .behind(move |request, next| deadline::deadline(limits, request, next))
        .behind(move |request, next| shed::shed(capacity.clone(), request, next))
        .behind(move |request, next| rate::of_address(buckets.clone(), request, next))
        .behind(catch_panic::catch_panic)
        .behind(explain::explain)
        .behind(trace::trace)
        .behind(move |request, next| address::address(Arc::clone(&proxies), request, next))
        .behind(request_id::request_id)
}
