//! `api-server serve`.

use crate::context::Context;
use crate::serve::run;
use anyhow::Context as _;
use mltraining_runtime::config::ApiConfig;
use mltraining_runtime::exit::{Code, Coded};
use mltraining_runtime::shutdown;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Opens the stores, binds, serves until SIGTERM or SIGINT, drains.
///
/// # Errors
/// Exit code 69 when a store cannot be opened or the address is taken. A database that is away is no error: the server
/// waits for it, not ready.
pub async fn serve(config: ApiConfig) -> anyhow::Result<()> {
    let stop = shutdown::on_signal()?;
    let address = config.server.listen;
    let context = Context::open(config)?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("server.listen: cannot listen on {address}"))
        .map_err(|error| Coded::new(Code::Unavailable, error))?;
    run(listener, Arc::new(context), stop).await
}
