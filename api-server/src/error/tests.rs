#![allow(clippy::unwrap_used)]
use super::*;
use mltraining_store::StoreError;
use std::io;
use std::path::{Path, PathBuf};

fn headers(error: ApiError) -> HeaderMap {
    let mut headers = refuse(error).headers().clone();
    complete(&mut headers, &RequestId::parse("id-1").unwrap());
    headers
}

fn sent(error: ApiError) -> Status {
    Status::from_header_map(&headers(error)).unwrap()
}

fn library(status: &Status) -> Status {
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    complete(&mut headers, &RequestId::parse("id-1").unwrap());
    Status::from_header_map(&headers).unwrap()
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[test]
fn every_wrong_field_travels_with_its_own_reason() {
    let mut found = Violations::new();
    found.invalid("spec.range.end", "must be after start");
    found.add(
        "spec.features.names[0]",
        Reason::UnknownFeature,
        "no such feature; did you mean close?",
    );
    let status = sent(found.into());
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("UNKNOWN_FEATURE", "mltraining")
    );
    let fields: Vec<(&str, &str)> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|field| (field.field.as_str(), field.reason.as_str()))
        .collect();
    assert_eq!(
        fields,
        [
            ("spec.range.end", "INVALID_FIELD"),
            ("spec.features.names[0]", "UNKNOWN_FEATURE")
        ]
    );
    assert_eq!(details.request_info().unwrap().request_id, "id-1");
}

#[test]
fn hundreds_of_wrong_fields_fit_into_the_headers_and_are_counted() {
    let mut found = Violations::new();
    for i in 0..400 {
        found.invalid(
            format!("names[{i}]"),
            format!("`{i}` is no name of a job, expected projects/p/jobs/j"),
        );
    }
    let headers = headers(found.into());
    let size: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 32)
        .sum();
    assert!(size < 8 * 1024, "{size} bytes of headers");
    let status = Status::from_header_map(&headers).unwrap();
    let fields = status.get_details_bad_request().unwrap().field_violations;
    let last = fields.last().unwrap();
    assert_eq!(
        last.description,
        format!("{} more fields are wrong", 400 - (fields.len() - 1))
    );
}

#[test]
fn limits_say_when_to_try_again_and_which_quota_is_used_up() {
    let busy = sent(ApiError::new(Reason::RateLimited, "too many calls"));
    assert_eq!(busy.code(), Code::ResourceExhausted);
    assert!(busy.get_details_retry_info().unwrap().retry_delay.is_some());
    let full = sent(ApiError::new(Reason::QuotaExceeded, "1000 of 1000 models").with("quota", "models"));
    assert_eq!(
        full.get_details_quota_failure().unwrap().violations[0].subject,
        "models"
    );
    assert!(full.get_details_retry_info().is_none());
}

