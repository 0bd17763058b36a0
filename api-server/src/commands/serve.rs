//! `api-server serve`.

use crate::context::Context;
use crate::serve::{Listeners, run};
use anyhow::Context as _;
use mltraining_runtime::config::ApiConfig;
use mltraining_runtime::exit::{Code, Coded};
use mltraining_runtime::metrics::Metrics;
use mltraining_runtime::shutdown;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Opens the stores, binds, serves until SIGTERM or SIGINT, drains.
///
/// # Errors
/// Exit code 69 when a store cannot be opened or an address is taken. A database that is away is no error: the server
/// waits for it, not ready.
pub async fn serve(config: ApiConfig, metrics: Metrics) -> anyhow::Result<()> {
    let stop = shutdown::on_signal()?;
    let context = Context::open(config)?;
    let (server, admin) = (&context.config.server, &context.config.admin);
    let listeners = Listeners {
        public: bind("server.listen", server.listen).await?,
        admin: match admin.enabled {
            true => Some(bind("admin.listen", admin.listen).await?),
            false => None,
        },
        health: match server.tls.health_listen {
            Some(address) => Some(bind("server.tls.health_listen", address).await?),
            None => None,
        },
    };
    if let Some(address) = context.config.metrics.listen {
        let listener = bind("metrics.listen", address).await?;
        tokio::spawn(mltraining_runtime::metrics::serve(
            listener,
            metrics,
            context.stop.clone(),
        ));
    }
    run(listeners, Arc::new(context), stop).await
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener, Coded> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("{key}: cannot listen on {address}"));
    listener.map_err(|error| Coded::new(Code::Unavailable, error))
}
