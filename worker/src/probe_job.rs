//! A probe, from its order to what it leaves behind.

use crate::made::{Made, Output};
use crate::process::child::Task;
use crate::process::message::Need;
use crate::work::{Work, WorkError};
use crate::{probe, train_job};
use mltraining_domain::{FailureClass, JobFailure, ProbeSpec, Reason};

/// Does the steps of the probe on a thread that may be blocked.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: ProbeSpec = train_job::spec_of(&task.order)?;
    let spec = spec.check().map_err(|found| train_job::no_longer_valid(&found))?;
    if let Some(bytes) = spec.memory_bytes {
        let need = Need { bytes, rows: None };
        tokio::task::block_in_place(|| task.link.ask_for(need, &task.work.stop))?;
    }
    let (epoch, shared) = (task.order.epoch, task.work.clone());
    let files = tokio::task::spawn_blocking(move || probe::run(&spec, epoch, &shared))
        .await
        .unwrap_or_else(|_| Err(WorkError::Failed(panicked(&task.work))))?;
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
