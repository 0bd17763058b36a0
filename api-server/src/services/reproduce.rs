//! ReproduceJob: makes a job that trains again what another one has trained.

use super::call::{Call, missing};
use super::resolved;
use super::training::{TrainingApi, Wish};
use crate::convert::{features, name, reproduce_request};
use crate::error::ApiError;
use mltraining_domain::name::JobName;
use mltraining_domain::{Expected, JobKind, JobState, Reason, ReproduceSpec, StoredFile, Violations, hex};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::jobs::{Job, JobView, NewSpec};
use mltraining_store::models::{ModelVersion, VersionView};
use tonic::Request;

/// The file in which a training leaves the hashes of the days that it read.
const SOURCE_DAYS: &str = "source_days.jsonl";

impl TrainingApi {
    pub(super) async fn reproduce(
        &self,
        request: Request<v1::ReproduceJobRequest>,
    ) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(self.context(), &extensions, name.project.clone())?;
        let mut found = Violations::new();
        let options = reproduce_request::read(request, &mut found);
        found.into_result(())?;
        let spec = reproducible(&call, &name).await?;
        let asked = features::show(&spec.train.features);
        let resolved = resolved::resolve(&call, spec.train.clone(), &asked, Violations::new()).await?;
        let spec = spec.check()?;
        let wish = Wish {
            spec: NewSpec::Reproduce(&spec),
            options: &options,
            warnings: Vec::new(),
        };
        self.submit(&call, &wish, &resolved).await
    }
}

/// What is to be done again, and what must come of it.
async fn reproducible(call: &Call, name: &JobName) -> Result<ReproduceSpec, ApiError> {
    let job = call.store.job(&name.project, name.job, JobView::Full).await;
    let job = job.map_err(missing(name))?;
    let version = version_of(call, name, &job).await?;
    let (facts, trained) = (version.facts, version.spec);
    Ok(ReproduceSpec {
        job: name.job,
        train: match (job.kind, trained) {
            // A study has trained what it found.
            (JobKind::Tune, Some(trained)) => trained,
            _ => job.train_spec()?,
        },
        expected: Expected {
            model_sha256: facts.model_sha256,
            source_fingerprint: facts.source_fingerprint,
            service_version: facts.service_version,
            spec_hash: facts.spec_hash,
        },
        source_days: source_days(call, name).await?,
    })
}

/// The version that the job made.
async fn version_of(call: &Call, name: &JobName, job: &Job) -> Result<ModelVersion, ApiError> {
    let (kind, state) = (job.kind.as_str(), job.state.as_str());
    if !matches!(job.kind, JobKind::Train | JobKind::Tune) {
        let why = format!("{name} is a job of kind {kind}; only a training can be reproduced");
        return Err(refusal(name, why).with("kind", kind));
    }
    if job.state != JobState::Succeeded {
        let why = format!("{name} is {state}; only a training that SUCCEEDED can be reproduced");
        return Err(refusal(name, why).with("state", state));
    }
    let purged = || {
        let why =
            format!("the model version that {name} made is no longer kept: nothing is left to compare with");
        refusal(name, why).with("state", state)
    };
    let made = job.result.as_ref().and_then(|result| result.version);
    let (model, version) = job.model.as_ref().zip(made).ok_or_else(purged)?;
    let read = call
        .store
        .model_version(&name.project, model, version, VersionView::Full);
    match read.await {
        Err(StoreError::NotFound { .. }) => Err(purged()),
        read => Ok(read?),
    }
}

/// Where the hashes of the days lie that the job read; `None` for one of an earlier version of the service.
async fn source_days(call: &Call, name: &JobName) -> Result<Option<StoredFile>, ApiError> {
    match call.store.artifact(&name.project, name.job, SOURCE_DAYS).await {
        Ok(file) => Ok(Some(StoredFile {
            key: file.storage_key,
            sha256: hex(&file.sha256),
            size_bytes: file.size_bytes.unsigned_abs(),
        })),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn refusal(name: &JobName, why: String) -> ApiError {
    ApiError::new(Reason::FailedPrecondition, why).with("name", name)
}
