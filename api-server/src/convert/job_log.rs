//! Log lines, and which of them a request wants.

use super::event::show_severity;
use super::field::choice;
use super::time::{read_instant, show_instant};
use crate::error::ApiError;
use mltraining_domain::{Epoch, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::{LogFilter, LogLine, LogSeverity};
use prost_types::Timestamp;

/// The lines that a request wants.
///
/// # Errors
/// INVALID_FIELD with every wrong field.
pub(crate) fn read(
    attempt: Option<i64>,
    min_severity: i32,
    since: Option<Timestamp>,
) -> Result<LogFilter, ApiError> {
    let mut found = Violations::new();
    found.require(attempt.is_none_or(|attempt| attempt >= 0), "attempt", || {
        "an attempt is 1 or more; 0 is the service itself".to_owned()
    });
    let known = "LOG_SEVERITY_DEBUG, LOG_SEVERITY_INFO, LOG_SEVERITY_WARN or LOG_SEVERITY_ERROR";
    let least = match choice(min_severity, known, "min_severity", &mut found) {
        v1::LogSeverity::Unspecified | v1::LogSeverity::Debug => LogSeverity::Debug,
        v1::LogSeverity::Info => LogSeverity::Info,
        v1::LogSeverity::Warn => LogSeverity::Warn,
        v1::LogSeverity::Error => LogSeverity::Error,
    };
    let since = read_instant(since, "since", &mut found);
    let filter = LogFilter {
        attempt: attempt.map(Epoch),
        least,
        since,
    };
    Ok(found.into_result(filter)?)
}

/// The line as the wire holds it.
pub(crate) fn show(line: &LogLine) -> v1::LogLine {
    v1::LogLine {
        severity: show_severity(line.severity).into(),
        message: line.message.clone(),
        attempt: line.attempt.0,
    }
}

/// The line with its place.
pub(crate) fn show_entry(line: &LogLine) -> v1::JobLogEntry {
    v1::JobLogEntry {
        sequence: line.seq,
        time: Some(show_instant(line.at)),
        line: Some(show(line)),
    }
}
