//! Finds out where a call comes from.

use super::next::{Next, Request, Response};
use crate::address::{self, ClientAddress};
use crate::connections::Peer;
use ipnet::IpNet;
use std::sync::Arc;

/// Puts the [`ClientAddress`] into the request's extensions; none when the connection was gone at once.
pub(crate) async fn address(proxies: Arc<[IpNet]>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().and_then(Peer::address);
    if let Some(peer) = peer {
        let client = address::client(peer.ip(), request.headers(), &proxies);
        request.extensions_mut().insert(ClientAddress(client));
    }
    next.run(request).await
}
