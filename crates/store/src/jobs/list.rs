//! Lists of jobs, newest first, page by page.

use super::read::fetch;
use super::{Job, JobView};
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{JobId, JobKind, JobState, ModelId, Priority, ProjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Which jobs to list. `None` and empty mean no limit.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// In one of these states. One state alone has an index of its own.
    pub states: Option<Vec<JobState>>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<JobKind>>,
    /// Of one of these priorities.
    pub priorities: Option<Vec<Priority>>,
    /// Made by this caller.
    pub created_by: Option<String>,
    /// Not made by any of these.
    pub created_by_not: Vec<String>,
    /// Made at this time or later.
    pub created_from: Option<DateTime<Utc>>,
    /// Made before this time.
    pub created_before: Option<DateTime<Utc>>,
    /// For this model.
    pub model: Option<ModelId>,
    /// With all of these labels.
    pub labels: BTreeMap<String, String>,
    /// With none of these labels.
    pub labels_not: Vec<(String, String)>,
}

/// The last job of a page; the next page starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCursor {
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: JobId,
}

impl Job {
    /// The cursor of a page that ends with this job.
    pub fn cursor(&self) -> JobCursor {
        JobCursor {
            created_at: self.created_at,
            id: self.id,
        }
    }
}

/// A filter as the statements take it.
pub(super) struct Bound<'a> {
    pub(super) filter: &'a JobFilter,
    pub(super) states: Option<Vec<String>>,
    pub(super) kinds: Option<Vec<String>>,
    pub(super) priorities: Option<Vec<i16>>,
    pub(super) labels: Value,
    pub(super) labels_not: Vec<Value>,
}

impl<'a> Bound<'a> {
    pub(super) fn new(filter: &'a JobFilter) -> Self {
        let one = |(key, value): &(String, String)| serde_json::json!({ key: value });
        Self {
            filter,
            states: words(filter.states.as_deref(), JobState::as_str),
            kinds: words(filter.kinds.as_deref(), JobKind::as_str),
            priorities: filter
                .priorities
                .as_ref()
                .map(|p| p.iter().map(|p| p.value()).collect()),
            labels: stored::to_json(&filter.labels),
            labels_not: filter.labels_not.iter().map(one).collect(),
        }
    }

    async fn newest(
        &self,
        connection: &mut PgConnection,
        project: &ProjectId,
        after: Option<JobCursor>,
        limit: i64,
    ) -> Result<Vec<Uuid>, StoreError> {
        let rows = sqlx::query_file_scalar!(
            "sql/jobs/list.sql",
            project.as_str(),
            after.map(|c| c.created_at),
            after.map(|c| c.id.0),
            limit,
            self.filter.created_from,
            self.filter.created_before,
            self.kinds.as_deref(),
            self.priorities.as_deref(),
            self.filter.created_by,
            &self.filter.created_by_not,
            self.labels,
            &self.labels_not,
            self.states.as_deref()
        );
        Ok(rows.fetch_all(connection).await?)
    }

    async fn by_state(
        &self,
        connection: &mut PgConnection,
        project: &ProjectId,
        state: JobState,
        after: Option<JobCursor>,
        limit: i64,
    ) -> Result<Vec<Uuid>, StoreError> {
        let rows = sqlx::query_file_scalar!(
            "sql/jobs/list_by_state.sql",
            project.as_str(),
            state.as_str(),
            after.map(|c| c.created_at),
            after.map(|c| c.id.0),
            limit,
            self.filter.created_from,
            self.filter.created_before,
            self.kinds.as_deref(),
            self.priorities.as_deref(),
            self.filter.created_by,
            &self.filter.created_by_not,
            self.labels,
            &self.labels_not
        );
        Ok(rows.fetch_all(connection).await?)
    }

    async fn by_model(
        &self,
        connection: &mut PgConnection,
        project: &ProjectId,
        model: &ModelId,
        after: Option<JobCursor>,
        limit: i64,
    ) -> Result<Vec<Uuid>, StoreError> {
        let rows = sqlx::query_file_scalar!(
            "sql/jobs/list_by_model.sql",
            project.as_str(),
            model.as_str(),
            after.map(|c| c.created_at),
            after.map(|c| c.id.0),
            limit,
            self.filter.created_from,
            self.filter.created_before,
            self.kinds.as_deref(),
            self.priorities.as_deref(),
            self.filter.created_by,
            &self.filter.created_by_not,
            self.labels,
            &self.labels_not,
            self.states.as_deref()
        );
        Ok(rows.fetch_all(connection).await?)
    }
}

fn words<T: Copy>(values: Option<&[T]>, word: fn(T) -> &'static str) -> Option<Vec<String>> {
    values.map(|values| values.iter().map(|value| word(*value).to_owned()).collect())
}

impl Store {
    /// The jobs of a project that pass the filter, newest first, after the cursor, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_jobs(
        &self,
        project: &ProjectId,
        filter: &JobFilter,
        after: Option<JobCursor>,
        limit: i64,
        view: JobView,
    ) -> Result<Vec<Job>, StoreError> {
        self.within("jobs.list", async {
            let mut session = self.session().await?;
            let bound = Bound::new(filter);
            let ids = match (&filter.model, filter.states.as_deref()) {
                (Some(model), _) => bound.by_model(&mut session, project, model, after, limit).await?,
                (None, Some([state])) => {
                    bound
                        .by_state(&mut session, project, *state, after, limit)
                        .await?
                }
                (None, _) => bound.newest(&mut session, project, after, limit).await?,
            };
            let ids: Vec<JobId> = ids.into_iter().map(JobId).collect();
            let jobs = fetch(&mut session, project, &ids, view).await?;
            session.release();
            Ok(jobs)
        })
        .await
    }
}
