//! A request to reproduce a training, whole.

use super::idempotency;
use super::job_options::{self, JobOptions};
use mltraining_domain::{Violations, labels};
use mltraining_proto::v1;

/// Reads what a request asks for, but for the job that it names; what is wrong with it is noted in `found`.
pub(crate) fn read(mut request: v1::ReproduceJobRequest, found: &mut Violations) -> JobOptions {
    let request_id = std::mem::take(&mut request.request_id);
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    JobOptions {
        idempotency,
        validate_only: request.validate_only,
        priority: job_options::priority(request.priority, found),
        labels: request.labels,
        timeout: job_options::timeout(request.timeout, found),
    }
}
