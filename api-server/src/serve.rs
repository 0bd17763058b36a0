//! Serves on both ports until it is told to stop, then drains.

#[cfg(test)]
mod tests;

use crate::access::{self, Port};
use crate::connections;
use crate::context::Context;
use crate::hearing;
use crate::layers;
use crate::numbers;
use crate::reflection;
use crate::services::{self, Hub};
use crate::tls::Tls;
use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use mltraining_runtime::config::AuthMode;
use mltraining_runtime::health::{Health, Readiness};
use mltraining_runtime::readiness::Checks;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::{Routes, RoutesBuilder};
use tonic::transport::Server;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;

/// Time for connections to close after they were cut.
const AFTER_CUT: Duration = Duration::from_secs(1);

/// Where the server listens.
#[derive(Debug)]
pub struct Listeners {
    /// For everyone who uses the service.
    pub public: TcpListener,
    /// For those who run it; `None` when AdminService is not served.
    pub admin: Option<TcpListener>,
    /// For probes that speak no TLS; `None` when there is no such port.
    pub health: Option<TcpListener>,
}

/// Serves until `stop` fires. Then readiness goes off, no new connection is taken, open streams end, and calls under way
/// have `server.drain_grace`; what is not done by then is cut. All of that holds for both ports alike.
///
/// # Errors
/// When the server runs without authentication and a listener is not on a loopback address, the files of `server.tls` cannot be used,
/// or it cannot serve at all.
pub async fn run(listeners: Listeners, context: Arc<Context>, stop: CancellationToken) -> anyhow::Result<()> {
    let tls = Tls::open(&context.config.server.tls)?;
    let checks = checks(&context);
    let mut services = Routes::builder();
    let hub = Hub::new(context.store.clone(), context.stop.clone());
    services::add_services(&mut services, &context, Arc::clone(&hub), checks.board());
    tokio::spawn(hearing::run(Arc::clone(&context), hub));
    tokio::spawn(numbers::run(Arc::clone(&context)));
    let offer = Offer::Services(Port::Public);
    let mut ports = vec![Listening::new(offer, listeners.public, services, tls.clone())?];
    if let Some(listener) = listeners.admin {
        let mut services = Routes::builder();
        services::add_admin_service(&mut services, &context, checks.board());
        let offer = Offer::Services(Port::Admin);
        ports.push(Listening::new(offer, listener, services, tls.clone())?);
    }
    if let Some(listener) = listeners.health {
        ports.push(Listening::new(Offer::Health, listener, Routes::builder(), None)?);
    }
    if let Some(tls) = tls {
        tokio::spawn(tls.follow(context.stop.clone()));
    }
    if let Some(tokens) = &context.tokens {
        tokio::spawn(Arc::clone(tokens).follow(context.stop.clone()));
    }
    serve(ports, checks, context, stop).await
}

async fn serve(
    ports: Vec<Listening>,
    checks: Checks,
    context: Arc<Context>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    for port in &ports {
        port.check_exposure(context.config.server.auth.mode)?;
    }
    let names: Vec<Vec<&str>> = ports.iter().map(|port| port.offer.names()).collect();
    let (health, health_services) = Health::of_ports(&names).await;
    let readiness = tokio::spawn(checks.run(health.clone(), stop.clone()));
    let draining = tokio::spawn(drain(health, context.clone(), stop));
    let served = ports.into_iter().zip(health_services);
    let outcome = try_join_all(served.map(|(port, health)| port.serve(health, &context))).await;
    // Both end by themselves once `stop` has fired; before that, only a server that failed gets here.
    readiness.abort();
    draining.abort();
    outcome.map(drop)
}

/// What is served where the server listens.
#[derive(Debug, Clone, Copy)]
enum Offer {
    /// The services of a port, with health and reflection.
    Services(Port),
    /// Health alone, never encrypted: probes of orchestrators speak no TLS.
    Health,
}

impl Offer {
    /// The services whose health is told.
    fn names(self) -> Vec<&'static str> {
        match self {
            Self::Services(port) => access::services(port).into_iter().collect(),
            Self::Health => Vec::new(),
        }
    }

    /// The port whose rows of the table of methods hold.
    fn port(self) -> Port {
        match self {
            Self::Services(port) => port,
            Self::Health => Port::Public, // health is served everywhere
        }
    }
}

/// One port, bound, with its services.
struct Listening {
    offer: Offer,
    listener: TcpListener,
    address: SocketAddr,
    services: RoutesBuilder,
    tls: Option<Arc<Tls>>,
}

impl Listening {
    fn new(
        offer: Offer,
        listener: TcpListener,
        services: RoutesBuilder,
        tls: Option<Arc<Tls>>,
    ) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("the listener has no address")?;
        Ok(Self {
            offer,
            listener,
            address,
            services,
            tls,
        })
    }

    /// Serves until the server drains, and on for the grace of its calls.
    async fn serve(
        mut self,
        health: HealthServer<HealthService>,
        context: &Arc<Context>,
    ) -> anyhow::Result<()> {
        self.services.add_service(health);
        if let Offer::Services(port) = self.offer {
            reflection::add_services(&mut self.services, port).context("reflection cannot be served")?;
        }
        let cut = CancellationToken::new();
        let encrypted = self.tls.is_some();
        let incoming = connections::accept(self.listener, &context.config.server, self.tls, cut.clone());
        let calls = layers::wrap(self.services.routes(), self.offer.port(), context);
        tracing::info!(server.address = %self.address, server.offer = ?self.offer, server.tls = encrypted, "serving");
        let draining = context.stop.clone().cancelled_owned();
        let serving = server(context).serve_with_incoming_shutdown(calls, incoming, draining);
        within_grace(serving, context.config.server.drain_grace, &context.stop, &cut).await
    }

    /// Without authentication everyone who reaches the server is an admin. Health tells nobody anything.
    fn check_exposure(&self, mode: AuthMode) -> anyhow::Result<()> {
        let Offer::Services(_) = self.offer else {
            return Ok(());
        };
        let (address, private) = (self.address, self.address.ip().is_loopback());
        ensure!(
            private || mode != AuthMode::None,
            "without authentication the server listens on a loopback address only, not on {address}"
        );
        if !private && self.tls.is_none() {
            tracing::warn!(
                server.address = %address,
                "connections are not encrypted: name the files of [server.tls], or put TLS in front of this address"
            );
        }
        Ok(())
    }
}

/// What the server needs to be ready. Redis is not among it: jobs then start a few seconds later. Nor is the file of an issuer's keys:
/// callers by API key need it not.
fn checks(context: &Context) -> Checks {
    let (database, schema) = (context.store.clone(), context.store.clone());
    let (files, signal) = (context.clone(), context.signal.clone());
    let checks = Checks::new(&context.config.readiness)
        .require("database", move || {
            let store = database.clone();
            async move { store.ping().await }
        })
        .require("schema", move || check_schema(schema.clone()))
        .require("artifacts", move || check_artifacts(files.clone()))
        .watch("redis", move || {
            let signal = signal.clone();
            async move { signal.ping().await }
        });
    match context.tokens.clone() {
        None => checks,
        Some(tokens) => checks.watch("token_keys", move || std::future::ready(tokens.check())),
    }
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

async fn check_artifacts(context: Context) -> Result<(), String> {
    let room = context.artifacts.check_writable().await;
    let room = room.map_err(|error| error.to_string())?;
    context.free_space.note(room.free_bytes);
    let least = context.config.artifacts.min_free_bytes;
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
