//! gRPC clients with a key.

use crate::wait;
use mltraining_proto::inference::grpc_inference_service_client::GrpcInferenceServiceClient;
use mltraining_proto::v1 as pb;
use mltraining_proto::v1::admin_service_client::AdminServiceClient;
use mltraining_proto::v1::artifact_service_client::ArtifactServiceClient;
use mltraining_proto::v1::catalog_service_client::CatalogServiceClient;
use mltraining_proto::v1::dataset_service_client::DatasetServiceClient;
use mltraining_proto::v1::evaluation_service_client::EvaluationServiceClient;
use mltraining_proto::v1::job_service_client::JobServiceClient;
use mltraining_proto::v1::model_service_client::ModelServiceClient;
use mltraining_proto::v1::prediction_service_client::PredictionServiceClient;
use mltraining_proto::v1::training_service_client::TrainingServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Adds the key to every call.
#[derive(Clone)]
pub struct Key(MetadataValue<Ascii>);

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// A channel that carries a key.
pub type Authenticated = InterceptedService<Channel, Key>;

/// Every service of one server, for one caller.
#[derive(Clone)]
pub struct Caller {
    pub catalog: CatalogServiceClient<Authenticated>,
    pub datasets: DatasetServiceClient<Authenticated>,
    pub training: TrainingServiceClient<Authenticated>,
    pub evaluations: EvaluationServiceClient<Authenticated>,
    pub jobs: JobServiceClient<Authenticated>,
    pub models: ModelServiceClient<Authenticated>,
    pub artifacts: ArtifactServiceClient<Authenticated>,
    // Few tests need these two: boxed, they make no future larger.
    pub predictions: Box<PredictionServiceClient<Authenticated>>,
    pub inference: Box<GrpcInferenceServiceClient<Authenticated>>,
}

/// A channel to `endpoint` that carries `key`; the first call connects.
fn authenticated(endpoint: &str, key: &str) -> Authenticated {
    let channel = Channel::from_shared(endpoint.to_owned()).unwrap().connect_lazy();
    InterceptedService::new(channel, Key(format!("Bearer {key}").parse().unwrap()))
}

/// AdminService at `endpoint`, the admin port of a server.
pub fn admin(endpoint: &str, key: &str) -> AdminServiceClient<Authenticated> {
    AdminServiceClient::new(authenticated(endpoint, key))
}

impl Caller {
    /// Connects lazily: the first call connects.
    pub fn new(endpoint: &str, key: &str) -> Self {
        let channel = authenticated(endpoint, key);
        let with_key = || channel.clone();
        Self {
            catalog: CatalogServiceClient::new(with_key()),
            datasets: DatasetServiceClient::new(with_key()),
            training: TrainingServiceClient::new(with_key()),
            evaluations: EvaluationServiceClient::new(with_key()),
            jobs: JobServiceClient::new(with_key()),
            models: ModelServiceClient::new(with_key()),
            artifacts: ArtifactServiceClient::new(with_key()),
            predictions: Box::new(PredictionServiceClient::new(with_key())),
            inference: Box::new(GrpcInferenceServiceClient::new(with_key())),
        }
    }

    /// Trains, and returns the job, which has succeeded.
    pub async fn trained(&self, request: pb::TrainModelRequest) -> pb::Job {
        let job = self.training.clone().train_model(request).await.unwrap();
        let job = self.ended(&job.into_inner().name).await;
        assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
        job
    }

    /// Trains, and returns the version that came of it, whole.
    pub async fn trained_version(&self, request: pb::TrainModelRequest) -> pb::ModelVersion {
        let request = pb::GetModelVersionRequest {
            name: self.trained(request).await.result.unwrap().model_version,
            view: pb::ModelVersionView::Full.into(),
        };
        let version = self.models.clone().get_model_version(request).await;
        version.unwrap().into_inner()
    }

    /// Waits for the end of a job and returns it whole.
    pub async fn ended(&self, name: &str) -> pb::Job {
        wait::until("the job ends", || async {
            let request = pb::GetJobRequest {
                name: name.into(),
                ..Default::default()
            };
            let job = self.jobs.clone().get_job(request).await.ok()?.into_inner();
            job.end_time.is_some().then_some(job)
        })
        .await
    }
}

/// Why a job has failed: its reason, and what it says of it.
pub fn failure(job: &pb::Job) -> (&str, &str) {
    assert_eq!(job.state(), pb::JobState::Failed);
    let error = job.error.as_ref().unwrap();
    (error.reason().as_str_name(), error.message.as_str())
}
