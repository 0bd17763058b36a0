//! A request to judge a model version on a period.

use super::job_options::{self, JobOptions};
use super::{field, idempotency, time};
use chrono::{DateTime, Utc};
use mltraining_domain::{TimeRange, Violations, labels};
use mltraining_proto::v1;
use prost_types::Timestamp;

/// The rows that a request asks for.
#[derive(Debug)]
pub(crate) struct PeriodRows {
    /// Decision times.
    pub(crate) range: TimeRange,
    /// Only rows recorded before; `None` for all.
    pub(crate) known_before: Option<DateTime<Utc>>,
    /// Most rows that may be read; `None` for as many as the training.
    pub(crate) max_rows: Option<u64>,
}

/// What a request asks for, but for the version that it names.
#[derive(Debug)]
pub(crate) struct EvaluateRequest {
    /// On which rows.
    pub(crate) rows: PeriodRows,
    /// What is said of the job.
    pub(crate) options: JobOptions,
}

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(mut request: v1::EvaluateModelRequest, found: &mut Violations) -> EvaluateRequest {
    let request_id = std::mem::take(&mut request.request_id);
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    EvaluateRequest {
        rows: rows(request.range, request.known_before, request.max_rows, found),
        options: JobOptions {
            idempotency,
            validate_only: request.validate_only,
            priority: job_options::priority(request.priority, found),
            labels: request.labels,
            timeout: job_options::timeout(request.timeout, found),
        },
    }
}

/// The rows of a request, by its fields `range`, `known_before` and `max_rows`.
pub(crate) fn rows(
    range: Option<v1::TimeRange>,
    known_before: Option<Timestamp>,
    max_rows: Option<i64>,
    found: &mut Violations,
) -> PeriodRows {
    PeriodRows {
        range: time::require_range(range, "range", found),
        known_before: time::read_instant(known_before, "known_before", found),
        max_rows: max_rows.map(|rows| field::large_count(Some(rows), 1, "max_rows", found)),
    }
}
