//! Models in memory, by the SHA-256 of their files: read once, however many ask at the same time, and forgotten when there is
//! no room for all.

use super::version::Version;
use crate::error::ApiError;
use mltraining_artifacts::{ArtifactError, Artifacts, Key, Sha256};
use mltraining_domain::Reason;
use mltraining_domain::name::VersionName;
use mltraining_learn::model_file::{self, ModelFile};
use mltraining_store::models::ModelFileRow;
use moka::future::Cache;
use std::sync::Arc;

/// Weights are counted in so many bytes.
const UNIT: u64 = 1024;
/// What a model takes in memory, in sizes of its file: nodes and names lie a little wider there.
const WIDER: u64 = 2;

/// The models. Clones share them.
#[derive(Clone)]
pub(super) struct Models {
    kept: Cache<Sha256, Kept>,
    artifacts: Artifacts,
    most_bytes: u64,
}

#[derive(Clone)]
struct Kept {
    model: Arc<ModelFile>,
    weight: u32,
}

/// Why a file gave no model. All who waited for it hear the same.
#[derive(Debug, Clone, thiserror::Error)]
enum Unread {
    /// The bytes are not those that were stored.
    #[error("{0}")]
    Corrupt(String),
    /// The storage did not answer; later it may.
    #[error("{0}")]
    Unavailable(String),
}

impl Models {
    /// None yet; together they take `most_bytes` at most.
    pub(super) fn new(artifacts: Artifacts, most_bytes: u64) -> Self {
        let kept = Cache::builder()
            .max_capacity(most_bytes / UNIT)
            .weigher(|_, kept: &Kept| kept.weight)
            .build();
        Self {
            kept,
            artifacts,
            most_bytes,
        }
    }

    /// The model of a version.
    ///
    /// # Errors
    /// ARTIFACT_CORRUPT when the bytes are not those that were stored, or those of another training; MEMORY_LIMIT;
    /// UNAVAILABLE.
    pub(super) async fn of(&self, version: &Version) -> Result<Arc<ModelFile>, ApiError> {
        let file = &version.file;
        let needed = held_bytes(file);
        if needed > self.most_bytes {
            return Err(too_large(&version.name, needed, self.most_bytes));
        }
        let reading = self.read(file);
        let kept = self.kept.try_get_with(Sha256(file.sha256), reading).await;
        let model = kept
            .map_err(|unread| refuse(&version.name, (*unread).clone()))?
            .model;
        if serde_json::to_value(&version.spec.label).ok().as_ref() != Some(&model.header.label) {
            return Err(corrupt(&version.name).because(anyhow::anyhow!("it foresees another label")));
        }
        Ok(model)
    }

    async fn read(&self, file: &ModelFileRow) -> Result<Kept, Unread> {
        let key: Key = file.storage_key.parse().map_err(of_storage)?;
        // A file that has grown is not read into memory to find that out.
        let size = self.artifacts.stream(&key, 0).await.map_err(of_storage)?.size;
        if size != file.size_bytes {
            let text = format!("it has {size} bytes, {} were stored", file.size_bytes);
            return Err(Unread::Corrupt(text));
        }
        let bytes = self.artifacts.get(&key, Sha256(file.sha256)).await;
        let bytes = bytes.map_err(of_storage)?;
        let decoded = tokio::task::spawn_blocking(move || model_file::decode(&bytes)).await;
        let decoded = decoded.map_err(|error| Unread::Unavailable(error.to_string()))?;
        Ok(Kept {
            model: Arc::new(decoded.map_err(|error| Unread::Corrupt(error.to_string()))?),
            weight: u32::try_from(held_bytes(file).div_ceil(UNIT)).unwrap_or(u32::MAX),
        })
    }
}

fn held_bytes(file: &ModelFileRow) -> u64 {
    file.size_bytes.saturating_mul(WIDER)
}

/// A committed file that is not there is as damaged as one with other bytes.
fn of_storage(error: ArtifactError) -> Unread {
    match error {
        ArtifactError::Unavailable(_) | ArtifactError::NoSpace(_) => Unread::Unavailable(error.to_string()),
        other => Unread::Corrupt(other.to_string()),
    }
}

fn refuse(name: &VersionName, unread: Unread) -> ApiError {
    match unread {
        Unread::Corrupt(_) => corrupt(name).because(unread),
        Unread::Unavailable(_) => {
            ApiError::unavailable("the service cannot reach its files now; try again in 1 s", unread)
        }
    }
}

fn corrupt(name: &VersionName) -> ApiError {
    let text = format!("the model file of {name} is damaged; train the model again");
    ApiError::new(Reason::ArtifactCorrupt, text).with("name", name)
}

fn too_large(name: &VersionName, needed: u64, limit: u64) -> ApiError {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let text = format!(
        "the model of {name} takes {} MiB, cache.max_model_bytes leaves {} MiB for models; raise it, or train a smaller one",
        mib(needed),
        mib(limit)
    );
    ApiError::new(Reason::MemoryLimit, text)
        .with("needed_bytes", needed)
        .with("limit_bytes", limit)
}

#[cfg(test)]
mod tests;
