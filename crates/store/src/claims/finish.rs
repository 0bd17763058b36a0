//! Ending well: artifacts staged, then everything committed at once, behind the fence.

use super::Lease;
use crate::{Store, StoreError};
use mltraining_domain::{Evaluation, JobState, ResultId, TrainSpec, VersionFacts};

/// A file of a result, already stored under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// How a finish ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// SUCCEEDED with this model version.
    Succeeded {
        /// From 1.
        version: i32,
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
        let _ = (lease, result, files);
        unimplemented!()
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
        let _ = (lease, result, trained);
        unimplemented!()
    }

    /// What became of a lease: to be asked until it is known after the answer to a finish, fail or release was lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`]; [`StoreError::NotFound`] when there never was such an attempt.
    pub async fn lease_outcome(&self, lease: Lease) -> Result<Outcome, StoreError> {
        let _ = lease;
        unimplemented!()
    }
}
