//! The closed set of error reasons. The wire enum `ErrorReason` has the same words, each with an example.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a request was refused or a job failed. Serialised as its wire word, e.g. `UNKNOWN_FEATURE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// A field's value is missing, malformed or out of range.
    InvalidField,
    /// A feature, family, set or column that the catalogue does not know.
    UnknownFeature,
    /// A feature that holds the label's own outcome.
    FeatureLeaksLabel,
    /// No row of the range reaches the label.
    LabelHasNoPositives,
    /// Every row of the range reaches the label.
    LabelHasNoNegatives,
    /// Too few rows with a known label to train and to test.
    TooFewRows,
    /// The range holds no row of the source.
    TimeRangeEmpty,
    /// More rows than the request's limit; nothing was cut.
    RowLimitExceeded,
    /// An evaluation period that shares rows or label spans with training.
    EvaluationOverlapsTraining,
    /// Versions that differ in label or rows.
    ModelsNotComparable,
    /// The job is already final.
    JobNotCancellable,
    /// The job is not in a state from which it can be retried.
    JobNotRetryable,
    /// The resource changed since it was read.
    EtagMismatch,
    /// The request id was used before with other content.
    RequestIdReused,
    /// A filter expression that cannot be parsed.
    FilterSyntax,
    /// A page token that this server did not make for this request.
    PageTokenInvalid,
    /// A project's quota is used up.
    QuotaExceeded,
    /// Too many requests for now.
    RateLimited,
    /// The project's queue is full.
    QueueFull,
    /// The source's table cannot be read now.
    SourceUnavailable,
    /// The source's table no longer matches the catalogue.
    SchemaChanged,
    /// Two rows share one (entity, time) key and the source has no rule for it.
    DuplicateKeys,
    /// Stored bytes do not match their hash.
    ArtifactCorrupt,
    /// A promotion gate did not pass.
    PromotionGateFailed,
    /// A resource of that name exists.
    AlreadyExists,
    /// No such resource, or not visible to the caller.
    NotFound,
    /// No valid credentials.
    Unauthenticated,
    /// The caller's role does not allow this method.
    PermissionDenied,
    /// A resource in a state that does not allow the call (for example a deleted model).
    FailedPrecondition,
    /// The request is larger than the server takes.
    RequestTooLarge,
    /// The client's deadline passed.
    DeadlineExceeded,
    /// The job ran longer than its timeout.
    JobTimeout,
    /// The job needs more memory than a worker has.
    MemoryLimit,
    /// The job's worker stopped renewing its lease.
    LeaseExpired,
    /// The process of an attempt died.
    AttemptCrashed,
    /// The job lost its worker, or brought its process down, too often.
    Poison,
    /// The job was cancelled.
    Cancelled,
    /// The service (or one of its stores) cannot answer now.
    Unavailable,
    /// The method is not built yet.
    Unimplemented,
    /// A fault of the service. The request id finds it in the logs.
    Internal,
}

impl Reason {
    /// The wire word, e.g. `UNKNOWN_FEATURE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidField => "INVALID_FIELD",
            Self::UnknownFeature => "UNKNOWN_FEATURE",
            Self::FeatureLeaksLabel => "FEATURE_LEAKS_LABEL",
            Self::LabelHasNoPositives => "LABEL_HAS_NO_POSITIVES",
            Self::LabelHasNoNegatives => "LABEL_HAS_NO_NEGATIVES",
            Self::TooFewRows => "TOO_FEW_ROWS",
            Self::TimeRangeEmpty => "TIME_RANGE_EMPTY",
            Self::RowLimitExceeded => "ROW_LIMIT_EXCEEDED",
            Self::EvaluationOverlapsTraining => "EVALUATION_OVERLAPS_TRAINING",
            Self::ModelsNotComparable => "MODELS_NOT_COMPARABLE",
            Self::JobNotCancellable => "JOB_NOT_CANCELLABLE",
            Self::JobNotRetryable => "JOB_NOT_RETRYABLE",
            Self::EtagMismatch => "ETAG_MISMATCH",
            Self::RequestIdReused => "REQUEST_ID_REUSED",
            Self::FilterSyntax => "FILTER_SYNTAX",
            Self::PageTokenInvalid => "PAGE_TOKEN_INVALID",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::QueueFull => "QUEUE_FULL",
            Self::SourceUnavailable => "SOURCE_UNAVAILABLE",
            Self::SchemaChanged => "SCHEMA_CHANGED",
            Self::DuplicateKeys => "DUPLICATE_KEYS",
            Self::ArtifactCorrupt => "ARTIFACT_CORRUPT",
            Self::PromotionGateFailed => "PROMOTION_GATE_FAILED",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::NotFound => "NOT_FOUND",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::JobTimeout => "JOB_TIMEOUT",
            Self::MemoryLimit => "MEMORY_LIMIT",
            Self::LeaseExpired => "LEASE_EXPIRED",
            Self::AttemptCrashed => "ATTEMPT_CRASHED",
            Self::Poison => "POISON",
            Self::Cancelled => "CANCELLED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
        }
    }

    /// The reason of a stored word, or `None` for a word of another version.
    pub fn from_word(word: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn a_reason_reads_back_from_its_word() {
        for reason in [
            Reason::InvalidField,
            Reason::JobTimeout,
            Reason::EtagMismatch,
            Reason::Internal,
        ] {
            assert_eq!(Reason::from_word(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        assert_eq!(Reason::from_word("NO_SUCH_WORD"), None);
    }
}
