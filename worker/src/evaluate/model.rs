//! The model file of a version, read with its hash looked at first, and held against what is known of the version.

use crate::train_job;
use crate::work::WorkError;
use mltraining_artifacts::{ArtifactError, Artifacts, Key, Sha256};
use mltraining_domain::{FailureClass, Reason, ScoredVersion, WorkPhase};
use mltraining_learn::model_file::{self, ModelFile};

/// Reads the file.
///
/// # Errors
/// ARTIFACT_CORRUPT when the bytes are not those that were stored, or those of another training; when the storage cannot answer
/// now, another attempt may read it.
pub(crate) async fn read(artifacts: &Artifacts, version: &ScoredVersion) -> Result<ModelFile, WorkError> {
    let corrupt = |why: String| {
        let text = format!("the model file of {version} {why}");
        train_job::failure(FailureClass::User, Reason::ArtifactCorrupt, WorkPhase::Read, text)
    };
    let file = &version.file;
    let (Ok(key), Ok(sha256)) = (file.key.parse::<Key>(), file.sha256.parse::<Sha256>()) else {
        return Err(corrupt("has no key of this version of the service".to_owned()));
    };
    let bytes = match artifacts.get(&key, sha256).await {
        Ok(bytes) => bytes,
        Err(ArtifactError::NotFound(_)) => return Err(corrupt("is gone".to_owned())),
        Err(ArtifactError::Corrupt { .. }) => {
            return Err(corrupt("is corrupt: its SHA-256 is another one".to_owned()));
        }
        Err(error) => {
            tracing::warn!(%error, "a model file was not read");
            let text = "the artifact storage cannot be read now".to_owned();
            let (class, reason) = (FailureClass::Infra, Reason::Unavailable);
            return Err(train_job::failure(class, reason, WorkPhase::Read, text));
        }
    };
    // Tens of megabytes at most, usually: a part of a second, which the other thread of the runtime need not wait for.
    let decoded = tokio::task::block_in_place(|| model_file::decode(&bytes));
    let model = decoded.map_err(|error| corrupt(format!("cannot be read: {error}")))?;
    let label = serde_json::to_value(&version.train.label).ok();
    if label.as_ref() != Some(&model.header.label) {
        return Err(corrupt("foresees another label than the version".to_owned()));
    }
    Ok(model)
}
