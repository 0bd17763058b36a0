//! What can go wrong with an artifact.

use crate::Sha256;
use std::io::{self, ErrorKind};

/// Why an artifact was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The text is not a key; nothing was touched.
    #[error("`{0}` is not a key of the form project/job/epoch/file")]
    InvalidKey(String),
    /// There is no such file.
    #[error("artifact {0} does not exist")]
    NotFound(String),
    /// The stored bytes are not those that were written (ARTIFACT_CORRUPT). They were not handed out.
    #[error("artifact {key} is corrupt: its sha256 is {found}, {expected} was stored")]
    Corrupt {
        /// Of the file.
        key: String,
        /// The sha256 it must have.
        expected: Sha256,
        /// The sha256 it has.
        found: Sha256,
    },
    /// Under this key other bytes are stored already. They were left as they are.
    #[error("artifact {0} exists with other content")]
    Conflict(String),
    /// A download was to begin behind the end.
    #[error("artifact {key} has {size} bytes, there is none at offset {offset}")]
    OutOfRange {
        /// Of the file.
        key: String,
        /// Asked for.
        offset: u64,
        /// The file's bytes.
        size: u64,
    },
    /// The disk or a quota is full. Nothing is left of the attempt.
    #[error("no space is left for artifacts: {0}")]
    NoSpace(String),
    /// The store cannot be used at the moment. Trying again may help.
    #[error("the store of artifacts cannot be used: {0}")]
    Unavailable(String),
}

/// Sorts an error of the store.
pub(crate) fn of_store(key: &str, error: object_store::Error) -> ArtifactError {
    match error {
        object_store::Error::NotFound { .. } => ArtifactError::NotFound(key.to_owned()),
        object_store::Error::AlreadyExists { .. } => ArtifactError::Conflict(key.to_owned()),
        error if is_full(&error) => ArtifactError::NoSpace(in_full(&error)),
        error => ArtifactError::Unavailable(in_full(&error)),
    }
}

fn is_full(error: &object_store::Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
}

fn causes(error: &object_store::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| {
        error.source()
    })
}

/// The message with those of its causes that it does not repeat itself.
fn in_full(error: &object_store::Error) -> String {
    let mut text = String::new();
    for cause in causes(error).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause);
        }
    }
    text
}
