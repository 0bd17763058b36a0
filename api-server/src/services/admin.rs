//! AdminService: who works, what waits, how much each project may use. On a port of its own.

use super::call::{Call, missing};
use super::wake::{self, Woken};
use crate::context::Context;
use crate::convert::page::Page;
use crate::convert::{name, quota as wire_quota, server_info, worker as wire_worker};
use crate::error::ApiError;
use mltraining_domain::name::{QueueName, QuotaName, WorkerName};
use mltraining_domain::{ProjectId, Violations, release};
use mltraining_proto::v1;
use mltraining_runtime::dependency::Board;
use mltraining_store::Store;
use mltraining_store::projects::QuotaOutcome;
use mltraining_store::workers::{WorkerCursor, WorkerStatus};
use std::sync::Arc;
use std::time::Instant;
use tonic::{Request, Response, Status};
use v1::admin_service_server::AdminService;

/// The service.
#[derive(Clone)]
pub(super) struct AdminApi {
    pub(super) context: Arc<Context>,
    board: Board,
    start: Instant,
}

#[tonic::async_trait]
impl AdminService for AdminApi {
    async fn get_server_info(
        &self,
        request: Request<v1::GetServerInfoRequest>,
    ) -> Result<Response<v1::ServerInfo>, Status> {
        Ok(Response::new(self.info(request).await?))
    }

    async fn list_workers(
        &self,
        request: Request<v1::ListWorkersRequest>,
    ) -> Result<Response<v1::ListWorkersResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn drain_worker(
        &self,
        request: Request<v1::DrainWorkerRequest>,
    ) -> Result<Response<v1::Worker>, Status> {
        Ok(Response::new(self.drain(request).await?))
    }

    async fn pause_queue(
        &self,
        request: Request<v1::PauseQueueRequest>,
    ) -> Result<Response<v1::Queue>, Status> {
        Ok(Response::new(self.pause(request).await?))
    }

    async fn resume_queue(
        &self,
        request: Request<v1::ResumeQueueRequest>,
    ) -> Result<Response<v1::Queue>, Status> {
        Ok(Response::new(self.resume(request).await?))
    }

    async fn get_quota(&self, request: Request<v1::GetQuotaRequest>) -> Result<Response<v1::Quota>, Status> {
        Ok(Response::new(self.quota(request).await?))
    }

    async fn update_quota(
        &self,
        request: Request<v1::UpdateQuotaRequest>,
    ) -> Result<Response<v1::Quota>, Status> {
        Ok(Response::new(self.update_quota(request).await?))
    }

    async fn list_audit_events(
        &self,
        request: Request<v1::ListAuditEventsRequest>,
    ) -> Result<Response<v1::ListAuditEventsResponse>, Status> {
        Ok(Response::new(self.audit_events(request).await?))
    }
}

impl AdminApi {
    /// The service. `board` tells how what the server needs answered last.
    pub(super) fn new(context: Arc<Context>, board: Board) -> Self {
        Self {
            context,
            board,
            start: Instant::now(),
        }
    }

    /// Begins a call about the service as a whole; the table of methods has held the caller's role against it.
    pub(super) fn begin(&self, extensions: &http::Extensions) -> Result<Call, ApiError> {
        Call::begin(&self.context, extensions, ProjectId::default_project())
    }

    /// Answers also when everything else is away: that is when it is asked.
    async fn info(&self, request: Request<v1::GetServerInfoRequest>) -> Result<v1::ServerInfo, ApiError> {
        let (_, extensions, _) = request.into_parts();
        let call = self.begin(&extensions)?;
        let patience = self
            .context
            .config
            .readiness
            .timeout
            .min(call.deadline.remaining() / 2);
        let store = call.store.with_call_timeout(patience);
        let (found, queues) = tokio::join!(store.schema_version(), store.queues());
        let dependencies = self.board.read();
        Ok(v1::ServerInfo {
            version: release::VERSION.to_owned(),
            git_hash: release::GIT_HASH.to_owned(),
            uptime: Some(server_info::show_duration(self.start.elapsed())),
            state: match self.context.stop.is_cancelled() {
                true => v1::ServerState::Draining.into(),
                false => server_info::state(&dependencies).into(),
            },
            schema_version: found.ok(),
            expected_schema_version: Store::expected_schema_version(),
            dependencies: dependencies.iter().map(server_info::show_dependency).collect(),
            hints: Some(server_info::show_hints(self.context.signal.counts())),
            cache: Some(server_info::show_cache(self.context.cache.counts())),
            artifact_storage: Some(server_info::show_storage(
                self.context.free_space.read(),
                self.context.config.artifacts.min_free_bytes,
            )),
            database_pool: Some(server_info::show_pool(self.context.store.pool_use())),
            queues: queues
                .unwrap_or_default()
                .iter()
                .map(server_info::show_queue)
                .collect(),
        })
    }

