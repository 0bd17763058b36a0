//! Counting jobs, in groups.

use super::JobFilter;
use super::list::Bound;
use crate::{Store, StoreError, stored};
use mltraining_domain::{JobKind, JobState, ProjectId};

/// By what jobs are counted apart. Without any, all are one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobGrouping {
    /// By state.
    pub state: bool,
    /// By kind.
    pub kind: bool,
    /// By the values of these labels.
    pub labels: Vec<String>,
}

/// One group of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobCount {
    /// Their state, when they are grouped by it.
    pub state: Option<JobState>,
    /// Their kind, when they are grouped by it.
    pub kind: Option<JobKind>,
    /// Their values of the labels, in the order of the grouping; `None` for jobs without that label.
    pub labels: Vec<Option<String>>,
    /// How many there are.
    pub jobs: i64,
}

struct CountRow {
    state: Option<String>,
    kind: Option<String>,
    labels: Vec<Option<String>>,
    jobs: i64,
}

impl CountRow {
    fn into_count(self) -> Result<JobCount, StoreError> {
        let state = self
            .state
            .map(|word| stored::word("job.state", &word, JobState::from_word(&word)));
        let kind = self
            .kind
            .map(|word| stored::word("job.kind", &word, JobKind::from_word(&word)));
        Ok(JobCount {
            state: state.transpose()?,
            kind: kind.transpose()?,
            labels: self.labels,
            jobs: self.jobs,
        })
    }
}

impl Store {
    /// The groups of the jobs that pass the filter, the largest first, at most `limit`. Without a grouping there is one group,
    /// or none when no job passes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn count_jobs(
        &self,
        project: &ProjectId,
        filter: &JobFilter,
        grouping: &JobGrouping,
        limit: i64,
    ) -> Result<Vec<JobCount>, StoreError> {
        self.within("jobs.count", async {
            let mut session = self.session().await?;
            let rows = rows(&mut session, project, filter, grouping, limit).await?;
            session.release();
            rows.into_iter().map(CountRow::into_count).collect()
        })
        .await
    }
}

async fn rows(
    connection: &mut sqlx::PgConnection,
    project: &ProjectId,
    filter: &JobFilter,
    grouping: &JobGrouping,
    limit: i64,
) -> Result<Vec<CountRow>, StoreError> {
    let bound = Bound::new(filter);
    // Always named: project and states are the head of an index.
    let all = || JobState::ALL.map(|state| state.as_str().to_owned()).to_vec();
    let states = bound.states.clone().unwrap_or_else(all);
    Ok(if let Some(model) = &filter.model {
        sqlx::query_file_as!(
            CountRow,
            "sql/jobs/count_by_model.sql",
            project.as_str(),
            grouping.state,
            grouping.kind,
            &grouping.labels,
            limit,
            &states,
            filter.created_from,
            filter.created_before,
            bound.kinds.as_deref(),
            bound.priorities.as_deref(),
            filter.created_by,
            &filter.created_by_not,
            bound.labels,
            &bound.labels_not,
            model.as_str()
        )
        .fetch_all(connection)
        .await?
    } else {
        sqlx::query_file_as!(
            CountRow,
            "sql/jobs/count.sql",
            project.as_str(),
            grouping.state,
            grouping.kind,
            &grouping.labels,
            limit,
            &states,
            filter.created_from,
            filter.created_before,
            bound.kinds.as_deref(),
            bound.priorities.as_deref(),
            filter.created_by,
            &filter.created_by_not,
            bound.labels,
            &bound.labels_not
        )
        .fetch_all(connection)
        .await?
    })
}
