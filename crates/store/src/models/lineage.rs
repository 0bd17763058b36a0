//! Where a version comes from, and what goes forward from it.

use super::Promotion;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{
    EvaluationId, JobId, JobKind, JobState, ModelId, ProjectId, TrainSpec, VersionFacts,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Where a version comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The job that made it.
    pub job: JobId,
    /// Who asked for it.
    pub created_by: String,
    /// When that was.
    pub asked_at: DateTime<Utc>,
    /// The correlation id of the request.
    pub request_id: Option<String>,
    /// How often the job was tried, this time included.
    pub attempts: i64,
    /// What was asked for.
    pub spec: TrainSpec,
    /// What it was trained on.
    pub facts: VersionFacts,
    /// The evaluation that the training made.
    pub evaluation: EvaluationId,
    /// The aliases that it holds now.
    pub aliases: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Something that goes forward from a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// What it is.
    pub what: What,
    /// When it was asked for, or done.
    pub created_at: DateTime<Utc>,
    /// The cursor of a page that ends with it.
    pub cursor: UseCursor,
}

/// What goes forward from a version.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A job that names it.
    Job {
        /// Which.
        job: JobId,
        /// What it does.
        kind: JobKind,
        /// How it stands.
        state: JobState,
        /// The evaluation that it made, if it made one that is still there.
        evaluation: Option<EvaluationId>,
    },
    /// A move of an alias to it, or away from it.
    Move(Promotion),
}

/// The last use of a page; the next page starts after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseCursor {
    created_at: DateTime<Utc>,
    key: String,
}

struct UseRow {
    created_at: DateTime<Utc>,
    key: String,
    job: Option<Uuid>,
    kind: Option<String>,
    state: Option<String>,
    evaluation: Option<Uuid>,
    number: Option<i32>,
    alias: Option<String>,
    from_version: Option<i32>,
    to_version: Option<i32>,
    conditions: Option<Value>,
    created_by: Option<String>,
}

impl UseRow {
    fn into_use(self) -> Result<Use, StoreError> {
        let what = match (self.job, self.kind, self.state) {
            (Some(job), Some(kind), Some(state)) => What::Job {
                job: JobId(job),
                kind: stored::word("job.kind", &kind, JobKind::from_word(&kind))?,
                state: stored::word("job.state", &state, JobState::from_word(&state))?,
                evaluation: self.evaluation.map(EvaluationId),
            },
            _ => What::Move(Promotion {
                number: self.number,
                alias: stored::parse("promotion.alias", &self.alias.unwrap_or_default())?,
                from: self.from_version,
                to: self.to_version,
                conditions: stored::json("promotion.conditions", self.conditions.unwrap_or_default())?,
                created_by: self.created_by.unwrap_or_default(),
                created_at: Some(self.created_at),
            }),
        };
        let (created_at, key) = (self.created_at, self.key);
        Ok(Use {
            what,
            created_at,
            cursor: UseCursor { created_at, key },
        })
    }
}

impl Store {
    /// Where a version comes from, also of a deleted model.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn origin(
        &self,
        project: &ProjectId,
        model: &ModelId,
        version: i32,
    ) -> Result<Origin, StoreError> {
        self.within("lineage.version", async {
            let mut session = self.session().await?;
            let (of_project, of_model) = (project.as_str(), model.as_str());
            let row = sqlx::query_file!("sql/lineage/version.sql", of_project, of_model, version)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            let row = row.ok_or_else(|| StoreError::NotFound {
                what: "model version",
                name: format!("{model}/{version}"),
            })?;
            Ok(Origin {
                job: JobId(row.job_id),
                created_by: row.created_by,
                asked_at: row.asked_at,
                request_id: row.request_id,
                attempts: row.lease_epoch,
                spec: stored::json("model_version.spec", row.spec)?,
                facts: stored::json("model_version.facts", row.facts)?,
                evaluation: EvaluationId(row.evaluation),
                aliases: row.aliases,
                created_at: row.created_at,
            })
        })
        .await
    }

    /// What goes forward from a version, newest first, after the cursor, at most `limit`: jobs that name it, and moves of aliases.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn uses(
        &self,
        project: &ProjectId,
        model: &ModelId,
        version: i32,
        after: Option<&UseCursor>,
        limit: i64,
    ) -> Result<Vec<Use>, StoreError> {
        self.within("lineage.uses", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                UseRow,
                "sql/lineage/uses.sql",
                project.as_str(),
                model.as_str(),
                version,
                after.map(|cursor| cursor.created_at),
                after.map(|cursor| cursor.key.as_str()),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            rows.into_iter().map(UseRow::into_use).collect()
        })
        .await
    }
}
