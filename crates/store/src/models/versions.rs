//! Versions of models with their evaluations.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{Evaluation, JobId, Metrics, ModelId, ProjectId, ResultId, TrainSpec, VersionFacts};

/// How much of a version to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionView {
    /// Without the spec and the folds.
    Basic,
    /// Everything.
    Full,
}

/// A version of a model. Never changes.
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
    /// When it was made.
    pub created_at: DateTime<Utc>,
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
        let _ = (project, model, version, view);
        unimplemented!()
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
        let _ = (project, model, before, limit, view);
        unimplemented!()
    }
}
