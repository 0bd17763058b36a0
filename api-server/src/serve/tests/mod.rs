//! The server with a stand-in for one service: what the layers do must not depend on what the services do.
#![allow(clippy::unwrap_used)]

mod drain;
mod limits;
mod logs;
mod refusals;
mod stand_in;
mod streams;
mod told;

use super::{Listening, Offer, Routes, checks, serve};
use crate::access::Port;
use crate::context::Context;
use mltraining_proto::v1::GetJobRequest;
use mltraining_proto::v1::job_service_client::JobServiceClient;
use mltraining_runtime::config::{ApiConfig, AuthMode};
use secrecy::SecretString;
use stand_in::StandIn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server with its stand-in.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    service: StandIn,
    end: JoinHandle<anyhow::Result<()>>,
    _folder: TempDir,
}

/// A server without authentication and without a database, that differs from the usual in what `change` sets.
async fn start(change: impl FnOnce(&mut ApiConfig)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut config = ApiConfig::default();
    // There is no Redis to count in.
    let rate = &mut config.server.rate;
    (
        rate.key_per_second,
        rate.address_per_second,
        rate.total_per_second,
    ) = (0, 0, 0);
    config.database.url = SecretString::from("postgres://nobody@127.0.0.1:1/none");
    config.artifacts.dir = folder.path().join("artifacts");
    config.server.auth.mode = AuthMode::None;
    change(&mut config);
    let context = Arc::new(Context::open(config).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (service, stop) = (StandIn::default(), CancellationToken::new());
    let mut services = Routes::builder();
    services.add_service(service.clone().server(&context.config.server));
    let port = Listening::new(Offer::Services(Port::Public), listener, services, None).unwrap();
    let checks = checks(&context);
    let end = tokio::spawn(serve(vec![port], checks, context, stop.clone()));
    Running {
        address,
        stop,
        service,
        end,
        _folder: folder,
    }
}

impl Running {
    async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }

    async fn jobs(&self) -> JobServiceClient<Channel> {
        JobServiceClient::new(self.channel().await)
    }

    /// Calls GetJob with a name that tells the stand-in what to do.
    async fn get(&self, name: &str) -> Result<String, Status> {
        let answer = self.jobs().await.get_job(named(name)).await?;
        Ok(answer.into_inner().name)
    }

    /// Waits until the server has ended.
    async fn ended(self) -> anyhow::Result<()> {
        soon(self.end).await.unwrap()
    }
}

fn named(name: &str) -> Request<GetJobRequest> {
    Request::new(GetJobRequest {
        name: name.to_owned(),
        ..GetJobRequest::default()
    })
}

/// What `work` gives; panics when that takes too long.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("it takes too long")
}

fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"))
        .reason
}
