//! A JobService that does what the name of the request says.

use futures::stream::{self, BoxStream, StreamExt};
use mltraining_proto::v1::job_service_server::{JobService, JobServiceServer};
use mltraining_proto::v1::{
    BatchCancelJobsRequest, BatchCancelJobsResponse, BatchGetJobsRequest, BatchGetJobsResponse,
    CancelJobRequest, CountJobsRequest, CountJobsResponse, GetJobRequest, GetQueueStatsRequest, Job,
    JobEvent, ListJobLogsRequest, ListJobLogsResponse, ListJobsRequest, ListJobsResponse, QueueStats,
    RetryJobRequest, TailJobLogsRequest, TailJobLogsResponse, UpdateJobRequest, WaitJobRequest,
    WatchJobRequest, WatchJobsRequest, WatchJobsResponse,
};
use mltraining_runtime::config::ServerConfig;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

/// `panic`: panics. `block`: answers when released. `never`: never answers. `long`: an answer of 2 MiB. Else: answers at once.
#[derive(Clone)]
pub(super) struct StandIn {
    /// One permit for each `block` that has begun.
    pub(super) begun: Arc<Semaphore>,
    /// A permit lets one `block` go.
    pub(super) release: Arc<Semaphore>,
}

impl Default for StandIn {
    fn default() -> Self {
        Self {
            begun: Arc::new(Semaphore::new(0)),
            release: Arc::new(Semaphore::new(0)),
        }
    }
}

impl StandIn {
    pub(super) fn server(self, limits: &ServerConfig) -> JobServiceServer<Self> {
        JobServiceServer::new(self)
            .max_decoding_message_size(limits.max_message_bytes)
            .max_encoding_message_size(limits.max_response_bytes)
    }

    async fn job(&self, name: String) -> Result<Response<Job>, Status> {
        match name.as_str() {
            "panic" => panic!("asked for"),
            "never" => std::future::pending().await,
            "block" => {
                self.begun.add_permits(1);
                self.release.acquire().await.unwrap().forget();
            }
            _ => {}
        }
        let uid = if name == "long" {
            "x".repeat(2 << 20)
        } else {
            String::new()
        };
        Ok(Response::new(Job {
            name,
            uid,
            ..Job::default()
        }))
    }
}

#[tonic::async_trait]
impl JobService for StandIn {
    type WatchJobStream = BoxStream<'static, Result<JobEvent, Status>>;
    type WatchJobsStream = BoxStream<'static, Result<WatchJobsResponse, Status>>;
    type TailJobLogsStream = BoxStream<'static, Result<TailJobLogsResponse, Status>>;

    async fn get_job(&self, request: Request<GetJobRequest>) -> Result<Response<Job>, Status> {
        self.job(request.into_inner().name).await
    }

    async fn wait_job(&self, request: Request<WaitJobRequest>) -> Result<Response<Job>, Status> {
        self.job(request.into_inner().name).await
    }

    /// One event; then `panic` panics, and everything else is silent for ever.
    async fn watch_job(
        &self,
        request: Request<WatchJobRequest>,
    ) -> Result<Response<Self::WatchJobStream>, Status> {
        let name = request.into_inner().name;
        let first = stream::once(async {
            Ok(JobEvent {
                sequence: 1,
                ..JobEvent::default()
            })
        });
        let rest = stream::once(async move {
            match name.as_str() {
                "panic" => panic!("asked for"),
                _ => std::future::pending().await,
            }
        });
        Ok(Response::new(first.chain(rest).boxed()))
    }

    async fn batch_get_jobs(
        &self,
        _: Request<BatchGetJobsRequest>,
    ) -> Result<Response<BatchGetJobsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn list_jobs(&self, _: Request<ListJobsRequest>) -> Result<Response<ListJobsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn cancel_job(&self, _: Request<CancelJobRequest>) -> Result<Response<Job>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn batch_cancel_jobs(
        &self,
        _: Request<BatchCancelJobsRequest>,
    ) -> Result<Response<BatchCancelJobsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn retry_job(&self, _: Request<RetryJobRequest>) -> Result<Response<Job>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn update_job(&self, _: Request<UpdateJobRequest>) -> Result<Response<Job>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn count_jobs(&self, _: Request<CountJobsRequest>) -> Result<Response<CountJobsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn get_queue_stats(
        &self,
        _: Request<GetQueueStatsRequest>,
    ) -> Result<Response<QueueStats>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn list_job_logs(
        &self,
        _: Request<ListJobLogsRequest>,
    ) -> Result<Response<ListJobLogsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn watch_jobs(
        &self,
        _: Request<WatchJobsRequest>,
    ) -> Result<Response<Self::WatchJobsStream>, Status> {
        Ok(Response::new(stream::empty().boxed()))
    }

    async fn tail_job_logs(
        &self,
        _: Request<TailJobLogsRequest>,
    ) -> Result<Response<Self::TailJobLogsStream>, Status> {
        Ok(Response::new(stream::empty().boxed()))
    }
}
