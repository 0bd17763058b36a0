//! A request to train, whole.

use super::job_options::{self, JobOptions};
use super::{idempotency, train_spec};
use mltraining_domain::{ModelId, ProjectId, TrainSpec, Violations, labels};
use mltraining_proto::v1;

/// What a request asks for. The spec is checked on its own; what the source must have is not.
#[derive(Debug)]
pub(crate) struct TrainRequest {
    /// What to train.
    pub(crate) spec: TrainSpec,
    /// The features as they were written, to call a wrong one by its name.
    pub(crate) asked: v1::FeatureSpec,
    /// What is said of the job.
    pub(crate) options: JobOptions,
}

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(
    mut request: v1::TrainModelRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> TrainRequest {
    let request_id = std::mem::take(&mut request.request_id);
    request.parent = project.to_string();
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    let asked = request.spec.as_ref().and_then(|spec| spec.features.clone());
    let model = model_id(&request.model_id, found);
    TrainRequest {
        asked: asked.unwrap_or_default(),
        options: JobOptions {
            idempotency,
            validate_only: request.validate_only,
            priority: job_options::priority(request.priority, found),
            labels: request.labels,
            timeout: job_options::timeout(request.timeout, found),
        },
        spec: train_spec::read(request.spec, project, model, found),
    }
}

/// The id of the model that gets a version.
pub(super) fn model_id(text: &str, found: &mut Violations) -> ModelId {
    text.parse().unwrap_or_else(|error: mltraining_domain::IdError| {
        found.invalid("model_id", error.to_string());
        "m".parse().expect("one letter is a slug")
    })
}
