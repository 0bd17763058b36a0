//! Ending well: artifacts staged, then everything committed at once, behind the fence.

use super::Lease;
use crate::jobs::AttemptOutcome;
use crate::{Store, StoreError, stored};
use mltraining_domain::{Evaluation, JobState, Metrics, ModelId, Reason, ResultId, TrainSpec, VersionFacts};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;

/// A file of a result, already stored under its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactFile {
    /// Its name within the result: 1 to 63 of a-z, 0-9, '.', '-' and '_'.
    pub file_name: String,
    /// Where the blob lies; made by the service, never used twice.
    pub storage_key: String,
    /// E.g. `application/json`.
    pub media_type: String,
    /// Its size, 1 or more.
    pub size_bytes: i64,
    /// Of its bytes.
    pub sha256: [u8; 32],
}

/// What a training job made.
#[derive(Debug, Clone, Copy)]
pub struct Trained<'a> {
    /// What was trained, with every default filled in.
    pub spec: &'a TrainSpec,
    /// What it was trained on.
    pub facts: &'a VersionFacts,
    /// What it is worth.
    pub evaluation: &'a Evaluation,
    /// What the job has found besides, an object of at most 1 MiB; `None` for a plain training.
    pub found: Option<&'a Value>,
}

/// What a job has found out about a model version.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The model, of the job's project.
    pub model: &'a ModelId,
    /// The version.
    pub version: i32,
    /// What it is worth on a period.
    pub evaluation: &'a Evaluation,
}

/// What a job leaves behind beside its files.
#[derive(Debug, Clone, Copy)]
enum Left<'a> {
    Nothing,
    Version(Trained<'a>),
    Evaluation(Judged<'a>),
    Body(&'a Value),
}

impl<'a> Left<'a> {
    fn trained(self) -> Option<Trained<'a>> {
        match self {
            Self::Version(made) => Some(made),
            _ => None,
        }
    }

    fn judged(self) -> Option<Judged<'a>> {
        match self {
            Self::Evaluation(judged) => Some(judged),
            _ => None,
        }
    }

    fn evaluation(self) -> Option<&'a Evaluation> {
        let of_training = self.trained().map(|made| made.evaluation);
        of_training.or(self.judged().map(|judged| judged.evaluation))
    }

    fn body(self) -> Option<&'a Value> {
        match self {
            Self::Body(body) => Some(body),
            Self::Version(made) => made.found,
            _ => None,
        }
    }
}

/// How a finish ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// SUCCEEDED.
    Succeeded {
        /// The model version that it made, from 1; `None` for a job that makes none.
        version: Option<i32>,
    },
    /// A cancel came first: CANCELLED, and the result is an orphan.
    Cancelled,
}

/// What became of a lease, read after an answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Still held: the lost write did not happen.
    StillHeld,
    /// The attempt ended as its holder's; the job went to this state then.
    Ended(JobState),
    /// Lost to the reaper.
    Lost,
}

/// Files column by column, as the statement takes them.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    keys: Vec<String>,
    media_types: Vec<String>,
    sizes: Vec<i64>,
    hashes: Vec<Vec<u8>>,
}

impl Columns {
    fn of(files: &[ArtifactFile]) -> Self {
        let mut columns = Self::default();
        for file in files {
            columns.names.push(file.file_name.clone());
            columns.keys.push(file.storage_key.clone());
            columns.media_types.push(file.media_type.clone());
            columns.sizes.push(file.size_bytes);
            columns.hashes.push(file.sha256.to_vec());
        }
        columns
    }
}

