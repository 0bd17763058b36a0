//! Evaluations of model versions: those that trainings made, and those of periods.

mod parts;

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Evaluation, EvaluationId, JobId, Metrics, ModelId, ProjectId, TimeRange};
pub use parts::{DeletedEvaluation, StoredCurves};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// An evaluation, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvaluation {
    /// Its id.
    pub id: EvaluationId,
    /// The project.
    pub project: ProjectId,
    /// The model that was judged.
    pub model: ModelId,
    /// Its version.
    pub version: i32,
    /// The job that judged it.
    pub job: JobId,
    /// What was measured.
    pub evaluation: Evaluation,
    /// The features of the version, in the order of the importances.
    pub features: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An evaluation as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedEvaluation {
    /// Its id.
    pub id: EvaluationId,
    /// The project.
    pub project: ProjectId,
    /// The model that was judged.
    pub model: ModelId,
    /// Its version.
    pub version: i32,
    /// The job that judged it.
    pub job: JobId,
    /// Metrics of all its rows.
    pub overall: Metrics,
    /// What the model adds to the best baseline.
    pub skill: Option<f64>,
    /// The decision times that were asked for; `None` for the evaluation that a training made.
    pub period: Option<TimeRange>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Which evaluations to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum EvaluationFilter {
    /// All of the project.
    #[default]
    All,
    /// Those of a model.
    Model(ModelId),
    /// Those of a version of a model.
    Version(ModelId, i32),
}

/// The last evaluation of a page; the next page starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationCursor {
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: EvaluationId,
}

impl ListedEvaluation {
    /// The cursor of a page that ends with this evaluation.
    pub fn cursor(&self) -> EvaluationCursor {
        EvaluationCursor {
            created_at: self.created_at,
            id: self.id,
        }
    }
}

struct WholeRow {
    id: Uuid,
    model: String,
    version: i32,
    job_id: Uuid,
    body: Value,
    features: Option<Value>,
    created_at: DateTime<Utc>,
}

impl WholeRow {
    fn into_stored(self, project: &ProjectId) -> Result<StoredEvaluation, StoreError> {
        let features = self.features.unwrap_or_else(|| Value::Array(Vec::new()));
        Ok(StoredEvaluation {
            id: EvaluationId(self.id),
            project: project.clone(),
            model: stored::parse("evaluation.model", &self.model)?,
            version: self.version,
            job: JobId(self.job_id),
            evaluation: stored::json("evaluation.body", self.body)?,
            features: stored::json("model_version.facts", features)?,
            created_at: self.created_at,
        })
    }
}

struct ListRow {
    id: Uuid,
    model: String,
    version: i32,
    job_id: Uuid,
    overall: Value,
    skill: Option<f64>,
    period_start: Option<DateTime<Utc>>,
    period_end: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl ListRow {
    fn into_listed(self, project: &ProjectId) -> Result<ListedEvaluation, StoreError> {
        let period = self.period_start.zip(self.period_end);
        Ok(ListedEvaluation {
            id: EvaluationId(self.id),
            project: project.clone(),
            model: stored::parse("evaluation.model", &self.model)?,
            version: self.version,
            job: JobId(self.job_id),
            overall: stored::json("evaluation.overall", self.overall)?,
            skill: self.skill,
            period: period.map(|(start, end)| TimeRange { start, end }),
            created_at: self.created_at,
        })
    }
}

async fn rows(
    connection: &mut PgConnection,
    project: &str,
    filter: &EvaluationFilter,
    after: Option<EvaluationCursor>,
    limit: i64,
) -> Result<Vec<ListRow>, StoreError> {
    let (at, id) = (after.map(|c| c.created_at), after.map(|c| c.id.0));
    Ok(match filter {
        EvaluationFilter::All => {
            sqlx::query_file_as!(ListRow, "sql/evaluations/list.sql", project, at, id, limit)
                .fetch_all(connection)
                .await?
        }
        EvaluationFilter::Model(model) => {
            let model = model.as_str();
            let file = sqlx::query_file_as!(
                ListRow,
                "sql/evaluations/list_by_model.sql",
                project,
                at,
                id,
                limit,
                model
            );
            file.fetch_all(connection).await?
        }
        EvaluationFilter::Version(model, version) => {
            let model = model.as_str();
            let file = sqlx::query_file_as!(
                ListRow,
                "sql/evaluations/list_by_version.sql",
                project,
                at,
                id,
                limit,
                model,
                *version
            );
            file.fetch_all(connection).await?
        }
    })
}

fn unknown(id: EvaluationId) -> StoreError {
    StoreError::NotFound {
        what: "evaluation",
        name: id.to_string(),
    }
}

impl Store {
    /// One evaluation.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's.
    pub async fn evaluation(
        &self,
        project: &ProjectId,
        id: EvaluationId,
    ) -> Result<StoredEvaluation, StoreError> {
        let found = self.batch_get_evaluations(project, &[id]).await?;
        found.into_iter().next().ok_or_else(|| unknown(id))
    }

    /// Several evaluations of a project, in the order of the ids; one that does not exist is left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn batch_get_evaluations(
        &self,
        project: &ProjectId,
        ids: &[EvaluationId],
    ) -> Result<Vec<StoredEvaluation>, StoreError> {
        let wanted: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        self.within("evaluations.get", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(WholeRow, "sql/evaluations/get.sql", project.as_str(), &wanted)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            rows.into_iter().map(|row| row.into_stored(project)).collect()
        })
        .await
    }

    /// The evaluations of a project that pass the filter, newest first, after the cursor, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_evaluations(
        &self,
        project: &ProjectId,
        filter: &EvaluationFilter,
        after: Option<EvaluationCursor>,
        limit: i64,
    ) -> Result<Vec<ListedEvaluation>, StoreError> {
        self.within("evaluations.list", async {
            let mut session = self.session().await?;
            let rows = rows(&mut session, project.as_str(), filter, after, limit).await?;
            session.release();
            rows.into_iter().map(|row| row.into_listed(project)).collect()
        })
        .await
    }
}
