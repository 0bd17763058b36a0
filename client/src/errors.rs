//! Why `mlts` ends without success, and how it says so. The only place of the command line that knows gRPC codes.

use crate::exit;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::time::Duration;
use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt;

/// Why a command ends without success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The command line asks for something that does not go together.
    #[error("{0}")]
    Usage(String),
    /// A file or a value that was given is wrong.
    #[error("{0}")]
    Invalid(String),
    /// What is there already does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The service or the database cannot be reached, or is not ready.
    #[error("{0}")]
    Unavailable(String),
    /// A job ended without success.
    #[error("{0}")]
    JobFailed(String),
    /// What was made again is not what it was.
    #[error("{0}")]
    Differs(String),
    /// The user stopped watching; the text says how to go on.
    #[error("{0}")]
    Detached(String),
    /// The service refused a call.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Nobody reads the output any more.
    #[error("the output is closed")]
    OutputClosed,
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl CliError {
    /// How the process ends.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::Invalid(_) => exit::INVALID,
            Self::Conflict(_) => exit::CONFLICT,
            Self::Unavailable(_) => exit::UNAVAILABLE,
            Self::JobFailed(_) | Self::Differs(_) => exit::JOB_FAILED,
            Self::Detached(_) => exit::DETACHED,
            Self::Refused(refusal) => refusal.exit_code(),
            Self::OutputClosed => exit::OK,
            Self::Other(_) => exit::OTHER,
        }
    }

    /// True when the same call may succeed if it is made again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_transient(),
            Self::Unavailable(_) => true,
            _ => false,
        }
    }

    /// The same with a way out, if the service says that there is no such thing.
    #[must_use]
    pub(crate) fn or_choose(mut self, way_out: &str) -> Self {
        if let Self::Refused(refusal) = &mut self
            && refusal.code == Code::NotFound
        {
            refusal.message = format!("{}; {way_out}", refusal.message);
        }
        self
    }

    /// True when the service says that there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == Code::NotFound)
    }

    /// How long the service asks to wait before the next try.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            _ => None,
        }
    }

    /// The error as one JSON value, for `--json`.
    pub(crate) fn json(&self) -> Value {
        let mut error = match self {
            Self::Refused(refusal) => refusal.json(),
            other => json!({ "message": other.to_string() }),
        };
        error["exit_code"] = self.exit_code().into();
        json!({ "error": error })
    }
}

impl From<Status> for CliError {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(Refusal::from(status)))
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Other(error.into()),
        }
    }
}

/// A call that the service refused, with all it said about why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    code: Code,
    /// `reason` of ErrorInfo; empty when something between us and the service answered.
    pub(crate) reason: String,
    /// The sentence for people.
    pub(crate) message: String,
    /// Field and text of every wrong field.
    pub(crate) violations: Vec<(String, String)>,
    /// The numbers of ErrorInfo.
    pub(crate) metadata: BTreeMap<String, String>,
    /// How long to wait before the next try.
    pub(crate) retry_after: Option<Duration>,
    /// Finds the call in the logs.
    pub(crate) request_id: Option<String>,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let status = broken(own_timeout(status));
        let details = status.get_error_details();
        let info = details.error_info();
        let wrong = details.bad_request().map(|bad| bad.field_violations.as_slice());
        let request = details.request_info().map(|info| info.request_id.clone());
        Self {
            code: status.code(),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            message: message_of(&status),
            violations: wrong
                .unwrap_or_default()
                .iter()
                .map(|v| (v.field.clone(), v.description.clone()))
                .collect(),
            metadata: info
                .map(|info| info.metadata.clone().into_iter().collect())
                .unwrap_or_default(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
            request_id: request.filter(|id| !id.is_empty()),
        }
    }
}

/// Our own limit of time, which the transport calls CANCELLED, under its right name.
fn own_timeout(status: Status) -> Status {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.downcast_ref::<TimeoutExpired>().is_some() {
            return Status::deadline_exceeded("no answer within the time of --timeout");
        }
        cause = error.source();
    }
    status
}

/// A connection that was refused, reset or cut, under one name; the transport has many. What the service itself answers
/// has no cause here.
fn broken(status: Status) -> Status {
    let of_transport = matches!(
        status.code(),
        Code::Unknown | Code::Internal | Code::Cancelled | Code::Unavailable
    );
    if !of_transport || status.source().is_none() {
        return status;
    }
    Status::unavailable(format!(
        "the connection to the service broke: {}",
        message_of(&status)
    ))
}

/// The message, and below a failed transport also its cause ("Connection refused").
fn message_of(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut cause = status.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    match text.is_empty() {
        true => status.code().description().to_owned(),
        false => text,
    }
}

impl Refusal {
    fn exit_code(&self) -> u8 {
        match self.code {
            Code::NotFound => exit::NOT_FOUND,
            Code::InvalidArgument | Code::OutOfRange => exit::INVALID,
            Code::Unauthenticated | Code::PermissionDenied => exit::DENIED,
            Code::Unavailable | Code::DeadlineExceeded => exit::UNAVAILABLE,
            Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => exit::CONFLICT,
            // A queue that is full or a rate that is exceeded passes; a quota does not.
            Code::ResourceExhausted if self.retry_after.is_some() => exit::UNAVAILABLE,
            Code::ResourceExhausted => exit::CONFLICT,
            _ => exit::OTHER,
        }
    }

