//! The only place that knows gRPC codes: every refusal of the API as one type, and its way onto the wire.
//!
//! A status carries `google.rpc` details: ErrorInfo always, BadRequest with every wrong field, RetryInfo and QuotaFailure
//! on limits, PreconditionFailure on wrong states. The layer `request_id` adds RequestInfo to all of them.

mod stores;
#[cfg(test)]
mod tests;

use crate::details::Room;
use crate::layers::next::Response;
use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use mltraining_domain::{FieldViolation, Reason, Violations};
use mltraining_runtime::request_id::RequestId;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, PreconditionViolation, QuotaViolation, StatusExt};

/// Largest status on the wire, in bytes: its message percent-encoded and its details as base64. With the request id, which is added last, and
/// with the other headers of an answer it stays below 8 KiB, the least that clients read.
const STATUS_BYTES: usize = 7_000;

/// The `domain` of every ErrorInfo.
pub const DOMAIN: &str = "mltraining";

/// Why a call is refused, in words that the client may see. The cause of a fault is for the log alone.
#[derive(Debug)]
pub struct ApiError {
    reason: Reason,
    message: String,
    metadata: BTreeMap<String, String>,
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
            metadata: BTreeMap::new(),
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
        fault().because(cause)
    }

    /// The service lacks something that comes back by itself, such as its database. The log sees `cause`.
    pub fn unavailable(message: impl Into<String>, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(Reason::Unavailable, message).because(cause)
    }

    /// Adds what the log should say of it, and the client should not.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds one entry of ErrorInfo's metadata, under a key that the comment of the reason in error.proto names. A value that is too long
    /// for a header, because a caller sent it, is cut on its way out.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }

    /// Says it in another sentence than the list of wrong fields.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
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

    /// The status, with as much of each text as a client can read.
    fn status(&self) -> Status {
        let whole = |room: Room| {
            Status::with_error_details(code(self.reason), room.message(&self.message), self.details(room))
        };
        let mut statuses = Room::all().map(whole);
        let fitting = statuses.find(|status| encoded_bytes(status) <= STATUS_BYTES);
        fitting.unwrap_or_else(|| {
            let bare = ErrorDetails::with_error_info(self.reason.as_str(), DOMAIN, HashMap::new());
            Status::with_error_details(code(self.reason), self.reason.as_str(), bare)
        })
    }

    fn details(&self, room: Room) -> ErrorDetails {
        let told = |(key, value): (&String, &String)| (key.clone(), room.value(value));
        let metadata: HashMap<_, _> = self.metadata.iter().map(told).collect();
        let named = |key: &str| metadata.get(key).cloned();
        let (subject, quota) = (named("name").unwrap_or_default(), named("quota"));
        let mut details = ErrorDetails::with_error_info(self.reason.as_str(), DOMAIN, metadata);
        let (code, message) = (code(self.reason), room.message(&self.message));
        if !self.violations.is_empty() {
            details.set_bad_request(room.bad_fields(&self.violations));
        }
        if code == Code::FailedPrecondition {
            let violation = PreconditionViolation::new(self.reason.as_str(), subject, &message);
            details.set_precondition_failure(vec![violation]);
        }
        if matches!(
            self.reason,
            Reason::QuotaExceeded | Reason::QueueFull | Reason::RateLimited
        ) {
            let subject = quota.unwrap_or_else(|| DOMAIN.to_owned());
            details.set_quota_failure(vec![QuotaViolation::new(subject, &message)]);
        }
        if let Some(wait) = self.retry_after {
            details.set_retry_info(Some(wait));
        }
        details
    }
}

/// What the values of a status take in headers.
fn encoded_bytes(status: &Status) -> usize {
    let mut headers = HeaderMap::new();
    write(status, &mut headers);
    headers.values().map(http::HeaderValue::len).sum()
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
        Reason::LeaseExpired | Reason::AttemptCrashed | Reason::Poison => Code::Internal,
        Reason::Internal => Code::Internal,
    }
}

/// Whether the reason speaks of a field of the request.
fn names_a_field(reason: Reason) -> bool {
    code(reason) == Code::InvalidArgument
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

impl From<ApiError> for Status {
    /// Logs the cause of a fault, here and once; the client gets the refusal without it.
    fn from(error: ApiError) -> Self {
        if let Some(cause) = &error.cause {
            let (reason, error) = (error.reason.as_str(), format!("{cause:#}"));
            match reason {
                "INTERNAL" => tracing::error!(error, reason, "the service has a fault"),
                _ => tracing::warn!(error, reason, "a call could not be answered"),
            }
        }
        error.status()
    }
}

/// The refusal as a whole answer.
pub fn refuse(error: ApiError) -> Response {
    Status::from(error).into_http()
}

/// The refusal as the last frame of an answer that has begun.
pub fn last_frame(error: ApiError) -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    write(&Status::from(error), &mut trailers);
    Frame::trailers(trailers)
}

