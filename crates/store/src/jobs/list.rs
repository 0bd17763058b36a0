//! Lists of jobs, newest first, page by page.

use super::{Job, JobView};
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{JobId, JobKind, JobState, ModelId, Priority, ProjectId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
        let _ = (project, filter, after, limit, view);
        unimplemented!()
    }
}
