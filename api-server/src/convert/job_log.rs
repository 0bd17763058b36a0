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

/// Bytes of a line in an answer beside its text, at most.
const BESIDE_TEXT: usize = 64;
/// Bytes of an answer beside its lines, at most.
const BESIDE_LINES: usize = 2048;

/// Leaves as many lines as fit into an answer of `most` bytes, and tells the sequence of the last of them when some were cut off.
pub(crate) fn fit(lines: &mut Vec<LogLine>, most: usize) -> Option<i64> {
    let mut bytes = BESIDE_LINES;
    let fits = |line: &&LogLine| {
        bytes += line.message.len() + BESIDE_TEXT;
        bytes <= most
    };
    let fitting = lines.iter().take_while(fits).count().max(1);
    if fitting >= lines.len() {
        return None;
    }
    lines.truncate(fitting);
    lines.last().map(|line| line.seq)
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

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    fn line(seq: i64, bytes: usize) -> LogLine {
        LogLine {
            seq,
            at: chrono::DateTime::<chrono::Utc>::MAX_UTC,
            attempt: Epoch(i64::MAX),
            severity: LogSeverity::Error,
            message: "x".repeat(bytes),
        }
    }

    #[test]
    fn a_page_of_long_lines_ends_where_the_answer_is_full() {
        let most = 1 << 20;
        let mut lines: Vec<LogLine> = (1..=1000).map(|seq| line(seq, 30_000)).collect();
        assert_eq!(fit(&mut lines, most), Some(34));
        let answer = v1::ListJobLogsResponse {
            entries: lines.iter().map(show_entry).collect(),
            next_page_token: "x".repeat(1024),
        };
        assert!(answer.encoded_len() <= most, "{} bytes", answer.encoded_len());
        let mut short: Vec<LogLine> = (1..=1000).map(|seq| line(seq, 100)).collect();
        assert_eq!(fit(&mut short, most), None);
        assert_eq!(short.len(), 1000);
        assert_eq!(fit(&mut Vec::new(), most), None);
    }
}
