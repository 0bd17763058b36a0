//! What every request for a job says besides what is to be done.

use super::time;
use mltraining_domain::{Priority, Span, Violations};
use mltraining_store::sources::Idempotency;
use std::collections::BTreeMap;

/// The time of a request that names none; the store has the same.
const DEFAULT: Span = Span::from_mins(6 * 60);
const SHORTEST: Span = Span::from_secs(1);
const LONGEST: Span = Span::from_mins(7 * 24 * 60);

/// How a job is made and goes.
#[derive(Debug)]
pub(crate) struct JobOptions {
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
