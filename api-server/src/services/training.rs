//! TrainingService: makes jobs that train.

use super::call::Call;
use super::estimate::{self, Question};
use super::label_counts::LabelCounter;
use super::{hint, refusal};
use crate::context::Context;
use crate::convert::train_request::{self, TrainRequest};
use crate::convert::{features, idempotency, job as wire, name, train_spec};
use crate::error::ApiError;
use mltraining_domain::name::{ModelName, SourceName};
use mltraining_domain::{Checked, JobId, Reason, SourceSpec, TrainSpec, Violations};
use mltraining_panel::catalogue::{self, FeaturePlan};
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

/// A request that was held against its source.
struct Resolved {
    request: TrainRequest,
    spec: Checked<TrainSpec>,
    source: SourceSpec,
    plan: FeaturePlan,
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
        let request = train_request::read(request, &call.project, &mut found);
        let resolved = resolve(&call, request, found).await?;
        if resolved.request.validate_only {
            return self.estimate(&call, resolved).await;
        }
        let job = self.create(&call, &resolved).await?;
        Ok(wire::show(&job, &[])?)
    }

    async fn create(&self, call: &Call, resolved: &Resolved) -> Result<Job, ApiError> {
        let (request, spec) = (&resolved.request, &resolved.spec);
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
    async fn estimate(&self, call: &Call, resolved: Resolved) -> Result<v1::Job, ApiError> {
        let question = Question {
            call,
            labels: &self.labels,
            spec: &resolved.spec,
            source: &resolved.source,
            plan: &resolved.plan,
            priority: resolved.request.priority,
        };
        let estimate = estimate::answer(&question).await?;
        let (request, spec) = (resolved.request, resolved.spec);
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

/// Holds a request against its source. What the request alone showed, in `found`, is told together with that.
async fn resolve(call: &Call, request: TrainRequest, mut found: Violations) -> Result<Resolved, ApiError> {
    let name = SourceName {
        project: call.project.clone(),
        source: request.spec.source.clone(),
    };
    let source = match call.source(&name).await {
        Ok(source) => source.spec,
        // A source that is not there matters less than fields that are wrong for any.
        Err(error) if error.reason() == Reason::NotFound && !found.is_empty() => {
            return Err(features::refuse(found, &request.asked));
        }
        Err(error) => return Err(error),
    };
    let plan = match catalogue::resolve(
        &request.spec.features,
        &source,
        &request.spec.label,
        "spec.features",
    ) {
        Ok(plan) => {
            let known_before = request.spec.known_before;
            found.extend(plan.check_known_before(&source, known_before, "spec.known_before"));
            plan
        }
        Err(mut more) => {
            // A stand-in for a part that could not be read would be found wanting again.
            let wrong = |part: &str| found.iter().any(|v| v.field.starts_with(part));
            let known = ["spec.features", "spec.label"].map(|part| (part, wrong(part)));
            more.retain(|v| {
                !known
                    .iter()
                    .any(|(part, wrong)| *wrong && v.field.starts_with(part))
            });
            found.extend(more);
            return Err(features::refuse(found, &request.asked));
        }
    };
    if !found.is_empty() {
        return Err(features::refuse(found, &request.asked));
    }
    let spec = request.spec.clone().check()?;
    Ok(Resolved {
        request,
        spec,
        source,
        plan,
    })
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
