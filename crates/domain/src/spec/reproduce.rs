//! A job that trains again what another job has trained, and says whether the same came of it.

use super::Checked;
use crate::{JobId, TrainSpec, Violations};
use serde::{Deserialize, Serialize};

/// What is trained again, and what must come of it. It is stored with the [spec version](super::train::SPEC_VERSION) of the
/// training that it holds: a worker that reads the one reads the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReproduceSpec {
    /// The training job that is reproduced.
    pub job: JobId,
    /// What it trained, as it is stored.
    pub train: TrainSpec,
    /// What came of it.
    pub expected: Expected,
    /// The hashes of the days that it read; `None` when that file is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_days: Option<StoredFile>,
}

/// What came of a training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Hex SHA-256 of the model file.
    pub model_sha256: String,
    /// Hex SHA-256 over the rows read.
    pub source_fingerprint: String,
    /// Version of the service that trained.
    pub service_version: String,
    /// Hex SHA-256 over the spec as that version wrote it.
    pub spec_hash: String,
}

/// A file of another job, which a worker reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Where it lies; made by the service.
    pub key: String,
    /// Hex SHA-256 of its bytes.
    pub sha256: String,
    /// Its size, in bytes.
    pub size_bytes: u64,
}

impl ReproduceSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it. What is wrong with the
    /// training has the fields of a training's spec.
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let mut found = self.train.violations();
        let expected = &self.expected;
        let hashes = [
            ("spec.expected.model_sha256", &expected.model_sha256),
            ("spec.expected.source_fingerprint", &expected.source_fingerprint),
        ];
        let files = self.source_days.iter();
        let files = files.map(|file| ("spec.source_days.sha256", &file.sha256));
        for (field, hash) in hashes.into_iter().chain(files) {
            found.require(is_sha256(hash), field, || {
                "must be 64 hex digits in lower case".to_owned()
            });
        }
        found.into_result(self).map(Checked::new)
    }
}

/// Whether a text is a SHA-256 as the service writes it.
pub(in crate::spec) fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
