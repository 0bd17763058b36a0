//! How full a queue is, for one project, and who works on it.

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{DisplayState, JobState, Priority, ProjectId};
use std::time::Duration;

/// A worker that has not been heard for this long is not counted.
const SILENT: Duration = Duration::from_secs(60);

/// Jobs of one state and priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Their state, as people see it. One that is tried again counts as RETRYING, whether it is due or not.
    pub state: DisplayState,
    /// Their priority.
    pub priority: Priority,
    /// Whether they may start now.
    pub is_due: bool,
    /// How many there are.
    pub jobs: i64,
    /// How long ago the oldest of them became due; zero for those that are not.
    pub oldest: Duration,
}

/// A queue as a project sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueStats {
    /// Since when the queue is paused; `None` while it is open.
    pub paused_at: Option<DateTime<Utc>>,
    /// Jobs that the project may have RUNNING.
    pub max_running: i32,
    /// Jobs that it may have QUEUED.
    pub max_queued: i32,
    /// Workers heard within the last minute.
    pub workers: i64,
    /// Those of them that take no new jobs.
    pub draining: i64,
    /// Jobs that the others run at once.
    pub slots: i64,
    /// RUNNING jobs of all other projects.
    pub others_running: i64,
    /// Other projects with RUNNING jobs.
    pub other_projects: i64,
    /// Mean time of the project's last 50 jobs that SUCCEEDED, as far as that was within a day; `None` when there are none.
    pub mean_run: Option<Duration>,
    /// Jobs that have not ended.
    pub depth: Vec<Depth>,
}

impl Store {
    /// How full a queue is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such queue, or no such project.
    pub async fn queue_stats(&self, project: &ProjectId, queue: &str) -> Result<QueueStats, StoreError> {
        self.within("queue_stats.depth", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!(
                "sql/queue_stats/capacity.sql",
                project.as_str(),
                queue,
                stored::micros(SILENT)
            )
            .fetch_optional(&mut *session)
            .await?;
            let row = row.ok_or_else(|| StoreError::NotFound {
                what: "queue",
                name: queue.to_owned(),
            })?;
            let depth = sqlx::query_file_as!(DepthRow, "sql/queue_stats/depth.sql", project.as_str(), queue)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(QueueStats {
                paused_at: row.paused_at,
                max_running: row.max_running,
                max_queued: row.max_queued,
                workers: row.live,
                draining: row.draining,
                slots: row.slots,
                others_running: row.others_running,
                other_projects: row.other_projects,
                mean_run: row.mean_run_micros.map(stored::duration),
                depth: depth
                    .into_iter()
                    .map(DepthRow::into_depth)
                    .collect::<Result<_, _>>()?,
            })
        })
        .await
    }
}

struct DepthRow {
    state: String,
    priority: i16,
    scheduled: bool,
    tried: bool,
    cancelling: bool,
    jobs: i64,
    oldest_micros: i64,
}

impl DepthRow {
    fn into_depth(self) -> Result<Depth, StoreError> {
        let state: JobState = stored::word("job.state", &self.state, JobState::from_word(&self.state))?;
        let priority = Priority::new(i32::from(self.priority));
        Ok(Depth {
            state: state.display(self.tried.into(), self.scheduled, self.cancelling),
            priority: stored::word("job.priority", &self.priority.to_string(), priority)?,
            is_due: state == JobState::Queued && !self.scheduled,
            jobs: self.jobs,
            oldest: stored::duration(self.oldest_micros.max(0)),
        })
    }
}
