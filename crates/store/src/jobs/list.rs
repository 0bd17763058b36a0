//! Lists of jobs, newest first, page by page.

use super::read::fetch;
use super::{Job, JobView};
use crate::keyset::beginning;
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

/// Jobs of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobList {
    /// Those that pass the filter, newest first.
    pub jobs: Vec<Job>,
    /// Set when there are fewer than asked for and the search ended early: older jobs than this one were not looked at.
    pub searched_to: Option<JobCursor>,
}

/// A job of a list, or, when it does not pass, the one where the search ended.
struct Seen {
    id: Uuid,
    created_at: DateTime<Utc>,
    passes: bool,
}

/// Which index leads to the jobs; what else the filter asks for is looked at in each of them. The narrower comes first.
enum Way<'a> {
    Model(&'a ModelId),
    Label(&'a str, &'a str),
    Creator(&'a str),
    State(JobState),
    Newest,
}

impl<'a> Way<'a> {
    fn of(filter: &'a JobFilter) -> Self {
        if let Some(model) = &filter.model {
            return Self::Model(model);
        }
        if let Some((key, value)) = filter.labels.first_key_value() {
            return Self::Label(key, value);
        }
        match (&filter.created_by, filter.states.as_deref()) {
            (Some(caller), _) => Self::Creator(caller),
            (None, Some([state])) => Self::State(*state),
            (None, _) => Self::Newest,
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
}

/// One page of a list.
struct Search<'a> {
    bound: Bound<'a>,
    project: &'a str,
    after_time: Option<DateTime<Utc>>,
    after_id: Option<Uuid>,
    limit: i64,
}

impl<'a> Search<'a> {
    fn new(project: &'a ProjectId, filter: &'a JobFilter, after: Option<JobCursor>, limit: i64) -> Self {
        let after = after.map(|c| (c.created_at, c.id.0));
        let after = beginning(filter.created_before, after, Uuid::nil());
        Self {
            bound: Bound::new(filter),
            project: project.as_str(),
            after_time: after.map(|(created_at, _)| created_at),
            after_id: after.map(|(_, id)| id),
            limit,
        }
    }

    async fn search(&self, connection: &mut PgConnection) -> Result<Vec<Seen>, StoreError> {
        Ok(match Way::of(self.bound.filter) {
            Way::Model(model) => self.by_model(connection, model).await?,
            Way::Label(key, value) => self.by_label(connection, key, value).await?,
            Way::Creator(caller) => self.by_creator(connection, caller).await?,
            Way::State(state) => self.by_state(connection, state).await?,
            Way::Newest => self.newest(connection).await?,
        })
    }

    async fn newest(&self, connection: &mut PgConnection) -> sqlx::Result<Vec<Seen>> {
        sqlx::query_file_as!(
            Seen,
            "sql/jobs/list.sql",
            self.project,
            self.after_time,
            self.after_id,
            self.limit,
            self.bound.filter.created_from,
            self.bound.filter.created_before,
            self.bound.kinds.as_deref(),
            self.bound.priorities.as_deref(),
            self.bound.filter.created_by,
            &self.bound.filter.created_by_not,
            self.bound.labels,
            &self.bound.labels_not,
            self.bound.states.as_deref()
        )
        .fetch_all(connection)
        .await
    }

    async fn by_state(&self, connection: &mut PgConnection, state: JobState) -> sqlx::Result<Vec<Seen>> {
        sqlx::query_file_as!(
            Seen,
            "sql/jobs/list_by_state.sql",
            self.project,
            state.as_str(),
            self.after_time,
            self.after_id,
            self.limit,
            self.bound.filter.created_from,
            self.bound.filter.created_before,
            self.bound.kinds.as_deref(),
            self.bound.priorities.as_deref(),
            self.bound.filter.created_by,
            &self.bound.filter.created_by_not,
            self.bound.labels,
            &self.bound.labels_not
        )
        .fetch_all(connection)
        .await
    }

    async fn by_model(&self, connection: &mut PgConnection, model: &ModelId) -> sqlx::Result<Vec<Seen>> {
        sqlx::query_file_as!(
            Seen,
            "sql/jobs/list_by_model.sql",
            self.project,
            model.as_str(),
            self.after_time,
            self.after_id,
            self.limit,
            self.bound.filter.created_from,
            self.bound.filter.created_before,
            self.bound.kinds.as_deref(),
            self.bound.priorities.as_deref(),
            self.bound.filter.created_by,
            &self.bound.filter.created_by_not,
            self.bound.labels,
            &self.bound.labels_not,
            self.bound.states.as_deref()
        )
        .fetch_all(connection)
        .await
    }

    async fn by_creator(&self, connection: &mut PgConnection, caller: &str) -> sqlx::Result<Vec<Seen>> {
        sqlx::query_file_as!(
            Seen,
            "sql/jobs/list_by_creator.sql",
            self.project,
            caller,
            self.after_time,
            self.after_id,
            self.limit,
            self.bound.filter.created_from,
            self.bound.filter.created_before,
            self.bound.kinds.as_deref(),
            self.bound.priorities.as_deref(),
            &self.bound.filter.created_by_not,
            self.bound.labels,
            &self.bound.labels_not,
            self.bound.states.as_deref()
        )
        .fetch_all(connection)
        .await
    }

    async fn by_label(
        &self,
        connection: &mut PgConnection,
        key: &str,
        value: &str,
    ) -> sqlx::Result<Vec<Seen>> {
        sqlx::query_file_as!(
            Seen,
            "sql/jobs/list_by_label.sql",
            self.project,
            key,
            value,
            self.after_time,
            self.after_id,
            self.limit,
            self.bound.filter.created_from,
            self.bound.filter.created_before,
            self.bound.kinds.as_deref(),
            self.bound.priorities.as_deref(),
            self.bound.filter.created_by,
            &self.bound.filter.created_by_not,
            self.bound.labels,
            &self.bound.labels_not,
            self.bound.states.as_deref()
        )
        .fetch_all(connection)
        .await
    }
}

fn words<T: Copy>(values: Option<&[T]>, word: fn(T) -> &'static str) -> Option<Vec<String>> {
    values.map(|values| values.iter().map(|value| word(*value).to_owned()).collect())
}

impl Store {
    /// The jobs of a project that pass the filter, newest first, after the cursor, at most `limit`. One call looks at
    /// 2,000 jobs at most (at 500 with a label) and says where it ended, so that no filter makes it slow.
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
    ) -> Result<JobList, StoreError> {
        self.within("jobs.list", async {
            let mut session = self.session().await?;
            let seen = Search::new(project, filter, after, limit)
                .search(&mut session)
                .await?;
            let cursor = |seen: &Seen| JobCursor {
                created_at: seen.created_at,
                id: JobId(seen.id),
            };
            let searched_to = seen.iter().find(|seen| !seen.passes).map(cursor);
            let passing = seen.iter().filter(|seen| seen.passes);
            let ids: Vec<JobId> = passing.map(|seen| JobId(seen.id)).collect();
            let jobs = fetch(&mut session, project, &ids, view).await?;
            session.release();
            Ok(JobList { jobs, searched_to })
        })
        .await
    }
}