#[test]
fn a_wrong_state_is_a_failed_precondition_with_its_subject() {
    let refused =
        ApiError::new(Reason::JobNotCancellable, "the job is SUCCEEDED").with("name", "projects/p/jobs/j");
    let status = sent(refused);
    assert_eq!(status.code(), Code::FailedPrecondition);
    let violation = &status.get_details_precondition_failure().unwrap().violations[0];
    assert_eq!(
        (violation.r#type.as_str(), violation.subject.as_str()),
        ("JOB_NOT_CANCELLABLE", "projects/p/jobs/j")
    );
}

#[test]
fn nothing_of_a_fault_leaks_but_the_request_id() {
    let cause = io::Error::other("password=hunter2 at /srv/db");
    for status in [
        sent(ApiError::internal(cause)),
        library(&Status::unknown("thread panicked at src/main.rs")),
        library(&Status::internal("Error encoding: secret")),
        sent(
            StoreError::Statement {
                source: "syntax error in SELECT secret".into(),
            }
            .into(),
        ),
    ] {
        assert_eq!(status.message(), "internal error; request id id-1");
        assert_eq!(reason(&status), "INTERNAL");
        assert!(!String::from_utf8_lossy(status.details()).contains("secret"));
    }
}

#[test]
fn the_words_of_a_library_get_details_of_ours() {
    let large = library(&Status::out_of_range(
        "Error, decoded message length too large: found 2097152 bytes, the limit is: 1048576 bytes",
    ));
    assert_eq!(large.code(), Code::ResourceExhausted);
    assert_eq!(
        large.message(),
        "the request has 2097152 bytes, 1048576 are allowed; split it"
    );
    assert_eq!(
        large.get_details_error_info().unwrap().metadata["limit_bytes"],
        "1048576"
    );
    let garbled = library(&Status::internal(
        "failed to decode Protobuf message: invalid tag value: 0",
    ));
    assert_eq!(
        (garbled.code(), reason(&garbled).as_str()),
        (Code::InvalidArgument, "INVALID_FIELD")
    );
    let unknown = library(&Status::not_found("service not registered"));
    assert_eq!(
        (unknown.message(), reason(&unknown).as_str()),
        ("service not registered", "NOT_FOUND")
    );
}

#[test]
fn an_answer_without_error_is_left_as_it_is() {
    let mut headers = HeaderMap::new();
    Status::ok("").add_header(&mut headers).unwrap();
    let before = headers.clone();
    complete(&mut headers, &RequestId::make());
    assert_eq!(headers, before);
}

#[test]
fn a_database_that_is_away_is_unavailable_and_a_late_one_exceeds_the_deadline() {
    let away = sent(
        StoreError::Unavailable {
            source: "connection refused".into(),
        }
        .into(),
    );
    assert_eq!(away.code(), Code::Unavailable);
    assert!(away.get_details_retry_info().is_some());
    assert!(!away.message().contains("refused"));
    assert_eq!(
        sent(StoreError::Timeout { call: "jobs.list" }.into()).code(),
        Code::DeadlineExceeded
    );
}

#[test]
fn a_broken_rule_names_its_field_or_its_state() {
    let conflict = |reason, field| {
        sent(
            StoreError::Conflict {
                reason,
                field,
                message: "must be shorter".to_owned(),
            }
            .into(),
        )
    };
    let field = conflict(Reason::InvalidField, "display_name");
    assert_eq!(
        field.get_details_bad_request().unwrap().field_violations[0].field,
        "display_name"
    );
    assert_eq!(
        conflict(Reason::AlreadyExists, "source_id").code(),
        Code::AlreadyExists
    );
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Whether a line names a code, or makes a status of one.
fn names_a_code(line: &str) -> bool {
    let made = |code: &i32| {
        let name = format!("{:?}", Code::from_i32(*code))
            .chars()
            .fold(String::new(), |name, c| {
                let gap = if c.is_uppercase() && !name.is_empty() {
                    "_"
                } else {
                    ""
                };
                format!("{name}{gap}{}", c.to_ascii_lowercase())
            });
        line.contains(&format!("Status::{name}("))
    };
    let imported = line.contains("tonic::") && line.contains("Code");
    imported || line.contains("Status::new(") || (0..=16).any(|code| made(&code))
}

#[test]
fn grpc_codes_appear_in_one_file() {
    assert!(names_a_code("Err(Status::invalid_argument(x))") && names_a_code("use tonic::{Code, Status};"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let is_test = |path: &Path| path.to_string_lossy().contains("tests");
    for path in files
        .iter()
        .filter(|path| !is_test(path) && **path != root.join("error.rs"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let line = code.lines().find(|line| names_a_code(line));
        assert!(
            line.is_none(),
            "{}: {} belongs into error.rs",
            path.display(),
            line.unwrap()
        );
    }
}

/// Bytes of headers as HTTP/2 counts them, with those that every answer has.
fn size_of(headers: &HeaderMap) -> usize {
    let entry = |name: &str, value: usize| name.len() + value + 32;
    let of_status = headers
        .iter()
        .map(|(name, value)| entry(name.as_str(), value.len()))
        .sum::<usize>();
    let others = entry(":status", 3) + entry("date", 29) + entry("x-request-id", 128);
    of_status + others
}

/// Trailers beyond 8 or 16 KiB break the call of many a client.
#[test]
fn no_error_is_larger_than_what_clients_read_whatever_a_caller_sent() {
    let id = RequestId::parse(&"i".repeat(128)).unwrap();
    let reasons = [
        Reason::UnknownFeature,
        Reason::SchemaChanged,
        Reason::QuotaExceeded,
        Reason::PromotionGateFailed,
        Reason::Unavailable,
    ];
    for (reason, letter) in reasons
        .iter()
        .flat_map(|reason| ["x", "(", "%", "ж", "語", "😀"].map(|letter| (*reason, letter)))
    {
        let long = letter.repeat(20_000);
        let mut found = Violations::new();
        for field in 0..600 {
            found.add(
                format!("names[{field}].{}", letter.repeat(field)),
                reason,
                letter.repeat(20 + field),
            );
        }
        let mut refusal = ApiError::from(found)
            .saying(&long)
            .with("name", &long)
            .with("quota", &long);
        refusal.reason = reason;
        for condition in 1..=16 {
            refusal = refusal.with(&format!("condition_{condition}"), &long);
        }
        let mut headers = refuse(refusal).headers().clone();
        complete(&mut headers, &id);
        let bytes = size_of(&headers);
        assert!(bytes <= 8 * 1024, "{reason} of {letter}: {bytes} bytes");
        let status = Status::from_header_map(&headers).unwrap();
        assert_eq!(status.code(), code(reason), "{letter}");
        assert!(
            status.message().starts_with(letter) && status.message().ends_with('…'),
            "{letter}"
        );
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (info.reason.as_str(), info.metadata.len()),
            (reason.as_str(), 18),
            "{letter}"
        );
        assert_eq!(details.request_info().unwrap().request_id, id.as_str());
        let fields = &details.bad_request().unwrap().field_violations;
        assert!(fields.len() > 1, "{letter}");
        assert!(
            fields
                .last()
                .unwrap()
                .description
                .ends_with("more fields are wrong"),
            "{letter}"
        );
    }
}

#[test]
fn a_short_error_is_told_whole() {
    let text = "ж".repeat(100);
    let status = sent(ApiError::new(Reason::UnknownFeature, &text).with("feature", &text));
    assert_eq!(status.message(), text);
    assert_eq!(status.get_details_error_info().unwrap().metadata["feature"], text);
}
