//! Versions of models with their evaluations.

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Evaluation, JobId, Metrics, ModelId, ProjectId, ResultId, TrainSpec, VersionFacts};
use serde_json::Value;
use uuid::Uuid;

/// How much of a version to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionView {
    /// Without the spec and the folds.
    Basic,
    /// Everything.
    Full,
}

/// A version of a model. Never changes, but for its aliases.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelVersion {
    /// The project.
    pub project: ProjectId,
    /// The model.
    pub model: ModelId,
    /// From 1.
    pub version: i32,
    /// The job that made it.
    pub job: JobId,
    /// Its files.
    pub result: ResultId,
    /// What was asked for; `None` in [`VersionView::Basic`].
    pub spec: Option<TrainSpec>,
    /// What it was trained on.
    pub facts: VersionFacts,
    /// What it is worth, whole; `None` in [`VersionView::Basic`].
    pub evaluation: Option<Evaluation>,
    /// Metrics over all out-of-fold scores.
    pub overall: Metrics,
    /// The aliases that it holds now.
    pub aliases: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

struct VersionRow {
    project: String,
    model: String,
    version: i32,
    job_id: Uuid,
    result_id: Uuid,
    spec: Option<Value>,
    facts: Value,
    evaluation: Option<Value>,
    overall: Value,
    aliases: Vec<String>,
    created_at: DateTime<Utc>,
}

impl VersionRow {
    fn into_version(self) -> Result<ModelVersion, StoreError> {
        let (spec, evaluation) = (self.spec, self.evaluation);
        Ok(ModelVersion {
            project: stored::parse("model_version.project", &self.project)?,
            model: stored::parse("model_version.model", &self.model)?,
            version: self.version,
            job: JobId(self.job_id),
            result: ResultId(self.result_id),
            spec: spec.map(|s| stored::json("model_version.spec", s)).transpose()?,
            facts: stored::json("model_version.facts", self.facts)?,
            evaluation: evaluation
                .map(|e| stored::json("evaluation.body", e))
                .transpose()?,
            overall: stored::json("evaluation.overall", self.overall)?,
            aliases: self.aliases,
            created_at: self.created_at,
        })
    }
}

impl Store {
    /// One version.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn model_version(
        &self,
        project: &ProjectId,
        model: &ModelId,
        version: i32,
        view: VersionView,
    ) -> Result<ModelVersion, StoreError> {
        let whole = view == VersionView::Full;
        self.within("versions.get", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file_as!(
                VersionRow,
                "sql/versions/get.sql",
                project.as_str(),
                model.as_str(),
                version,
                whole
            )
            .fetch_optional(&mut *session)
            .await?;
            session.release();
            let missing = || StoreError::NotFound {
                what: "model version",
                name: format!("{model}/{version}"),
            };
            row.ok_or_else(missing)?.into_version()
        })
        .await
    }

    /// The versions of a model below `before` (all without it), newest first, at most `limit`. Empty for an unknown model.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_model_versions(
        &self,
        project: &ProjectId,
        model: &ModelId,
        before: Option<i32>,
        limit: i64,
        view: VersionView,
    ) -> Result<Vec<ModelVersion>, StoreError> {
        let whole = view == VersionView::Full;
        self.within("versions.list", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                VersionRow,
                "sql/versions/list.sql",
                project.as_str(),
                model.as_str(),
                before,
                limit,
                whole
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            rows.into_iter().map(VersionRow::into_version).collect()
        })
        .await
    }
}
