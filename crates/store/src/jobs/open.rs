//! Jobs that have not ended.

use super::JobFilter;
use super::list::Bound;
use crate::{Store, StoreError, stored};
use mltraining_domain::{JobId, JobState, ModelId, ProjectId};

/// A job that waits or runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenJob {
    /// Its id.
    pub id: JobId,
    /// QUEUED or RUNNING.
    pub state: JobState,
}

impl Store {
    /// The jobs of a project that pass the filter and have not ended, all as of one moment, at most `limit`; those that wait
    /// first, each newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn open_jobs(
        &self,
        project: &ProjectId,
        filter: &JobFilter,
        limit: i64,
    ) -> Result<Vec<OpenJob>, StoreError> {
        let bound = Bound::new(filter);
        self.within("jobs.open", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!(
                "sql/jobs/open.sql",
                project.as_str(),
                limit,
                filter.created_from,
                filter.created_before,
                bound.kinds.as_deref(),
                bound.priorities.as_deref(),
                filter.created_by,
                &filter.created_by_not,
                bound.labels,
                &bound.labels_not,
                filter.model.as_ref().map(ModelId::as_str),
                bound.states.as_deref()
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let open = rows.into_iter().map(|row| {
                Ok(OpenJob {
                    id: JobId(row.id),
                    state: stored::word("job.state", &row.state, JobState::from_word(&row.state))?,
                })
            });
            open.collect()
        })
        .await
    }
}
