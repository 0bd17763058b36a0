//! How full all queues are and who works on them, for metrics: of low cardinality, and never shown to a caller.

use crate::{Store, StoreError, stored};
use mltraining_domain::{JobKind, JobState};
use std::time::Duration;

/// A worker that has not been heard for this long is not counted.
const SILENT: Duration = Duration::from_secs(60);

/// Jobs of one kind and state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobsOfKind {
    /// What they do.
    pub kind: JobKind,
    /// QUEUED or RUNNING.
    pub state: JobState,
    /// Whether they may start only later.
    pub is_scheduled: bool,
    /// How many there are.
    pub jobs: i64,
    /// How long ago the oldest of them became due; zero for those that are not.
    pub oldest: Duration,
}

/// All queues of all projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Jobs that have not ended.
    pub jobs: Vec<JobsOfKind>,
    /// Workers heard within the last minute.
    pub workers: i64,
    /// Those of them that take no new jobs.
    pub draining: i64,
    /// Jobs that the others run at once.
    pub slots: i64,
}

impl Store {
    /// How full all queues are. Counts every job that has not ended: ask now and then, not for a call.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn overview(&self) -> Result<Overview, StoreError> {
        self.within("queue_stats.overview", async {
            let mut session = self.session().await?;
            let jobs = sqlx::query_file_as!(Row, "sql/queue_stats/overview.sql")
                .fetch_all(&mut *session)
                .await?;
            let workers = sqlx::query_file!("sql/queue_stats/workers.sql", stored::micros(SILENT))
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(Overview {
                jobs: jobs.into_iter().map(Row::into_jobs).collect::<Result<_, _>>()?,
                workers: workers.live,
                draining: workers.draining,
                slots: workers.slots,
            })
        })
        .await
    }
}

struct Row {
    kind: String,
    state: String,
    scheduled: bool,
    jobs: i64,
    oldest_micros: i64,
}

impl Row {
    fn into_jobs(self) -> Result<JobsOfKind, StoreError> {
        Ok(JobsOfKind {
            kind: stored::word("job.kind", &self.kind, JobKind::from_word(&self.kind))?,
            state: stored::word("job.state", &self.state, JobState::from_word(&self.state))?,
            is_scheduled: self.scheduled,
            jobs: self.jobs,
            oldest: stored::duration(self.oldest_micros.max(0)),
        })
    }
}
