//! Storing the files of a result.

use super::message::{Order, Stored};
use crate::made::Made;
use crate::work::WorkError;
use bytes::Bytes;
use mltraining_artifacts::{ArtifactError, Artifacts, Key};
use mltraining_domain::{FailureClass, JobFailure, Reason, WorkPhase};
use mltraining_store::claims::ArtifactFile;

/// Stores the files under the attempt's own keys.
pub(super) async fn put(artifacts: &Artifacts, order: &Order, made: Made) -> Result<Stored, WorkError> {
    let mut files = Vec::with_capacity(made.files.len());
    for output in made.files {
        let (project, job, epoch) = (order.project.as_str(), order.job.0, order.epoch.0);
        let key = Key::new(project, job, epoch, output.file).map_err(|e| not_stored(&e))?;
        let receipt = artifacts
            .put(&key, Bytes::from(output.bytes))
            .await
            .map_err(|e| not_stored(&e))?;
        files.push(ArtifactFile {
            file_name: output.file.to_owned(),
            storage_key: key.as_str().to_owned(),
            media_type: output.media_type.to_owned(),
            size_bytes: receipt.size as i64,
            sha256: receipt.sha256.0,
        });
    }
    Ok(Stored {
        output: made.output,
        files,
    })
}

/// What a refused file means for the job. What the storage says stays in the log: it names paths.
fn not_stored(error: &ArtifactError) -> WorkError {
    tracing::warn!(%error, "a file was not stored");
    let text = match error {
        ArtifactError::NoSpace(_) => "the artifact storage is full",
        _ => "the artifact storage cannot take the result now",
    };
    WorkError::Failed(JobFailure {
        class: FailureClass::Infra,
        reason: Reason::Unavailable,
        message: text.to_owned(),
        phase: WorkPhase::Store,
    })
}
