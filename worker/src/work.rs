//! What every kind of job shares: the way to be stopped, the board of progress, what it leaves behind, and how it can fail.

use crate::progress::Board;
use crate::stop::Stop;
use mltraining_domain::JobFailure;

/// What the computing threads share with the attempt.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// Looked at by every loop.
    pub stop: Stop,
    /// Where progress is noted.
    pub board: Board,
}

/// A file that a job leaves behind.
pub struct OutputFile {
    /// File name within the job, e.g. `model.mlts`.
    pub file: &'static str,
    /// Media type.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why a job ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The attempt was stopped; its [`Stop`] knows why.
    #[error("the attempt was stopped")]
    Stopped,
    /// It cannot succeed, or not now.
    #[error(transparent)]
    Failed(#[from] JobFailure),
}
