//! A request to train, whole.

use super::{idempotency, time, train_spec};

use mltraining_domain::{ModelId, Priority, ProjectId, Span, TrainSpec, Violations, labels};
use mltraining_proto::v1;
use mltraining_store::sources::Idempotency;
use std::collections::BTreeMap;

/// What a request asks for. The spec is checked on its own; what the source must have is not.
#[derive(Debug)]
pub(crate) struct TrainRequest {
    /// What to train.
    pub(crate) spec: TrainSpec,
    /// The features as they were written, to call a wrong one by its name.
    pub(crate) asked: v1::FeatureSpec,
    /// Makes repeating safe.
    pub(crate) idempotency: Option<Idempotency>,
    /// Only check and estimate.
    pub(crate) validate_only: bool,
    /// 0 first, 4 last.
    pub(crate) priority: Priority,
    /// Words to find the job by.
    pub(crate) labels: BTreeMap<String, String>,
    /// Longest time of an attempt; `None` for the default.
    pub(crate) timeout: Option<Span>,
}

/// The time of a request that names none; the store has the same.
const DEFAULT: Span = Span::from_mins(6 * 60);
const SHORTEST: Span = Span::from_secs(1);
const LONGEST: Span = Span::from_mins(7 * 24 * 60);

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
        idempotency,
        asked: asked.unwrap_or_default(),
        validate_only: request.validate_only,
        priority: priority(request.priority, found),
        labels: request.labels,
        timeout: timeout(request.timeout, found),
        spec: train_spec::read(request.spec, project, model, found),
    }
}

fn model_id(text: &str, found: &mut Violations) -> ModelId {
    text.parse().unwrap_or_else(|error: mltraining_domain::IdError| {
        found.invalid("model_id", error.to_string());
        "m".parse().expect("one letter is a slug")
    })
}

/// The priority of a new job.
pub(super) fn priority(value: Option<i32>, found: &mut Violations) -> Priority {
    let Some(value) = value else {
        return Priority::DEFAULT;
    };
    Priority::new(value).unwrap_or_else(|| {
        found.invalid(
            "priority",
            format!("{value} is no priority; give 0 (first) to 4 (last)"),
        );
        Priority::DEFAULT
    })
}

/// The longest time of an attempt at a new job.
pub(super) fn timeout(value: Option<prost_types::Duration>, found: &mut Violations) -> Option<Span> {
    let timeout = time::read_span(value, "timeout", found)?;
    found.require((SHORTEST..=LONGEST).contains(&timeout), "timeout", || {
        format!("{timeout} is out of range; give 1 s to 7 days")
    });
    Some(timeout)
}

/// The longest time of an attempt as the wire holds it.
pub(crate) fn show_timeout(timeout: Option<Span>) -> prost_types::Duration {
    time::show_span(timeout.unwrap_or(DEFAULT))
}
