//! Why a job ended badly, and which budget pays for it.

use crate::{Reason, WorkPhase};
use serde::{Deserialize, Serialize};

/// The class of a failure decides whether the job is tried again and which budget pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureClass {
    /// The request asks for what the data cannot give. Final.
    User,
    /// May pass by itself; charged to `failures`.
    Transient,
    /// A store was away; charged to `infra_failures`.
    Infra,
    /// The worker stopped renewing its lease, or the attempt brought its process down; charged to `lost_count`.
    Lost,
    /// The job ran longer than its timeout. Final.
    Timeout,
    /// The job needs more than a worker has. Final.
    Resource,
}

impl FailureClass {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Transient => "TRANSIENT",
            Self::Infra => "INFRA",
            Self::Lost => "LOST",
            Self::Timeout => "TIMEOUT",
            Self::Resource => "RESOURCE",
        }
    }
}

/// Why an attempt ended without a result: one line that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{reason}: {message}")]
pub struct JobFailure {
    /// Which budget pays.
    pub class: FailureClass,
    /// The machine-readable reason.
    pub reason: Reason,
    /// What happened, with the numbers, and the way out.
    pub message: String,
    /// Where in the job it happened.
    pub phase: WorkPhase,
}
