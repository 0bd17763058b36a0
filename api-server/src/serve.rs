//! Serves until it is told to stop, then drains.

#[cfg(test)]
mod tests;

use crate::access::{Access, METHODS, Method};
use crate::connections;
use crate::context::Context;
use crate::layers;
use crate::{reflection, services};
use anyhow::{Context as _, ensure};
use mltraining_runtime::config::AuthMode;
use mltraining_runtime::health::{Health, Readiness};
use mltraining_runtime::readiness::Checks;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::{Routes, RoutesBuilder};
use tonic::transport::Server;

/// Time for connections to close after they were cut.
const AFTER_CUT: Duration = Duration::from_secs(1);

/// Serves on `listener` until `stop` fires. Then readiness goes off, no new connection is taken, open streams end, and
/// calls under way have `server.drain_grace`; what is not done by then is cut.
///
/// # Errors
/// When the server runs without authentication and `listener` is not on a loopback address, or cannot serve at all.
pub async fn run(
    listener: TcpListener,
    context: Arc<Context>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut services = Routes::builder();
    services::add_services(&mut services, &context);
    serve(listener, context, services, stop).await
}

async fn serve(
    listener: TcpListener,
    context: Arc<Context>,
    services: RoutesBuilder,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the listener has no address")?;
    check_exposure(address, context.config.server.auth.mode)?;
    let (health, routes) = with_health_and_reflection(services).await?;
    let readiness = tokio::spawn(checks(&context).run(health.clone(), stop.clone()));
    let cut = CancellationToken::new();
    let incoming = connections::accept(listener, &context.config.server, cut.clone());
    let draining = drain(health, context.clone(), stop.clone());
    let calls = layers::wrap(routes, &context);
    tracing::info!(server.address = %address, "serving");
    let serving = server(&context).serve_with_incoming_shutdown(calls, incoming, draining);
    let outcome = within_grace(serving, context.config.server.drain_grace, &context.stop, &cut).await;
    // Ends by itself once `stop` has fired; before that, only a server that failed gets here.
    readiness.abort();
    outcome
}

/// Without authentication everyone who reaches the server is an admin.
fn check_exposure(address: SocketAddr, mode: AuthMode) -> anyhow::Result<()> {
    let private = address.ip().is_loopback();
    ensure!(
        private || mode != AuthMode::None,
        "without authentication the server listens on a loopback address only, not on {address}"
    );
    if !private {
        tracing::warn!(server.address = %address, "connections are not encrypted: put TLS in front of this address");
    }
    Ok(())
}

async fn with_health_and_reflection(mut routes: RoutesBuilder) -> anyhow::Result<(Health, Routes)> {
    let names: BTreeSet<&str> = METHODS
        .iter()
        .filter(|method| method.access != Access::Open)
        .map(Method::service)
        .collect();
    let (health, health_service) = Health::new(&names.into_iter().collect::<Vec<_>>()).await;
    routes.add_service(health_service);
    reflection::add_services(&mut routes).context("reflection cannot be served")?;
    Ok((health, routes.routes()))
}

/// What the server needs to be ready. Redis is not among it: jobs then start a few seconds later.
fn checks(context: &Context) -> Checks {
    let (schema, artifacts, signal) = (
        context.store.clone(),
        context.artifacts.clone(),
        context.signal.clone(),
    );
    let least = context.config.artifacts.min_free_bytes;
    Checks::new(&context.config.readiness)
        .require("database", move || check_schema(schema.clone()))
        .require("artifacts", move || check_artifacts(artifacts.clone(), least))
        .watch("redis", move || {
            let signal = signal.clone();
            async move { signal.ping().await }
        })
}

async fn check_schema(store: mltraining_store::Store) -> Result<(), String> {
    let found = store.schema_version().await.map_err(|error| error.to_string())?;
    let needed = mltraining_store::Store::expected_schema_version();
    if found >= needed {
        return Ok(());
    }
    Err(format!(
        "the schema has version {found}, this build needs {needed}: run `api-server migrate`"
    ))
}

async fn check_artifacts(artifacts: mltraining_artifacts::Artifacts, least: u64) -> Result<(), String> {
    let room = artifacts
        .check_writable()
        .await
        .map_err(|error| error.to_string())?;
    match room.free_bytes {
        Some(free) if free < least => Err(format!(
            "{free} bytes are free, artifacts.min_free_bytes is {least}"
        )),
        _ => Ok(()),
    }
}

/// tonic's server with every limit set: its own defaults are open.
fn server(context: &Context) -> Server {
    let limits = &context.config.server;
    Server::builder()
        .max_concurrent_streams(limits.max_concurrent_streams)
        .concurrency_limit_per_connection(limits.max_requests_per_connection)
        .http2_max_header_list_size(limits.max_header_list_bytes)
        .http2_max_pending_accept_reset_streams(Some(limits.max_pending_reset_streams))
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .max_connection_age(limits.max_connection_age)
}

/// Waits for `stop`, then tells everyone before anything ends: first that this server is not ready, then open streams.
async fn drain(health: Health, context: Arc<Context>, stop: CancellationToken) {
    stop.cancelled().await;
    health.set_ready(Readiness::Draining).await;
    tracing::info!("draining: no new connections, calls under way have their grace");
    context.stop.cancel();
}

/// Runs the server; from `draining` on for `grace` at most.
async fn within_grace<E: std::error::Error + Send + Sync + 'static>(
    serving: impl Future<Output = Result<(), E>>,
    grace: Duration,
    draining: &CancellationToken,
    cut: &CancellationToken,
) -> anyhow::Result<()> {
    let mut serving = Box::pin(serving);
    let late = async {
        draining.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = &mut serving => return served.context("the server failed"),
        () = late => {}
    }
    tracing::warn!(
        grace_ms = grace.as_millis() as u64,
        "calls under way were cut: the grace is over"
    );
    cut.cancel();
    match tokio::time::timeout(AFTER_CUT, serving).await {
        Ok(served) => served.context("the server failed"),
        Err(_) => Ok(()),
    }
}
