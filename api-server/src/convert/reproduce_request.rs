//! A request to reproduce a training, whole.

use super::{idempotency, train_request};
use mltraining_domain::{Priority, Span, Violations, labels};
use mltraining_proto::v1;
use mltraining_store::sources::Idempotency;
use std::collections::BTreeMap;

/// What a request asks for, but for the job that it names.
#[derive(Debug)]
pub(crate) struct ReproduceRequest {
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

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(mut request: v1::ReproduceJobRequest, found: &mut Violations) -> ReproduceRequest {
    let request_id = std::mem::take(&mut request.request_id);
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    ReproduceRequest {
        idempotency,
        validate_only: request.validate_only,
        priority: train_request::priority(request.priority, found),
        labels: request.labels,
        timeout: train_request::timeout(request.timeout, found),
    }
}
