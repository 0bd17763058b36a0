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
    reporter: HealthReporter,
    names: Arc<[String]>,
    readiness: Arc<Mutex<Readiness>>,
}

impl Health {
    /// Registers every name, and gives the gRPC service that tells them. `services` are full names such as
    /// `mltraining.v1.JobService`. To be made before listening: a Watch for an unregistered name is NOT_FOUND for good.
    pub async fn new(services: &[&str]) -> (Self, HealthServer<HealthService>) {
        let names = ["", "readiness"]
            .iter()
            .chain(services)
            .map(|&name| name.to_owned())
            .collect();
        let health = Self {
            reporter: HealthReporter::new(),
            names,
            readiness: Arc::new(Mutex::new(Readiness::NotReady)),
        };
        // The reporter itself begins with "" as SERVING.
        health.tell(ServingStatus::NotServing).await;
        health
            .reporter
            .set_service_status("liveness", ServingStatus::Serving)
            .await;
        let server = HealthServer::new(HealthService::from_health_reporter(health.reporter.clone()));
        (health, server)
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
        self.tell(status).await;
    }

    /// What was told last.
    pub async fn readiness(&self) -> Readiness {
        *self.readiness.lock().await
    }

    async fn tell(&self, status: ServingStatus) {
        for name in self.names.iter() {
            self.reporter.set_service_status(name, status).await;
        }
    }
}
