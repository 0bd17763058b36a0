//! grpc.health.v1 of a process: the names `""`, `liveness`, `readiness` and each service.

use std::sync::Arc;
use tokio::sync::Mutex;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

/// Whether a process takes work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Everything it needs is there.
    Ready,
    /// Something it needs is away.
    NotReady,
    /// It was told to stop. Final.
    Draining,
}

/// The health of this process. Clones share it.
///
/// `liveness` serves from the start, also while draining: a process that answers is alive. `""`, `readiness` and the
/// services follow [`Health::set_ready`] and begin NOT_SERVING.
#[derive(Debug, Clone)]
pub struct Health {
    ports: Arc<[Port]>,
    readiness: Arc<Mutex<Readiness>>,
}

/// What one port of the process tells.
#[derive(Debug)]
struct Port {
    reporter: HealthReporter,
    names: Vec<String>,
}

impl Health {
    /// Registers every name, and gives the gRPC service that tells them. `services` are full names such as
    /// `mltraining.v1.JobService`. To be made before listening: a Watch for an unregistered name is NOT_FOUND for good.
    pub async fn new(services: &[&str]) -> (Self, HealthServer<HealthService>) {
        let port = Port::new(services);
        let server = port.server();
        (Self::of(vec![port]).await, server)
    }

    /// The same for a process with several ports, each with services of its own: all of them tell one readiness. The
    /// gRPC services come in the order of the ports.
    pub async fn of_ports(ports: &[Vec<&str>]) -> (Self, Vec<HealthServer<HealthService>>) {
        let ports: Vec<Port> = ports.iter().map(|services| Port::new(services)).collect();
        let servers = ports.iter().map(Port::server).collect();
        (Self::of(ports).await, servers)
    }

    async fn of(ports: Vec<Port>) -> Self {
        for port in &ports {
            // The reporter itself begins with "" as SERVING.
            port.tell(ServingStatus::NotServing).await;
            port.reporter
                .set_service_status("liveness", ServingStatus::Serving)
                .await;
        }
        Self {
            ports: ports.into(),
            readiness: Arc::new(Mutex::new(Readiness::NotReady)),
        }
    }

    /// Tells everyone who asks or watches. After [`Readiness::Draining`] nothing changes any more.
    pub async fn set_ready(&self, readiness: Readiness) {
        let mut current = self.readiness.lock().await;
        if *current == Readiness::Draining {
            return;
        }
        *current = readiness;
        let status = match readiness {
            Readiness::Ready => ServingStatus::Serving,
            Readiness::NotReady | Readiness::Draining => ServingStatus::NotServing,
        };
        for port in self.ports.iter() {
            port.tell(status).await;
        }
    }

    /// What was told last.
    pub async fn readiness(&self) -> Readiness {
        *self.readiness.lock().await
    }
}

impl Port {
    fn new(services: &[&str]) -> Self {
        let names = ["", "readiness"].iter().chain(services);
        Self {
            reporter: HealthReporter::new(),
            names: names.map(|&name| name.to_owned()).collect(),
        }
    }

    fn server(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    async fn tell(&self, status: ServingStatus) {
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
    }
}
