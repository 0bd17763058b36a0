//! Which jobs have had events lately: what one poller needs to follow whole projects.

use super::{Job, JobFilter};
use crate::{Store, StoreError, stored};
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::{JobId, JobKind, ModelId, Priority, ProjectId};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Once;
use uuid::Uuid;

/// What filters look at in a job, but for its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFacts {
    /// What it does.
    pub kind: JobKind,
    /// The model that gets a version.
    pub model: Option<ModelId>,
    /// Who asked for it.
    pub created_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Words to find it by.
    pub labels: BTreeMap<String, String>,
    /// 0 first, 4 last.
    pub priority: Priority,
}

/// A job with recent events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentJob {
    /// The job.
    pub id: JobId,
    /// Its project.
    pub project: ProjectId,
    /// What filters look at.
    pub facts: JobFacts,
    /// The sequence of its first event within the time that was asked for.
    pub first_seq: i64,
    /// The sequence of its last event.
    pub last_seq: i64,
}

struct RecentRow {
    id: Uuid,
    project: String,
    kind: String,
    model: Option<String>,
    created_by: String,
    created_at: DateTime<Utc>,
    labels: serde_json::Value,
    priority: i16,
    first_seq: i64,
    last_seq: i64,
}

impl RecentRow {
    /// The job; `None` for one that this version cannot read, as a kind of a newer one: everybody else's events go on.
    fn known(self) -> Option<RecentJob> {
        /// One line of the log, and not four a second.
        static SAID: Once = Once::new();
        let id = self.id;
        match self.into_job() {
            Ok(job) => Some(job),
            Err(error) => {
                SAID.call_once(
                    || tracing::warn!(job.id = %id, %error, "jobs that cannot be read are not followed"),
                );
                None
            }
        }
    }

    fn into_job(self) -> Result<RecentJob, StoreError> {
        let facts = JobFacts {
            kind: stored::word("job.kind", &self.kind, JobKind::from_word(&self.kind))?,
            model: self.model.map(|m| stored::parse("job.model", &m)).transpose()?,
            created_by: self.created_by,
            created_at: self.created_at,
            labels: stored::json("job.labels", self.labels)?,
            priority: super::row::priority(self.priority)?,
        };
        Ok(RecentJob {
            id: JobId(self.id),
            project: stored::parse("job.project", &self.project)?,
            facts,
            first_seq: self.first_seq,
            last_seq: self.last_seq,
        })
    }
}

impl Job {
    /// What filters look at, but for the state.
    pub fn facts(&self) -> JobFacts {
        JobFacts {
            kind: self.kind,
            model: self.model.clone(),
            created_by: self.created_by.clone(),
            created_at: self.created_at,
            labels: self.labels.clone(),
            priority: self.priority,
        }
    }
}

impl JobFilter {
    /// Whether a job passes; as the lists decide it.
    pub fn selects(&self, job: &Job) -> bool {
        let states = self.states.as_ref();
        states.is_none_or(|states| states.contains(&job.state)) && self.passes(&job.facts())
    }

    /// Whether a job passes, its state aside; as the lists decide it.
    pub fn passes(&self, job: &JobFacts) -> bool {
        let has = |key: &str, value: &str| job.labels.get(key).is_some_and(|v| v == value);
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&job.kind))
            && self.priorities.as_ref().is_none_or(|p| p.contains(&job.priority))
            && self.created_by.as_ref().is_none_or(|by| *by == job.created_by)
            && !self.created_by_not.contains(&job.created_by)
            && self.created_from.is_none_or(|from| job.created_at >= from)
            && self.created_before.is_none_or(|before| job.created_at < before)
            && self
                .model
                .as_ref()
                .is_none_or(|model| Some(model) == job.model.as_ref())
            && self.labels.iter().all(|(key, value)| has(key, value))
            && !self.labels_not.iter().any(|(key, value)| has(key, value))
    }
}

impl Store {
    /// The time by the clock of the database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.within("jobs.clock", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/jobs/clock.sql")
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(row.now)
        })
        .await
    }

    /// The jobs of these projects with events that were made at `since` or later and are committed. An event is stamped with
    /// the start of its transaction, so it may appear among those of an earlier time: ask again for a time that overlaps.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn jobs_with_events(
        &self,
        projects: &[ProjectId],
        since: DateTime<Utc>,
    ) -> Result<Vec<RecentJob>, StoreError> {
        self.recent_events(projects, since, None, None).await
    }

    /// The same of a slice of time: the jobs with events from its start to before its end. `overlap` after the end counts for
    /// the range of their sequences too, since an event may be stamped so much earlier than the one before it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn jobs_with_events_in(
        &self,
        projects: &[ProjectId],
        slice: Range<DateTime<Utc>>,
        overlap: TimeDelta,
    ) -> Result<Vec<RecentJob>, StoreError> {
        let read_to = slice.end + overlap;
        self.recent_events(projects, slice.start, Some(slice.end), Some(read_to))
            .await
    }

    async fn recent_events(
        &self,
        projects: &[ProjectId],
        since: DateTime<Utc>,
        before: Option<DateTime<Utc>>,
        read_to: Option<DateTime<Utc>>,
    ) -> Result<Vec<RecentJob>, StoreError> {
        let projects: Vec<String> = projects.iter().map(ToString::to_string).collect();
        self.within("jobs.recent_events", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                RecentRow,
                "sql/jobs/recent_events.sql",
                &projects,
                since,
                before,
                read_to
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            Ok(rows.into_iter().filter_map(RecentRow::known).collect())
        })
        .await
    }
}
