//! Parts of an evaluation that are read alone, and its end.

use super::unknown;
use crate::audit::{AuditOutcome, Touched};
use crate::{Store, StoreError, stored};
use mltraining_domain::name::EvaluationName;
use mltraining_domain::{Curves, EvaluationId, JobId, ModelId, ProjectId, Slices};
use sqlx::Connection;

/// What is kept of an evaluation's curves.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredCurves {
    /// These.
    Kept(Curves),
    /// None: numbers are foreseen, which have no threshold.
    OfNumbers,
    /// None: it was made before curves were kept.
    Unmeasured,
}

/// What became of the wish to delete an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeletedEvaluation {
    /// It is gone; its job goes by its age.
    Gone {
        /// That job.
        job: JobId,
    },
    /// It is what the training of a version found: nothing was changed.
    OfTraining {
        /// The model.
        model: ModelId,
        /// The version.
        version: i32,
        /// The aliases that the version holds.
        aliases: Vec<String>,
        /// Promotions behind a gate that were judged by it.
        promotions: u64,
    },
}

impl Store {
    /// The curves of an evaluation.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's.
    pub async fn evaluation_curves(
        &self,
        project: &ProjectId,
        id: EvaluationId,
    ) -> Result<StoredCurves, StoreError> {
        self.within("evaluations.curves", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/evaluations/curves.sql", project.as_str(), id.0)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            let row = row.ok_or_else(|| unknown(id))?;
            Ok(match row.curves {
                Some(curves) => StoredCurves::Kept(stored::json("evaluation.curves", curves)?),
                None if row.is_of_numbers => StoredCurves::OfNumbers,
                None => StoredCurves::Unmeasured,
            })
        })
        .await
    }

    /// The parts of the rows of an evaluation; none in one of versions before there were any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's.
    pub async fn evaluation_slices(
        &self,
        project: &ProjectId,
        id: EvaluationId,
    ) -> Result<Vec<Slices>, StoreError> {
        self.within("evaluations.slices", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/evaluations/slices.sql", project.as_str(), id.0)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            let row = row.ok_or_else(|| unknown(id))?;
            let slices = row.slices.map(|slices| stored::json("evaluation.body", slices));
            Ok(slices.transpose()?.unwrap_or_default())
        })
        .await
    }

    /// Deletes an evaluation, unless a training made it. Its job, which keeps its file, goes by its age from then on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's.
    pub async fn delete_evaluation(
        &self,
        project: &ProjectId,
        id: EvaluationId,
    ) -> Result<DeletedEvaluation, StoreError> {
        self.within("evaluations.delete", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let row = sqlx::query_file!("sql/evaluations/delete.sql", project.as_str(), id.0)
                .fetch_optional(&mut *transaction)
                .await?;
            let row = row.ok_or_else(|| unknown(id))?;
            let name = || EvaluationName {
                project: project.clone(),
                evaluation: id,
            };
            let gone = || Touched::of(project, name(), AuditOutcome::Removed);
            self.commit(transaction, (!row.is_of_training).then(gone)).await?;
            session.release();
            Ok(match row.is_of_training {
                false => DeletedEvaluation::Gone {
                    job: JobId(row.job_id),
                },
                true => DeletedEvaluation::OfTraining {
                    model: stored::parse("evaluation.model", &row.model)?,
                    version: row.version,
                    aliases: row.aliases,
                    promotions: row.promotions.unsigned_abs(),
                },
            })
        })
        .await
    }
}
