//! The hashes of the days that an earlier training read, as they were stored beside its model.

use crate::train_job;
use crate::work::WorkError;
use bytes::Bytes;
use mltraining_artifacts::{ArtifactError, Artifacts, Key, Sha256};
use mltraining_domain::{FailureClass, Reason, StoredFile, WorkPhase};

/// A larger file is not read: such a file has 200,000 lines at most, unless there are more entities.
const MOST_BYTES: u64 = 64 << 20;

/// What is had of them.
pub(super) enum Earlier {
    /// The file, its hash checked.
    Days(Bytes),
    /// Nothing, and why.
    Unknown(String),
}

/// Reads the file.
///
/// # Errors
/// When the storage cannot answer now: another attempt may read it.
pub(super) async fn read(artifacts: &Artifacts, file: Option<&StoredFile>) -> Result<Earlier, WorkError> {
    let unknown = |why: &str| {
        Ok(Earlier::Unknown(format!(
            "the file of the days that were read {why}"
        )))
    };
    let Some(file) = file else {
        return unknown("was not kept");
    };
    if file.size_bytes > MOST_BYTES {
        let mib = file.size_bytes >> 20;
        return unknown(&format!("has {mib} MiB; at most {} are read", MOST_BYTES >> 20));
    }
    let (Ok(key), Ok(sha256)) = (file.key.parse::<Key>(), file.sha256.parse::<Sha256>()) else {
        return unknown("has no key of this version");
    };
    match artifacts.get(&key, sha256).await {
        Ok(bytes) => Ok(Earlier::Days(bytes)),
        Err(ArtifactError::NotFound(_)) => unknown("is gone"),
        Err(ArtifactError::Corrupt { .. }) => unknown("is corrupt"),
        Err(error) => {
            tracing::warn!(%error, "the days of the earlier training were not read");
            let text = "the artifact storage cannot be read now".to_owned();
            let (class, reason) = (FailureClass::Infra, Reason::Unavailable);
            Err(train_job::failure(class, reason, WorkPhase::Evaluate, text))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn a_file_is_read_only_whole_and_unchanged_and_within_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::local(folder.path()).unwrap();
        let key = Key::new("p", uuid::Uuid::nil(), 1, "source_days.jsonl").unwrap();
        let receipt = artifacts.put(&key, Bytes::from_static(b"days")).await.unwrap();
        let file = StoredFile {
            key: key.to_string(),
            sha256: receipt.sha256.to_string(),
            size_bytes: 4,
        };
        let told = async |file: Option<StoredFile>| match read(&artifacts, file.as_ref()).await.unwrap() {
            Earlier::Days(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Earlier::Unknown(why) => why,
        };
        assert_eq!(told(Some(file.clone())).await, "days");
        assert!(told(None).await.ends_with("was not kept"));
        let changed = |change: fn(&mut StoredFile)| {
            let mut file = file.clone();
            change(&mut file);
            Some(file)
        };
        let large = changed(|file| file.size_bytes = MOST_BYTES + 1);
        assert!(told(large).await.ends_with("at most 64 are read"));
        let other = changed(|file| file.sha256 = "0".repeat(64));
        assert!(told(other).await.ends_with("is corrupt"));
        let elsewhere = changed(|file| file.key = "../../etc/passwd".to_owned());
        assert!(told(elsewhere).await.ends_with("has no key of this version"));
        artifacts.delete(&key).await.unwrap();
        assert!(told(Some(file)).await.ends_with("is gone"));
    }
}
