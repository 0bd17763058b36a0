//! A probe, from its row to what it leaves behind.

use crate::made::{Made, Output};
use crate::work::{Work, WorkError};
use crate::{probe, train_job};
use mltraining_domain::{FailureClass, JobFailure, Reason};
use mltraining_store::claims::ClaimedJob;

/// Does the steps of the probe on a thread that may be blocked.
pub(crate) async fn make(job: &ClaimedJob, work: &Work) -> Result<Made, WorkError> {
    let spec = job
        .probe_spec()
        .map_err(|e| train_job::store_failure(&e))?
        .check()
        .map_err(|found| train_job::no_longer_valid(&found))?;
    let (epoch, shared) = (job.lease.epoch, work.clone());
    let files = tokio::task::spawn_blocking(move || probe::run(&spec, epoch, &shared))
        .await
        .unwrap_or_else(|_| Err(WorkError::Failed(panicked(work))))?;
    Ok(Made {
        output: Output::Bare,
        files,
    })
}

/// The failure of a job whose computing thread panicked.
pub(crate) fn panicked(work: &Work) -> JobFailure {
    JobFailure {
        class: FailureClass::Transient,
        reason: Reason::Internal,
        message: "a computing thread panicked; the worker's log says where".to_owned(),
        phase: work.board.read().phase,
    }
}
