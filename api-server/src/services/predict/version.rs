//! The version that a request means.

use crate::convert::prediction::Used;
use crate::error::ApiError;
use crate::services::call::{Call, missing};
use mltraining_artifacts::Sha256;
use mltraining_domain::name::{VersionName, VersionRef};
use mltraining_domain::{Reason, TrainSpec};
use mltraining_store::models::{ModelFileRow, UsableVersion};

/// A version that is there to predict with.
#[derive(Debug)]
pub(in crate::services) struct Version {
    /// Its name, by number.
    pub(in crate::services) name: VersionName,
    /// How it was trained.
    pub(super) spec: TrainSpec,
    /// Its model file.
    pub(super) file: ModelFileRow,
}

impl Version {
    /// As an answer names it.
    pub(in crate::services) fn used(&self) -> Used {
        Used {
            name: self.name.clone(),
            sha256: Sha256(self.file.sha256).to_string(),
        }
    }
}

/// Finds it, always in the database: a model that was deleted a moment ago is not there.
///
/// # Errors
/// NOT_FOUND; FAILED_PRECONDITION when its file is no longer kept.
pub(super) async fn find(call: &Call, name: VersionRef) -> Result<Version, ApiError> {
    let name = call.version(name).await?;
    let read = call
        .store
        .usable_version(&name.project, &name.model, name.version);
    let UsableVersion { spec, file } = read.await.map_err(missing(&name))?;
    let file = file.ok_or_else(|| {
        let text = format!("the model file of {name} is no longer kept");
        ApiError::new(Reason::FailedPrecondition, text).with("name", &name)
    })?;
    Ok(Version { name, spec, file })
}