/// `None` when the fence does not hold, or no result is staged behind it.
async fn finish(
    connection: &mut PgConnection,
    lease: Lease,
    result: ResultId,
    left: Left<'_>,
) -> Result<Option<Finished>, StoreError> {
    let (made, judged, evaluation) = (left.trained(), left.judged(), left.evaluation());
    let overall = evaluation.map(|evaluation| &evaluation.overall);
    let period = evaluation.and_then(|evaluation| evaluation.period.as_ref());
    let measured = |metric: fn(&Metrics) -> Option<f64>| overall.and_then(metric);
    let row = sqlx::query_file!(
        "sql/claims/finish.sql",
        lease.job.0,
        lease.epoch.0,
        result.0,
        made.map(|made| stored::to_json(made.spec)),
        made.map(|made| stored::to_json(made.facts)),
        evaluation.map(stored::to_json),
        overall.map(stored::to_json),
        overall
            .map(|of| stored::count("evaluation.rows", of.rows))
            .transpose()?,
        overall
            .map(|of| stored::count("evaluation.positives", of.positives))
            .transpose()?,
        measured(|of| of.roc_auc),
        measured(|of| of.average_precision),
        measured(|of| of.log_loss),
        measured(|of| of.brier),
        evaluation.and_then(|evaluation| evaluation.skill),
        left.body(),
        judged.map(|judged| judged.model.as_str()),
        judged.map(|judged| judged.version),
        period.map(|period| period.range.start),
        period.map(|period| period.range.end)
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state = stored::word("job.state", &row.state, JobState::from_word(&row.state))?;
    Ok(Some(match state {
        JobState::Cancelled => Finished::Cancelled,
        _ => Finished::Succeeded { version: row.version },
    }))
}

/// True when the result is staged now, false when another one is.
async fn stage(
    connection: &mut PgConnection,
    lease: Lease,
    result: ResultId,
    files: &Columns,
) -> Result<bool, StoreError> {
    let row = sqlx::query_file!(
        "sql/claims/stage.sql",
        result.0,
        lease.job.0,
        lease.epoch.0,
        &files.names,
        &files.keys,
        &files.media_types,
        &files.sizes,
        &files.hashes
    )
    .fetch_one(&mut *connection)
    .await?;
    if !row.held {
        return Err(lease.lost());
    }
    if row.staged {
        return Ok(true);
    }
    let (job, epoch) = (lease.job.0, lease.epoch.0);
    let staged = sqlx::query_file_scalar!("sql/claims/staged.sql", result.0, job, epoch)
        .fetch_one(connection)
        .await?;
    Ok(staged)
}

impl Store {
    /// Enters a result and its files as STAGED. Staging the same result again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::Conflict`] for a file that breaks a rule.
    pub async fn stage_result(
        &self,
        lease: Lease,
        result: ResultId,
        files: &[ArtifactFile],
    ) -> Result<(), StoreError> {
        let files = Columns::of(files);
        self.within("claims.stage", async {
            let mut session = self.session().await?;
            let staged = stage(&mut session, lease, result, &files).await?;
            session.release();
            if staged {
                return Ok(());
            }
            Err(StoreError::Conflict {
                reason: Reason::Internal,
                field: "result",
                message: "another result was staged under this attempt".to_owned(),
            })
        })
        .await
    }

    /// Commits a training job: result COMMITTED, model and version, evaluation, job SUCCEEDED, attempt and event, in one
    /// statement. After [`StoreError::Unavailable`] or [`StoreError::Timeout`] ask [`lease_outcome`](Self::lease_outcome).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::NotFound`] when the result was not staged under this lease.
    pub async fn finish_train(
        &self,
        lease: Lease,
        result: ResultId,
        trained: Trained<'_>,
    ) -> Result<Finished, StoreError> {
        self.finish(lease, result, Left::Version(trained)).await
    }

    /// Commits a job that makes no model version: result COMMITTED, job SUCCEEDED, attempt and event, in one statement.
    ///
    /// # Errors
    /// As [`finish_train`](Self::finish_train).
    pub async fn finish_bare(&self, lease: Lease, result: ResultId) -> Result<Finished, StoreError> {
        self.finish(lease, result, Left::Nothing).await
    }

    /// The same for a job that tells what it has found: an object of at most 1 MiB, which [`Job::found`](crate::jobs::Job::found) reads.
    ///
    /// # Errors
    /// As [`finish_train`](Self::finish_train); [`StoreError::Conflict`] for a body that breaks a rule.
    pub async fn finish_found(
        &self,
        lease: Lease,
        result: ResultId,
        body: &Value,
    ) -> Result<Finished, StoreError> {
        self.finish(lease, result, Left::Body(body)).await
    }

    /// The same for a job that has judged a model version: the evaluation becomes one of that version's.
    ///
    /// # Errors
    /// As [`finish_train`](Self::finish_train); [`StoreError::Conflict`] when the version is no longer there.
    pub async fn finish_evaluation(
        &self,
        lease: Lease,
        result: ResultId,
        judged: Judged<'_>,
    ) -> Result<Finished, StoreError> {
        self.finish(lease, result, Left::Evaluation(judged)).await
    }

    async fn finish(&self, lease: Lease, result: ResultId, left: Left<'_>) -> Result<Finished, StoreError> {
        self.within("claims.finish", async {
            let mut session = self.session().await?;
            let finished = finish(&mut session, lease, result, left).await?;
            session.release();
            if let Some(finished) = finished {
                return Ok(finished);
            }
            match self.lease_outcome(lease).await? {
                Outcome::StillHeld => Err(StoreError::NotFound {
                    what: "staged result",
                    name: result.0.to_string(),
                }),
                Outcome::Ended(_) | Outcome::Lost => Err(lease.lost()),
            }
        })
        .await
    }

    /// What became of a lease: to be asked until it is known after the answer to a finish, fail or release was lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`]; [`StoreError::NotFound`] when there never was such an attempt.
    pub async fn lease_outcome(&self, lease: Lease) -> Result<Outcome, StoreError> {
        self.within("claims.outcome", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/claims/outcome.sql", lease.job.0, lease.epoch.0)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            let row = row.ok_or_else(|| StoreError::NotFound {
                what: "attempt",
                name: format!("{} of job {}", lease.epoch, lease.job),
            })?;
            let Some(word) = row.outcome else {
                return Ok(Outcome::StillHeld);
            };
            let now = stored::word("job.state", &row.state, JobState::from_word(&row.state))?;
            let is_last = row.job_epoch == lease.epoch.0;
            Ok(match AttemptOutcome::from_word(&word)? {
                AttemptOutcome::Lost => Outcome::Lost,
                AttemptOutcome::Succeeded => Outcome::Ended(JobState::Succeeded),
                AttemptOutcome::Cancelled => Outcome::Ended(JobState::Cancelled),
                AttemptOutcome::Retried | AttemptOutcome::Released => Outcome::Ended(JobState::Queued),
                AttemptOutcome::Failed if is_last && now == JobState::Dead => Outcome::Ended(JobState::Dead),
                AttemptOutcome::Failed => Outcome::Ended(JobState::Failed),
            })
        })
        .await
    }
}
