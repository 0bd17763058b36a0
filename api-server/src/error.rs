//! The only place that knows gRPC codes: every refusal of the API as one type, and its way onto the wire.
//!
//! A status carries `google.rpc` details: ErrorInfo always, BadRequest with every wrong field, RetryInfo and QuotaFailure
//! on limits, PreconditionFailure on wrong states. The layer `request_id` adds RequestInfo to all of them.

use mltraining_domain::{FieldViolation, Reason, Violations};
use mltraining_store::StoreError;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, PreconditionViolation, QuotaViolation, StatusExt};

/// The `domain` of every ErrorInfo.
pub const DOMAIN: &str = "mltraining";

/// Why a call is refused, in words that the client may see. The cause of a fault is for the log alone.
#[derive(Debug)]
pub struct ApiError {
    reason: Reason,
    message: String,
    metadata: HashMap<String, String>,
    violations: Vec<FieldViolation>,
    retry_after: Option<Duration>,
    cause: Option<anyhow::Error>,
}

impl ApiError {
    /// A refusal for `reason`. The message is one sentence for people, with the way out.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            metadata: HashMap::new(),
            violations: Vec::new(),
            retry_after: default_retry(reason),
            cause: None,
        }
    }

    /// One wrong field, of the general kind INVALID_FIELD.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        Violations::one(field, Reason::InvalidField, description).into()
    }

    /// A resource that is not there, or that the caller may not see: both read alike.
    pub fn not_found(name: impl fmt::Display) -> Self {
        Self::new(Reason::NotFound, format!("{name} was not found")).with("name", name)
    }

    /// A fault of the service: the client sees the request id alone, the log sees `cause`.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        let mut error = Self::new(Reason::Internal, "internal error");
        error.cause = Some(cause.into());
        error
    }

    /// The service lacks something that comes back by itself, such as its database. The log sees `cause`.
    pub fn unavailable(message: impl Into<String>, cause: impl Into<anyhow::Error>) -> Self {
        let mut error = Self::new(Reason::Unavailable, message);
        error.cause = Some(cause.into());
        error
    }

    /// Adds one entry of ErrorInfo's metadata, under a key that the comment of the reason in error.proto names.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    /// Sets how long the client should wait before it tries again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The machine-readable reason.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    fn details(&self) -> ErrorDetails {
        let mut details = ErrorDetails::with_error_info(self.reason.as_str(), DOMAIN, self.metadata.clone());
        let code = code(self.reason);
        if !self.violations.is_empty() {
            details.set_bad_request(self.violations.iter().map(bad_field).collect::<Vec<_>>());
        }
        if code == Code::FailedPrecondition {
            let subject = self.metadata.get("name").cloned().unwrap_or_default();
            let violation = PreconditionViolation::new(self.reason.as_str(), subject, &self.message);
            details.set_precondition_failure(vec![violation]);
        }
        if matches!(
            self.reason,
            Reason::QuotaExceeded | Reason::QueueFull | Reason::RateLimited
        ) {
            let subject = self.metadata.get("quota").map_or(DOMAIN, String::as_str);
            details.set_quota_failure(vec![QuotaViolation::new(subject, &self.message)]);
        }
        if let Some(wait) = self.retry_after {
            details.set_retry_info(Some(wait));
        }
        details
    }
}

fn bad_field(violation: &FieldViolation) -> tonic_types::FieldViolation {
    let mut field = tonic_types::FieldViolation::new(&violation.field, &violation.description);
    violation.reason.as_str().clone_into(&mut field.reason);
    field
}

/// The code of each reason. No wildcard: a new reason must say here which code it has.
fn code(reason: Reason) -> Code {
    match reason {
        Reason::InvalidField
        | Reason::UnknownFeature
        | Reason::FeatureLeaksLabel
        | Reason::FilterSyntax
        | Reason::PageTokenInvalid => Code::InvalidArgument,
        Reason::LabelHasNoPositives
        | Reason::LabelHasNoNegatives
        | Reason::TooFewRows
        | Reason::TimeRangeEmpty
        | Reason::RowLimitExceeded
        | Reason::EvaluationOverlapsTraining
        | Reason::ModelsNotComparable
        | Reason::JobNotCancellable
        | Reason::JobNotRetryable
        | Reason::SchemaChanged
        | Reason::DuplicateKeys
        | Reason::PromotionGateFailed
        | Reason::FailedPrecondition => Code::FailedPrecondition,
        Reason::EtagMismatch => Code::Aborted,
        Reason::RequestIdReused | Reason::AlreadyExists => Code::AlreadyExists,
        Reason::QuotaExceeded
        | Reason::RateLimited
        | Reason::QueueFull
        | Reason::MemoryLimit
        | Reason::RequestTooLarge => Code::ResourceExhausted,
        Reason::SourceUnavailable | Reason::Unavailable => Code::Unavailable,
        Reason::ArtifactCorrupt => Code::DataLoss,
        Reason::NotFound => Code::NotFound,
        Reason::Unauthenticated => Code::Unauthenticated,
        Reason::PermissionDenied => Code::PermissionDenied,
        Reason::DeadlineExceeded | Reason::JobTimeout => Code::DeadlineExceeded,
        Reason::Cancelled => Code::Cancelled,
        Reason::Unimplemented => Code::Unimplemented,
        // Ends of jobs, never of calls.
        Reason::LeaseExpired | Reason::Poison => Code::Internal,
        Reason::Internal => Code::Internal,
    }
}

/// How long to wait before the next try, for reasons that pass by themselves.
fn default_retry(reason: Reason) -> Option<Duration> {
    match reason {
        Reason::RateLimited | Reason::Unavailable => Some(Duration::from_secs(1)),
        Reason::SourceUnavailable => Some(Duration::from_secs(5)),
        Reason::QueueFull => Some(Duration::from_secs(60)),
        _ => None,
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message)
    }
}

impl std::error::Error for ApiError {}

impl From<Violations> for ApiError {
    fn from(violations: Violations) -> Self {
        let mut error = Self::new(violations.reason(), violations.to_string());
        error.violations = violations.iter().cloned().collect();
        error
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::unavailable(
                "the service cannot reach its database now; try again in 1 s",
                error,
            ),
            StoreError::Timeout { .. } => {
                let mut late = Self::new(
                    Reason::DeadlineExceeded,
                    "the database took longer than the call may; ask for less",
                );
                late.cause = Some(error.into());
                late
            }
            StoreError::Conflict {
                reason,
                field,
                message,
            } if code(reason) == Code::InvalidArgument && !field.is_empty() => {
                Violations::one(field, reason, message).into()
            }
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

impl From<ApiError> for Status {
    /// Logs the cause of a fault, here and once; the client gets the refusal without it.
    fn from(error: ApiError) -> Self {
        if let Some(cause) = &error.cause {
            tracing::error!(error = format!("{cause:#}"), reason = %error.reason, "the service could not answer a call");
        }
        let details = error.details();
        Status::with_error_details(code(error.reason), error.message, details)
    }
}