/// The refusal for a fault whose cause is in the log already.
pub fn fault() -> ApiError {
    ApiError::new(Reason::Internal, "internal error")
}

/// Completes the status in headers or trailers, if it is an error: details where a library gave none, the request id in
/// RequestInfo, and no word about a fault but that id.
pub fn complete(headers: &mut HeaderMap, id: &RequestId) {
    let Some(status) = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok) else {
        return;
    };
    let status = if status.details().is_empty() {
        Status::from(explained(&status))
    } else {
        status
    };
    let mut details = status.get_error_details();
    details.set_request_info(id.as_str(), "");
    let message = match status.code() {
        Code::Internal => format!("internal error; request id {id}"),
        _ => status.message().to_owned(),
    };
    write(
        &Status::with_error_details(status.code(), message, details),
        headers,
    );
}

fn write(status: &Status, headers: &mut HeaderMap) {
    headers.remove(Status::GRPC_MESSAGE);
    let written = status.add_header(headers);
    written.expect("a message is percent-encoded and details are base64");
}

/// What tonic says, as INTERNAL, of requests that cannot be read.
const MALFORMED: [&str; 5] = [
    "decode Protobuf message",
    "protocol error",
    "Missing request",
    "Unexpected EOF",
    "Error decompressing",
];

/// A status that a library made, in our words.
fn explained(status: &Status) -> ApiError {
    let message = status.message();
    let reason = match status.code() {
        Code::OutOfRange if message.contains("decoded message length") => return too_large(message),
        Code::OutOfRange if message.contains("encoded message length") => {
            let message = "the answer would be larger than the server sends; ask for fewer with page_size";
            return ApiError::new(Reason::RequestTooLarge, message);
        }
        Code::Internal if MALFORMED.iter().any(|part| message.contains(part)) => {
            return ApiError::invalid(
                "",
                "the request is no message of this method; compare the .proto files",
            );
        }
        Code::ResourceExhausted => Reason::RequestTooLarge,
        Code::InvalidArgument | Code::OutOfRange => Reason::InvalidField,
        Code::NotFound => Reason::NotFound,
        Code::AlreadyExists => Reason::AlreadyExists,
        Code::Unimplemented => Reason::Unimplemented,
        Code::FailedPrecondition => Reason::FailedPrecondition,
        Code::Cancelled => Reason::Cancelled,
        Code::DeadlineExceeded => Reason::DeadlineExceeded,
        Code::Unavailable => Reason::Unavailable,
        code => return ApiError::internal(anyhow::anyhow!("{code}: {message}")),
    };
    ApiError::new(reason, message)
}

/// tonic says `Error, decoded message length too large: found 2097152 bytes, the limit is: 1048576 bytes`.
fn too_large(message: &str) -> ApiError {
    let mut numbers = message.split(' ').filter_map(|word| word.parse::<u64>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(found), Some(limit)) => {
            let message = format!("the request has {found} bytes, {limit} are allowed; split it");
            ApiError::new(Reason::RequestTooLarge, message).with("limit_bytes", limit)
        }
        _ => ApiError::new(
            Reason::RequestTooLarge,
            "the request is larger than the server reads; split it",
        ),
    }
}

/// How a call ended, for its log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    code: Code,
}

/// Whose doing it is that a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It did not fail.
    Nobody,
    /// The caller's.
    Client,
    /// The service's.
    Server,
}

impl Outcome {
    /// The outcome in headers or trailers; `None` when they hold none.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let status = headers.get(Status::GRPC_STATUS)?;
        Some(Self {
            code: Code::from_bytes(status.as_bytes()),
        })
    }

    /// The client or its connection went away before the end.
    pub fn gone() -> Self {
        Self {
            code: Code::Cancelled,
        }
    }

    /// The number of the code, as OpenTelemetry wants it.
    pub fn number(self) -> i64 {
        i64::from(i32::from(self.code))
    }

    /// The name of the code, as gRPC spells it.
    pub fn name(self) -> &'static str {
        match self.code {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// Whose doing it is, by the conventions of OpenTelemetry for gRPC servers.
    pub fn fault(self) -> Fault {
        match self.code {
            Code::Ok => Fault::Nobody,
            Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss => Fault::Server,
            _ => Fault::Client,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.code)
    }
}
