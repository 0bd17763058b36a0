//! TrainingService: makes jobs that train.

use super::call::Call;
use super::estimate::{self, Purpose, Question};
use super::label_counts::LabelCounter;
use super::resolved::{self, Resolved};
use super::{hint, refusal};
use crate::context::Context;
use crate::convert::job_options::{self, JobOptions};
use crate::convert::{
    backtest, batch_predict, comparison, idempotency, job as wire, name, reproduction, stored_evaluation,
    study, train_request, train_spec,
};
use crate::error::ApiError;
use mltraining_domain::name::ModelName;
use mltraining_domain::{JobId, Violations};
use mltraining_proto::v1;
use mltraining_runtime::request_id::RequestId;
use mltraining_runtime::trace::current_traceparent;
use mltraining_store::jobs::{CreatedJob, Job, NewJob, NewSpec};
use mltraining_store::queues::DEFAULT_QUEUE;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use v1::job::Spec;
use v1::training_service_server::TrainingService;

/// The service.
#[derive(Clone)]
pub(super) struct TrainingApi {
    context: Arc<Context>,
    labels: LabelCounter,
}

/// A job that is asked for.
pub(super) struct Wish<'a> {
    /// What it does.
    pub(super) spec: NewSpec<'a>,
    /// How it is made and goes.
    pub(super) options: &'a JobOptions,
    /// What is allowed but probably not meant.
    pub(super) warnings: Vec<String>,
}

#[tonic::async_trait]
impl TrainingService for TrainingApi {
    async fn train_model(
        &self,
        request: Request<v1::TrainModelRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.train(request).await?))
    }

    async fn reproduce_job(
        &self,
        request: Request<v1::ReproduceJobRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.reproduce(request).await?))
    }

    async fn evaluate_model(
        &self,
        request: Request<v1::EvaluateModelRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.evaluate(request).await?))
    }

    async fn compare_models(
        &self,
        request: Request<v1::CompareModelsRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.compare(request).await?))
    }

    async fn backtest_model(
        &self,
        request: Request<v1::BacktestModelRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.backtest(request).await?))
    }

    async fn batch_predict(
        &self,
        request: Request<v1::BatchPredictRequest>,
    ) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(TrainingApi::batch_predict(self, request).await?))
    }

    async fn tune_model(&self, request: Request<v1::TuneModelRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.tune(request).await?))
    }

    async fn preview_study(
        &self,
        request: Request<v1::PreviewStudyRequest>,
    ) -> Result<Response<v1::Study>, Status> {
        Ok(Response::new(self.study(request).await?))
    }

    async fn list_studies(
        &self,
        request: Request<v1::ListStudiesRequest>,
    ) -> Result<Response<v1::ListStudiesResponse>, Status> {
        Ok(Response::new(self.studies(request).await?))
    }
}

impl TrainingApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>, labels: LabelCounter) -> Self {
        Self { context, labels }
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    async fn train(&self, request: Request<v1::TrainModelRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let mut request = train_request::read(request, &call.project, &mut found);
        let asked = std::mem::take(&mut request.asked);
        let resolved = resolved::resolve(&call, request.spec, &asked, found).await?;
        let wish = Wish {
            spec: NewSpec::Train(&resolved.spec),
            options: &request.options,
            warnings: Vec::new(),
        };
        self.submit(&call, &wish, &resolved).await
    }

    /// Makes the job, or only says what it would take.
    ///
    /// # Errors
    /// REQUEST_ID_REUSED, QUEUE_FULL, FAILED_PRECONDITION for a deleted model; those of [`estimate::answer`].
    pub(super) async fn submit(
        &self,
        call: &Call,
        wish: &Wish<'_>,
        resolved: &Resolved,
    ) -> Result<v1::Job, ApiError> {
        if wish.options.validate_only {
            return self.estimate(call, wish, resolved).await;
        }
        let job = self.create(call, wish).await?;
        Ok(wire::show(&job, &[])?)
    }

