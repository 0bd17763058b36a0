//! What it takes to use a version: how it was trained, and where its model file lies.

use crate::{Store, StoreError, stored};
use mltraining_domain::{ModelId, ProjectId, TrainSpec};
use serde_json::Value;

/// A version of a model that is not deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct UsableVersion {
    /// What was asked for.
    pub spec: TrainSpec,
    /// Its model file; `None` when that is no longer kept.
    pub file: Option<ModelFileRow>,
}

/// A model file as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFileRow {
    /// Where the blob lies.
    pub storage_key: String,
    /// Of its bytes; a reader verifies it.
    pub sha256: [u8; 32],
    /// Its size.
    pub size_bytes: u64,
}

struct Row {
    spec: Value,
    storage_key: Option<String>,
    sha256: Option<Vec<u8>>,
    size_bytes: Option<i64>,
}

impl Row {
    fn into_version(self) -> Result<UsableVersion, StoreError> {
        let file = match (self.storage_key, self.sha256, self.size_bytes) {
            (Some(storage_key), Some(sha256), Some(size)) => Some(ModelFileRow {
                storage_key,
                sha256: stored::hash("artifact.sha256", &sha256)?,
                size_bytes: size.unsigned_abs(),
            }),
            _ => None,
        };
        Ok(UsableVersion {
            spec: stored::json("model_version.spec", self.spec)?,
            file,
        })
    }
}

impl Store {
    /// A version to predict with.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when its model is deleted.
    pub async fn usable_version(
        &self,
        project: &ProjectId,
        model: &ModelId,
        version: i32,
    ) -> Result<UsableVersion, StoreError> {
        self.within("versions.model_file", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file_as!(
                Row,
                "sql/versions/model_file.sql",
                project.as_str(),
                model.as_str(),
                version
            )
            .fetch_optional(&mut *session)
            .await?;
            session.release();
            let missing = || StoreError::NotFound {
                what: "model version",
                name: format!("{model}/{version}"),
            };
            row.ok_or_else(missing)?.into_version()
        })
        .await
    }
}
