//! The log lines of a job.

use super::JobEvent;
use super::LogSeverity;
use super::events::EventBody;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Epoch, JobId};
use serde_json::Value;

/// Which lines of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// Of this attempt; 0 is the service itself.
    pub attempt: Option<Epoch>,
    /// At least as grave.
    pub least: LogSeverity,
    /// Written at this time or later.
    pub since: Option<DateTime<Utc>>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its number among the events of its job.
    pub seq: i64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The attempt that wrote it; 0 when the service did.
    pub attempt: Epoch,
    /// How grave it is.
    pub severity: LogSeverity,
    /// The line.
    pub message: String,
}

/// The lines that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// Oldest first.
    pub lines: Vec<LogLine>,
    /// The last event that was looked at, when the search ended before the log did: with fewer lines than were asked for, it goes on
    /// from there.
    pub searched_to: Option<i64>,
}

impl Default for LogFilter {
    /// All lines.
    fn default() -> Self {
        Self {
            attempt: None,
            least: LogSeverity::Debug,
            since: None,
        }
    }
}

impl LogFilter {
    /// Whether the line passes.
    pub fn passes(&self, line: &LogLine) -> bool {
        self.attempt.is_none_or(|attempt| attempt == line.attempt)
            && line.severity >= self.least
            && self.since.is_none_or(|since| line.at >= since)
    }
}

impl LogLine {
    /// The line that an event is; `None` for another event.
    pub fn of(event: &JobEvent) -> Option<Self> {
        let EventBody::Log { severity, message } = &event.body else {
            return None;
        };
        Some(Self {
            seq: event.seq,
            at: event.at,
            attempt: event.epoch,
            severity: *severity,
            message: message.clone(),
        })
    }
}

impl Store {
    /// The lines of a job's log after the event `after` that pass the filter, oldest first, at most `limit`. Looks at 2,000
    /// lines at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn job_logs(
        &self,
        job: JobId,
        filter: &LogFilter,
        after: i64,
        limit: i64,
    ) -> Result<LogPage, StoreError> {
        let severities: Vec<String> = LogSeverity::ALL
            .into_iter()
            .filter(|severity| *severity >= filter.least)
            .map(|severity| severity.as_str().to_owned())
            .collect();
        self.within("jobs.logs", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!(
                "sql/jobs/logs.sql",
                job.0,
                after,
                filter.attempt.map(|epoch| epoch.0),
                &severities,
                filter.since,
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let searched_to = rows.iter().find(|row| !row.passes).map(|row| row.seq);
            let lines = rows.into_iter().filter(|row| row.passes).map(|row| {
                Ok::<_, StoreError>(LogLine {
                    seq: row.seq,
                    at: row.at,
                    attempt: Epoch(row.lease_epoch),
                    severity: stored::json(
                        "job_event.payload",
                        row.severity.map_or(Value::Null, Value::String),
                    )?,
                    message: row.message.unwrap_or_default(),
                })
            });
            Ok(LogPage {
                lines: lines.collect::<Result<_, _>>()?,
                searched_to,
            })
        })
        .await
    }
}
