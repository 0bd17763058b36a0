//! What happened to a job, in order: feeds WatchJob. A stream resumes from a sequence.

use super::JobError;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Epoch, JobId, JobState, Progress};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// One event of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobEvent {
    /// The job.
    pub job: JobId,
    /// From 1, without holes, in the order in which they happened.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The attempt; 0 before the first.
    pub epoch: Epoch,
    /// What.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventBody {
    /// The state changed, or a cancel was asked for.
    State(StateChange),
    /// A new step began.
    Phase(Progress),
    /// The step went on.
    Progress(Progress),
    /// A line for people.
    Log {
        /// How grave it is.
        severity: LogSeverity,
        /// The line.
        message: String,
    },
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// The new state.
    pub state: JobState,
    /// True when a cancel is asked for and the job still runs.
    #[serde(default)]
    pub cancel_requested: bool,
    /// When it runs next, while it waits to be tried again.
    #[serde(default)]
    pub run_at: Option<DateTime<Utc>>,
    /// Why.
    #[serde(default)]
    pub error: Option<JobError>,
    /// The version it made, when SUCCEEDED.
    #[serde(default)]
    pub version: Option<i32>,
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogSeverity {
    /// Details.
    Debug,
    /// The usual.
    Info,
    /// Strange, but the job goes on.
    Warn,
    /// The attempt fails.
    Error,
}

struct EventRow {
    job_id: Uuid,
    seq: i64,
    at: DateTime<Utc>,
    lease_epoch: i64,
    kind: String,
    payload: Value,
    version: Option<i32>,
}

#[derive(Deserialize)]
struct LogPayload {
    severity: LogSeverity,
    message: String,
}

impl EventRow {
    fn into_event(self) -> Result<JobEvent, StoreError> {
        const PAYLOAD: &str = "job_event.payload";
        let body = match self.kind.as_str() {
            "state" => {
                let change: StateChange = stored::json(PAYLOAD, self.payload)?;
                EventBody::State(StateChange {
                    version: self.version,
                    ..change
                })
            }
            "phase" => EventBody::Phase(stored::json(PAYLOAD, self.payload)?),
            "progress" => EventBody::Progress(stored::json(PAYLOAD, self.payload)?),
            "log" => {
                let LogPayload { severity, message } = stored::json(PAYLOAD, self.payload)?;
                EventBody::Log { severity, message }
            }
            other => return stored::word("job_event.kind", other, None),
        };
        Ok(JobEvent {
            job: JobId(self.job_id),
            seq: self.seq,
            at: self.at,
            epoch: Epoch(self.lease_epoch),
            body,
        })
    }
}

impl LogSeverity {
    /// Every severity, the lightest first.
    pub const ALL: [LogSeverity; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

impl Store {
    /// The events of a job after `seq`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn events_after(&self, job: JobId, seq: i64, limit: i64) -> Result<Vec<JobEvent>, StoreError> {
        self.poll_events(&[(job, seq)], limit).await
    }

    /// The events of many jobs, each after its own sequence, at most `limit_each` of each, in one statement: what one
    /// poller needs for all watchers. Oldest first within a job.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn poll_events(
        &self,
        watched: &[(JobId, i64)],
        limit_each: i64,
    ) -> Result<Vec<JobEvent>, StoreError> {
        let (jobs, sequences): (Vec<Uuid>, Vec<i64>) = watched.iter().map(|(job, seq)| (job.0, *seq)).unzip();
        self.within("jobs.poll_events", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                EventRow,
                "sql/jobs/poll_events.sql",
                &jobs,
                &sequences,
                limit_each
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            rows.into_iter().map(EventRow::into_event).collect()
        })
        .await
    }
}