    async fn list(
        &self,
        request: Request<v1::ListWorkersRequest>,
    ) -> Result<v1::ListWorkersResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = self.begin(&extensions)?;
        let page = Page::<WorkerCursor>::read(request.page_size, &request.page_token, &["ListWorkers"])?;
        let listed = call.store.list_workers(page.after.as_ref(), page.limit());
        let mut workers = listed.await?;
        let next_page_token = page.cut(&mut workers, WorkerStatus::cursor);
        Ok(v1::ListWorkersResponse {
            workers: workers.iter().map(wire_worker::show).collect(),
            next_page_token,
        })
    }

    async fn drain(&self, request: Request<v1::DrainWorkerRequest>) -> Result<v1::Worker, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, WorkerName::parse)?;
        let call = self.begin(&extensions)?;
        let drained = call.store.drain_worker(name.0).await.map_err(missing(name))?;
        tracing::info!(worker.id = %name.0, caller.key = call.caller.key, "a worker was told to drain");
        Ok(wire_worker::show(&drained))
    }

    async fn pause(&self, request: Request<v1::PauseQueueRequest>) -> Result<v1::Queue, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, QueueName::parse)?;
        let call = self.begin(&extensions)?;
        let paused = call.store.pause_queue(name.0.as_str()).await;
        let paused = paused.map_err(missing(&name))?;
        tracing::info!(queue.id = %name.0, caller.key = call.caller.key, "a queue was paused");
        Ok(server_info::show_queue(&paused))
    }

    async fn resume(&self, request: Request<v1::ResumeQueueRequest>) -> Result<v1::Queue, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, QueueName::parse)?;
        let call = self.begin(&extensions)?;
        let resumed = call.store.resume_queue(name.0.as_str()).await;
        let resumed = resumed.map_err(missing(&name))?;
        tracing::info!(queue.id = %name.0, caller.key = call.caller.key, "a queue was resumed");
        wake::workers(&self.context, &call, Woken::Queue(&name.0)).await;
        Ok(server_info::show_queue(&resumed))
    }

    async fn quota(&self, request: Request<v1::GetQuotaRequest>) -> Result<v1::Quota, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, QuotaName::parse)?;
        // Callers of the service see every project's.
        let call = match self.begin(&extensions) {
            Ok(call) => call,
            Err(_) => Call::begin(&self.context, &extensions, name.0.clone())?,
        };
        let quota = call.store.quota(&name.0).await.map_err(missing(&name))?;
        Ok(wire_quota::show(&name, &quota))
    }

    async fn update_quota(&self, request: Request<v1::UpdateQuotaRequest>) -> Result<v1::Quota, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let quota = request.quota.unwrap_or_default();
        let name = name::read("quota.name", &quota.name, QuotaName::parse)?;
        let call = self.begin(&extensions)?;
        let mut found = Violations::new();
        let change = wire_quota::read(&quota, request.update_mask.as_ref(), &mut found);
        found.into_result(())?;
        let expected = match quota.etag.as_str() {
            "" => None,
            etag => match wire_quota::expected(etag) {
                Some(limits) => Some(limits),
                None => return Err(self.mismatch(&call, &name).await),
            },
        };
        let updated = call.store.update_quota(&name.0, change, expected).await;
        match updated.map_err(missing(&name))? {
            QuotaOutcome::Mismatch(present) => Err(wire_quota::mismatch(&name, &present)),
            QuotaOutcome::Done(present) => {
                let limits = present.limits;
                tracing::info!(
                    project.id = %name.0, limits.max_running, limits.max_queued, caller.key = call.caller.key,
                    "a quota was changed"
                );
                if change.max_running.is_some() {
                    let room = i64::from(limits.max_running) - present.running;
                    wake::workers(&self.context, &call, Woken::Project(&name.0, room)).await;
                }
                Ok(wire_quota::show(&name, &present))
            }
        }
    }

    /// The refusal of a text that is no etag of a quota.
    async fn mismatch(&self, call: &Call, name: &QuotaName) -> ApiError {
        match call.store.quota(&name.0).await {
            Ok(present) => wire_quota::mismatch(name, &present),
            Err(error) => missing(name)(error),
        }
    }
}