    /// Makes a job and wakes a worker, unless the same request made it before.
    async fn create(&self, call: &Call, wish: &Wish<'_>) -> Result<Job, ApiError> {
        let (traceparent, options) = (current_traceparent(), wish.options);
        let job = NewJob {
            id: JobId::new(Uuid::now_v7()),
            project: &call.project,
            queue: DEFAULT_QUEUE,
            spec: wish.spec,
            idempotency: options.idempotency,
            request_id: call.request_id.as_ref().map(RequestId::as_str),
            traceparent: traceparent.as_deref(),
            created_by: &call.caller.key,
            priority: options.priority,
            labels: &options.labels,
            timeout: options.timeout,
        };
        match call.store.create_job(&job).await? {
            CreatedJob::Created(job) => {
                let (kind, model) = (job.kind.as_str(), &wish.spec.train().model);
                tracing::info!(job.id = %job.id, job.kind = kind, model.id = %model, "a job was created");
                hint::send(&self.context, &job).await;
                Ok(job)
            }
            CreatedJob::Existing(job) => Ok(job),
            other => Err(refuse(&other, call, wish)),
        }
    }

    /// The job that would be made, with what it would take.
    async fn estimate(&self, call: &Call, wish: &Wish<'_>, resolved: &Resolved) -> Result<v1::Job, ApiError> {
        let question = Question {
            call,
            labels: &self.labels,
            spec: &resolved.spec,
            source: &resolved.source,
            plan: &resolved.plan,
            priority: wish.options.priority,
            purpose: match wish.spec {
                NewSpec::Train(_) | NewSpec::Reproduce(_) | NewSpec::Tune(_) => Purpose::Train,
                NewSpec::Evaluate(_) | NewSpec::Compare(_) => Purpose::Judge,
                NewSpec::Backtest(_) => Purpose::Walk,
                NewSpec::BatchPredict(_) => Purpose::Predict,
            },
        };
        let mut estimate = estimate::answer(&question).await?;
        estimate.warnings.extend(wish.warnings.iter().cloned());
        let (project, options) = (&call.project, wish.options);
        let spec = match wish.spec {
            NewSpec::Train(spec) => Spec::TrainSpec(train_spec::show(spec, project)),
            NewSpec::Reproduce(spec) => Spec::ReproduceSpec(reproduction::show_spec(spec, project)),
            NewSpec::Evaluate(spec) => Spec::EvaluateSpec(stored_evaluation::show_spec(spec, project)),
            NewSpec::Compare(spec) => Spec::CompareSpec(comparison::show_spec(spec, project)),
            NewSpec::Backtest(spec) => Spec::BacktestSpec(backtest::show_spec(spec, project)),
            NewSpec::BatchPredict(spec) => Spec::BatchPredictSpec(batch_predict::show_spec(spec, project)),
            NewSpec::Tune(spec) => Spec::TuneSpec(study::show_spec(spec, project)),
        };
        Ok(v1::Job {
            kind: wire::show_kind(wish.spec.kind()).into(),
            priority: options.priority.value().into(),
            timeout: Some(job_options::show_timeout(options.timeout)),
            labels: options.labels.clone(),
            created_by: call.caller.key.clone(),
            model: wire::show_model(project, wish.spec.model()),
            spec: Some(spec),
            estimate: Some(estimate),
            ..v1::Job::default()
        })
    }
}

/// Why no job was made.
fn refuse(outcome: &CreatedJob, call: &Call, wish: &Wish<'_>) -> ApiError {
    match outcome {
        CreatedJob::KeyReused => {
            let idempotency = wish.options.idempotency;
            let key = idempotency.map(|idempotency| idempotency.key.0.to_string());
            idempotency::reused(&key.unwrap_or_default())
        }
        CreatedJob::QueueFull { max_queued } => refusal::queue_full(*max_queued),
        CreatedJob::ModelDeleted => {
            let name = ModelName {
                project: call.project.clone(),
                model: wish.spec.train().model.clone(),
            };
            refusal::model_deleted(&name.to_string())
        }
        CreatedJob::Created(_) | CreatedJob::Existing(_) => {
            ApiError::internal(anyhow::anyhow!("a job that was made was refused"))
        }
    }
}
