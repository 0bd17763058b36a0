//! TrainingService: makes jobs that train.

use super::call::Call;
use super::estimate::{self, Question};
use super::label_counts::LabelCounter;
use super::resolved::{self, Resolved};
use super::{hint, refusal};
use crate::context::Context;
use crate::convert::train_request::{self, TrainRequest};
use crate::convert::{idempotency, job as wire, name, train_spec};
use crate::error::ApiError;
use mltraining_domain::name::ModelName;
use mltraining_domain::{Checked, JobId, TrainSpec, Violations};
use mltraining_proto::v1;
use mltraining_runtime::request_id::RequestId;
use mltraining_runtime::trace::current_traceparent;
use mltraining_store::jobs::{CreatedJob, Job, NewJob};
use mltraining_store::queues::DEFAULT_QUEUE;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use v1::training_service_server::TrainingService;

/// The service.
#[derive(Clone)]
pub(super) struct TrainingApi {
    context: Arc<Context>,
    labels: LabelCounter,
}

#[tonic::async_trait]
impl TrainingService for TrainingApi {
    async fn train_model(
        &self,
        request: Request<v1::TrainModelRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.train(request).await?))
    }
}

impl TrainingApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>, labels: LabelCounter) -> Self {
        Self { context, labels }
    }

    async fn train(&self, request: Request<v1::TrainModelRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let mut request = train_request::read(request, &call.project, &mut found);
        let asked = std::mem::take(&mut request.asked);
        let resolved = resolved::resolve(&call, request.spec.clone(), &asked, found).await?;
        if request.validate_only {
            return self.estimate(&call, request, resolved).await;
        }
        let job = self.create(&call, &request, &resolved.spec).await?;
        Ok(wire::show(&job, &[])?)
    }

    async fn create(
        &self,
        call: &Call,
        request: &TrainRequest,
        spec: &Checked<TrainSpec>,
    ) -> Result<Job, ApiError> {
        let traceparent = current_traceparent();
        let job = NewJob {
            id: JobId::new(Uuid::now_v7()),
            project: &call.project,
            queue: DEFAULT_QUEUE,
            spec,
            idempotency: request.idempotency,
            request_id: call.request_id.as_ref().map(RequestId::as_str),
            traceparent: traceparent.as_deref(),
            created_by: &call.caller.key,
            priority: request.priority,
            labels: &request.labels,
            timeout: request.timeout,
        };
        match call.store.create_job(&job).await? {
            CreatedJob::Created(job) => {
                tracing::info!(job.id = %job.id, model.id = %spec.model, "a job was created");
                hint::send(&self.context, &job).await;
                Ok(job)
            }
            CreatedJob::Existing(job) => Ok(job),
            other => Err(refuse(&other, call, request)),
        }
    }

    /// The job that would be made, with what it would take.
    async fn estimate(
        &self,
        call: &Call,
        request: TrainRequest,
        resolved: Resolved,
    ) -> Result<v1::Job, ApiError> {
        let question = Question {
            call,
            labels: &self.labels,
            spec: &resolved.spec,
            source: &resolved.source,
            plan: &resolved.plan,
            priority: request.priority,
        };
        let estimate = estimate::answer(&question).await?;
        let spec = resolved.spec;
        Ok(v1::Job {
            kind: v1::JobKind::Train.into(),
            priority: request.priority.value().into(),
            timeout: Some(train_request::show_timeout(request.timeout)),
            labels: request.labels,
            created_by: call.caller.key.clone(),
            model: wire::show_model(&call.project, Some(&spec.model)),
            spec: Some(v1::job::Spec::TrainSpec(train_spec::show(&spec, &call.project))),
            estimate: Some(estimate),
            ..v1::Job::default()
        })
    }
}

/// Why no job was made.
fn refuse(outcome: &CreatedJob, call: &Call, request: &TrainRequest) -> ApiError {
    match outcome {
        CreatedJob::KeyReused => {
            let key = request
                .idempotency
                .map(|idempotency| idempotency.key.0.to_string());
            idempotency::reused(&key.unwrap_or_default())
        }
        CreatedJob::QueueFull { max_queued } => refusal::queue_full(*max_queued),
        CreatedJob::ModelDeleted => {
            let name = ModelName {
                project: call.project.clone(),
                model: request.spec.model.clone(),
            };
            refusal::model_deleted(&name.to_string())
        }
        CreatedJob::Created(_) | CreatedJob::Existing(_) => {
            ApiError::internal(anyhow::anyhow!("a job that was made was refused"))
        }
    }
}
