//! What the stores say, as refusals.

use super::{ApiError, names_a_field};
use mltraining_artifacts::ArtifactError;
use mltraining_domain::{Reason, Violations};
use mltraining_store::StoreError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::unavailable(
                "the service cannot reach its database now; try again in 1 s",
                error,
            ),
            StoreError::Timeout { .. } => Self::new(
                Reason::DeadlineExceeded,
                "the database took longer than the call may; ask for less",
            )
            .because(error),
            StoreError::Conflict {
                reason,
                field,
                message,
            } if names_a_field(reason) && !field.is_empty() => Violations::one(field, reason, message).into(),
            StoreError::Conflict { reason, message, .. } => Self::new(reason, message),
            StoreError::NotFound { what, name } => {
                Self::new(Reason::NotFound, format!("{what} {name} was not found")).with("name", name)
            }
            StoreError::LeaseLost { .. } | StoreError::Corrupt { .. } | StoreError::Statement { .. } => {
                Self::internal(error)
            }
        }
    }
}

impl From<ArtifactError> for ApiError {
    fn from(error: ArtifactError) -> Self {
        match error {
            ArtifactError::Corrupt { .. } => Self::new(
                Reason::ArtifactCorrupt,
                "the stored file is damaged; train the model again",
            )
            .because(error),
            ArtifactError::Unavailable { .. } => {
                Self::unavailable("the service cannot reach its files now; try again in 1 s", error)
            }
            ArtifactError::OutOfRange { size, .. } => {
                Self::invalid("offset", format!("the file has {size} bytes"))
            }
            other => Self::internal(other),
        }
    }
}
