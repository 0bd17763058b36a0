//! The least that could answer GetJob: tonic, a pool, and the SELECT of the service. It knows no caller, no limit and no error detail.

use anyhow::Context;
use futures::future::BoxFuture;
use mltraining_domain::{JobId, ProjectId};
use mltraining_proto::v1;
use mltraining_store::jobs::JobView;
use mltraining_store::{Store, StoreConfig};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{self, Poll};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

/// Serves until the process is ended.
///
/// # Errors
/// When Postgres does not answer, or the address is taken.
pub async fn serve(address: SocketAddr, url: &str) -> anyhow::Result<()> {
    let store = Store::connect(&StoreConfig::new(url, "bare")).await?;
    let server = tonic::transport::Server::builder().add_service(Bare(store));
    server.serve(address).await.context("the bare server has ended")
}

#[derive(Clone)]
struct Bare(Store);

impl NamedService for Bare {
    const NAME: &'static str = "mltraining.v1.JobService";
}

impl Service<Request<Body>> for Bare {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = GetJob(self.0.clone());
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::default());
            Ok(grpc.unary(method, request).await)
        })
    }
}

struct GetJob(Store);

impl UnaryService<v1::GetJobRequest> for GetJob {
    type Response = v1::Job;
    type Future = BoxFuture<'static, Result<tonic::Response<v1::Job>, Status>>;

    fn call(&mut self, request: tonic::Request<v1::GetJobRequest>) -> Self::Future {
        let (store, name) = (self.0.clone(), request.into_inner().name);
        Box::pin(async move {
            let job = read(&store, &name).await;
            job.map(tonic::Response::new)
                .map_err(|error| Status::new(Code::Internal, error.to_string()))
        })
    }
}

async fn read(store: &Store, name: &str) -> anyhow::Result<v1::Job> {
    let mut parts = name.split('/').skip(1).step_by(2);
    let project: ProjectId = parts.next().context("a name has a project")?.parse()?;
    let id: JobId = parts.next().context("a name has a job")?.parse()?;
    let job = store.job(&project, id, JobView::Full).await?;
    let attempts = store.attempts(&[id]).await?;
    Ok(v1::Job {
        name: name.to_owned(),
        create_time: Some(prost_types::Timestamp {
            seconds: job.created_at.timestamp(),
            nanos: 0,
        }),
        attempts: vec![v1::Attempt::default(); attempts.len()],
        ..v1::Job::default()
    })
}
