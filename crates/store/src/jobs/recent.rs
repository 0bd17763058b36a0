//! Which jobs have had events lately: what one poller needs to follow whole projects.

use super::{Job, JobFilter};
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{JobId, JobKind, ModelId, Priority, ProjectId};
use std::collections::BTreeMap;

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
        let projects: Vec<String> = projects.iter().map(ToString::to_string).collect();
        self.within("jobs.recent_events", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/jobs/recent_events.sql", &projects, since)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let jobs = rows.into_iter().map(|row| {
                let facts = JobFacts {
                    kind: stored::word("job.kind", &row.kind, JobKind::from_word(&row.kind))?,
                    model: row.model.map(|m| stored::parse("job.model", &m)).transpose()?,
                    created_by: row.created_by,
                    created_at: row.created_at,
                    labels: stored::json("job.labels", row.labels)?,
                    priority: super::row::priority(row.priority)?,
                };
                Ok(RecentJob {
                    id: JobId(row.id),
                    project: stored::parse("job.project", &row.project)?,
                    facts,
                    first_seq: row.first_seq,
                    last_seq: row.last_seq,
                })
            });
            jobs.collect()
        })
        .await
    }
}