    /// Also a connection that broke in the middle, which the transport calls UNKNOWN, INTERNAL or CANCELLED without a
    /// word from the service.
    fn is_transient(&self) -> bool {
        let broken = matches!(self.code, Code::Unknown | Code::Internal | Code::Cancelled);
        self.exit_code() == exit::UNAVAILABLE || (broken && self.reason.is_empty())
    }

    /// The reason, or the gRPC code when there is none.
    pub(crate) fn name(&self) -> String {
        match self.reason.is_empty() {
            true => format!("{:?}", self.code),
            false => self.reason.clone(),
        }
    }

    fn json(&self) -> Value {
        let violations: Vec<Value> = self
            .violations
            .iter()
            .map(|(field, description)| json!({ "field": field, "description": description }))
            .collect();
        json!({
            "code": format!("{:?}", self.code),
            "reason": self.reason,
            "message": self.message,
            "violations": violations,
            "metadata": self.metadata,
            "retry_after_seconds": self.retry_after.map(|wait| wait.as_secs_f64()),
            "request_id": self.request_id,
        })
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name(), self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::{ErrorDetails, FieldViolation};

    fn refused(status: Status) -> CliError {
        CliError::from(status)
    }

    #[test]
    fn every_kind_of_refusal_has_its_exit_code() {
        let cases = [
            (Code::NotFound, exit::NOT_FOUND),
            (Code::InvalidArgument, exit::INVALID),
            (Code::Unauthenticated, exit::DENIED),
            (Code::PermissionDenied, exit::DENIED),
            (Code::Unavailable, exit::UNAVAILABLE),
            (Code::DeadlineExceeded, exit::UNAVAILABLE),
            (Code::AlreadyExists, exit::CONFLICT),
            (Code::FailedPrecondition, exit::CONFLICT),
            (Code::Aborted, exit::CONFLICT),
            (Code::Internal, exit::OTHER),
            (Code::DataLoss, exit::OTHER),
        ];
        for (code, exit) in cases {
            assert_eq!(refused(Status::new(code, "x")).exit_code(), exit, "{code:?}");
        }
    }

    #[test]
    fn a_limit_that_passes_is_unavailable_and_a_quota_is_a_conflict() {
        let wait = ErrorDetails::with_retry_info(Some(Duration::from_secs(60)));
        let full = Status::with_error_details(Code::ResourceExhausted, "full", wait);
        assert_eq!(refused(full).exit_code(), exit::UNAVAILABLE);
        let quota = Status::resource_exhausted("quota");
        assert_eq!(refused(quota).exit_code(), exit::CONFLICT);
    }

    #[test]
    fn a_refusal_keeps_all_that_the_service_said() {
        let mut details = ErrorDetails::with_error_info(
            "UNKNOWN_FEATURE",
            "mltraining",
            [("did_you_mean".to_owned(), "rolling_mean(close, 10)".to_owned())],
        );
        details.set_bad_request(vec![FieldViolation::new(
            "spec.features.features[0]",
            "no feature",
        )]);
        details.set_request_info("id-1", "");
        let status = Status::with_error_details(Code::InvalidArgument, "wrong", details);
        let CliError::Refused(refusal) = refused(status) else {
            panic!("a status is a refusal");
        };
        assert_eq!(refusal.name(), "UNKNOWN_FEATURE");
        assert_eq!(
            refusal.violations,
            [("spec.features.features[0]".to_owned(), "no feature".to_owned())]
        );
        assert_eq!(refusal.metadata["did_you_mean"], "rolling_mean(close, 10)");
        assert_eq!(refusal.request_id.as_deref(), Some("id-1"));
    }

    #[test]
    fn a_broken_stream_is_tried_again_and_a_fault_of_the_service_is_not() {
        assert!(refused(Status::unknown("h2 protocol error")).is_transient());
        let fault = ErrorDetails::with_error_info("INTERNAL", "mltraining", []);
        assert!(!refused(Status::with_error_details(Code::Internal, "fault", fault)).is_transient());
        assert!(!refused(Status::not_found("x")).is_transient());
    }

    #[test]
    fn a_broken_connection_is_unavailable_and_says_so() {
        let cut = io::Error::from(io::ErrorKind::ConnectionReset);
        let error = refused(Status::from_error(Box::new(cut)));
        assert_eq!(error.exit_code(), exit::UNAVAILABLE);
        assert!(error.is_transient());
        let said = error.to_string();
        assert!(
            said.contains("the connection to the service broke: connection reset"),
            "{said}"
        );
        assert_eq!(
            refused(Status::unknown("of the service")).exit_code(),
            exit::OTHER
        );
    }

    #[test]
    fn only_what_is_not_there_asks_for_another_choice() {
        let asked = |status| refused(status).or_choose("choose one").to_string();
        assert!(asked(Status::not_found("x was not found")).ends_with("x was not found; choose one"));
        assert!(!asked(Status::unavailable("away")).contains("choose one"));
    }

    #[test]
    fn an_error_is_one_json_value_for_scripts() {
        let value = refused(Status::not_found("projects/default/models/x was not found")).json();
        assert_eq!(value["error"]["code"], "NotFound");
        assert_eq!(value["error"]["exit_code"], exit::NOT_FOUND);
    }
}
