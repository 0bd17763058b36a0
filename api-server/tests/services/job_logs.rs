//! ListJobLogs and TailJobLogs.

use crate::house::{House, fields, refused};
use crate::support::soon;
use mltraining_proto::v1;
use mltraining_store::claims::Lease;
use mltraining_store::jobs::LogSeverity;
use tonic::{Code, Status, Streaming};
use v1::tail_job_logs_response::Event;

const NOBODY: &str = "projects/default/jobs/01890a5d-ac96-774b-bcce-b302099a8057";

/// A running job with progress and the lines a (DEBUG), b (WARN), c (ERROR).
async fn talkative(house: &House) -> (String, Lease) {
    let name = house.train().await;
    let lease = house.claim().await;
    let lines = [
        (LogSeverity::Debug, "a"),
        (LogSeverity::Warn, "b"),
        (LogSeverity::Error, "c"),
    ];
    for (done, (severity, text)) in (1..).zip(lines) {
        house.log(lease, severity, text).await;
        house.progress(lease, done).await;
    }
    (name, lease)
}

fn list(name: &str) -> v1::ListJobLogsRequest {
    v1::ListJobLogsRequest {
        parent: name.to_owned(),
        ..v1::ListJobLogsRequest::default()
    }
}

async fn texts(house: &House, request: v1::ListJobLogsRequest) -> String {
    let answer = house.jobs().list_job_logs(request).await.unwrap().into_inner();
    answer
        .entries
        .iter()
        .map(|entry| entry.line.as_ref().unwrap().message.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_listed_page_by_page_and_by_what_is_asked_for() {
    let house = House::with_bars().await;
    let (name, lease) = talkative(&house).await;
    assert_eq!(texts(&house, list(&name)).await, "abc");
    let two = v1::ListJobLogsRequest {
        page_size: 2,
        ..list(&name)
    };
    let first = house
        .jobs()
        .list_job_logs(two.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.entries.len(), 2);
    let rest = v1::ListJobLogsRequest {
        page_token: first.next_page_token.clone(),
        ..two
    };
    assert_eq!(texts(&house, rest.clone()).await, "c");
    let grave = v1::ListJobLogsRequest {
        min_severity: v1::LogSeverity::Warn.into(),
        ..list(&name)
    };
    assert_eq!(texts(&house, grave).await, "bc");
    let since = v1::ListJobLogsRequest {
        since: first.entries[1].time,
        ..list(&name)
    };
    assert_eq!(texts(&house, since).await, "bc");
    house.api.store.release_job(lease).await.unwrap();
    house.log(house.claim().await, LogSeverity::Info, "d").await;
    let attempt = |attempt| v1::ListJobLogsRequest {
        attempt: Some(attempt),
        ..list(&name)
    };
    assert_eq!(texts(&house, attempt(1)).await, "abc");
    assert_eq!(texts(&house, attempt(2)).await, "d");
    assert_eq!(texts(&house, attempt(0)).await, "");
    let foreign = v1::ListJobLogsRequest {
        min_severity: v1::LogSeverity::Info.into(),
        ..rest
    };
    let refusal = house.jobs().list_job_logs(foreign).await.unwrap_err();
    refused(
        &refusal,
        Code::InvalidArgument,
        "PAGE_TOKEN_INVALID",
        &["page_token"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_request_for_logs_is_named() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let wrong = v1::ListJobLogsRequest {
        attempt: Some(-1),
        min_severity: 9,
        since: Some(prost_types::Timestamp {
            seconds: -1,
            nanos: 0,
        }),
        ..list(&name)
    };
    let refusal = house.jobs().list_job_logs(wrong).await.unwrap_err();
    refused(
        &refusal,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["attempt", "min_severity", "since"],
    );
    let negative = v1::ListJobLogsRequest {
        page_size: -1,
        ..list(&name)
    };
    assert_eq!(
        fields(&house.jobs().list_job_logs(negative).await.unwrap_err()),
        ["page_size"]
    );
    assert_eq!(
        fields(&house.jobs().list_job_logs(list("x")).await.unwrap_err()),
        ["parent"]
    );
    assert_eq!(
        house.jobs().list_job_logs(list(NOBODY)).await.unwrap_err().code(),
        Code::NotFound
    );
    let tail = v1::TailJobLogsRequest {
        attempt: Some(-1),
        min_severity: 9,
        ..tail(&name)
    };
    let refusal = house.jobs().tail_job_logs(tail).await.unwrap_err();
    refused(
        &refusal,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["attempt", "min_severity"],
    );
}

fn tail(name: &str) -> v1::TailJobLogsRequest {
    v1::TailJobLogsRequest {
        name: name.to_owned(),
        follow: true,
        ..v1::TailJobLogsRequest::default()
    }
}

async fn open(
    house: &House,
    request: v1::TailJobLogsRequest,
) -> Result<Streaming<v1::TailJobLogsResponse>, Status> {
    house
        .jobs()
        .tail_job_logs(request)
        .await
        .map(tonic::Response::into_inner)
}

fn what(message: &v1::TailJobLogsResponse) -> String {
    match message.event.as_ref().unwrap() {
        Event::Snapshot(job) => format!("snapshot {}", job.state().as_str_name()),
        Event::Log(line) => line.message.clone(),
        Event::End(change) => format!("end {}", change.state().as_str_name()),
        Event::Heartbeat(_) => "heartbeat".to_owned(),
    }
}

async fn next(stream: &mut Streaming<v1::TailJobLogsResponse>) -> v1::TailJobLogsResponse {
    soon(stream.message()).await.unwrap().expect("the stream goes on")
}

async fn rest(stream: &mut Streaming<v1::TailJobLogsResponse>) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(message) = soon(stream.message()).await.unwrap() {
        seen.push(what(&message));
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_ends_after_the_lines_that_are_there_unless_it_follows() {
    let house = House::with_bars().await;
    let (name, lease) = talkative(&house).await;
    let still = v1::TailJobLogsRequest {
        follow: false,
        ..tail(&name)
    };
    let mut stream = open(&house, still).await.unwrap();
    assert_eq!(
        rest(&mut stream).await,
        ["snapshot JOB_STATE_RUNNING", "a", "b", "c"]
    );
    let grave = v1::TailJobLogsRequest {
        min_severity: v1::LogSeverity::Warn.into(),
        ..tail(&name)
    };
    let mut stream = open(&house, grave).await.unwrap();
    for expected in ["snapshot JOB_STATE_RUNNING", "b", "c"] {
        assert_eq!(what(&next(&mut stream).await), expected);
    }
    house.log(lease, LogSeverity::Info, "too light").await;
    house.log(lease, LogSeverity::Warn, "d").await;
    house.progress(lease, 9).await;
    assert_eq!(what(&next(&mut stream).await), "d");
    house.fail(lease).await;
    assert_eq!(rest(&mut stream).await, ["end JOB_STATE_FAILED"]);
    let mut ended = open(&house, tail(&name)).await.unwrap();
    let seen = rest(&mut ended).await;
    assert_eq!(
        seen,
        [
            "snapshot JOB_STATE_FAILED",
            "a",
            "b",
            "c",
            "too light",
            "d",
            "end JOB_STATE_FAILED"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_tail_goes_on_with_exactly_the_rest_also_after_a_retry() {
    let house = House::with_bars().await;
    let (name, lease) = talkative(&house).await;
    let mut stream = open(&house, tail(&name)).await.unwrap();
    next(&mut stream).await;
    next(&mut stream).await;
    let seen = next(&mut stream).await;
    assert_eq!(what(&seen), "b");
    drop(stream);
    house.fail(lease).await;
    house.retry(&name).await.unwrap();
    let resume = v1::TailJobLogsRequest {
        after_sequence: seen.sequence,
        ..tail(&name)
    };
    let mut stream = open(&house, resume).await.unwrap();
    assert_eq!(what(&next(&mut stream).await), "snapshot JOB_STATE_QUEUED");
    assert_eq!(what(&next(&mut stream).await), "c");
    let again = house.claim().await;
    house.log(again, LogSeverity::Info, "d").await;
    assert_eq!(what(&next(&mut stream).await), "d", "the old end is not the end");
    house.fail(again).await;
    assert_eq!(rest(&mut stream).await, ["end JOB_STATE_FAILED"]);
    for after in [-1, 1_000] {
        let wrong = v1::TailJobLogsRequest {
            after_sequence: after,
            ..tail(&name)
        };
        assert_eq!(
            fields(&open(&house, wrong).await.unwrap_err()),
            ["after_sequence"]
        );
    }
}
