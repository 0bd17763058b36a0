//! Open streams: how many, how silent, and a panic in one.

use super::{Running, reason, soon, start};
use mltraining_proto::v1::{JobEvent, WatchJobRequest};
use std::time::Duration;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

pub(super) async fn watch(server: &Running, name: &str) -> Result<Streaming<JobEvent>, Status> {
    let request = WatchJobRequest {
        name: name.to_owned(),
        after_sequence: 0,
    };
    let mut stream = server.jobs().await.watch_job(request).await?.into_inner();
    assert_eq!(soon(stream.message()).await?.unwrap().sequence, 1);
    Ok(stream)
}

#[tokio::test]
async fn a_caller_has_so_many_streams_open_and_no_more() {
    let server = start(|config| config.server.max_watches_per_caller = 2).await;
    let first = watch(&server, "a").await.unwrap();
    let _second = watch(&server, "b").await.unwrap();
    let refused = watch(&server, "c").await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(reason(&refused), "QUOTA_EXCEEDED");
    assert_eq!(
        refused.get_details_quota_failure().unwrap().violations[0].subject,
        "open_streams"
    );
    drop(first);
    soon(async {
        while watch(&server, "c").await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_silent_stream_ends_in_a_way_that_says_open_it_again() {
    let server = start(|config| config.server.stream_idle_timeout = Duration::from_millis(200)).await;
    let mut stream = watch(&server, "a").await.unwrap();
    let ended = soon(stream.message()).await.unwrap_err();
    assert_eq!(
        (ended.code(), reason(&ended).as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
    assert!(ended.get_details_request_info().is_some());
}

#[tokio::test]
async fn a_panic_within_a_stream_ends_that_stream_with_internal() {
    let server = start(|_| {}).await;
    let request = WatchJobRequest {
        name: "panic".to_owned(),
        after_sequence: 0,
    };
    let mut stream = server.jobs().await.watch_job(request).await.unwrap().into_inner();
    // Whether the event before the panic was sent already is not promised.
    let ended = loop {
        match soon(stream.message()).await {
            Ok(event) => assert!(event.is_some(), "the stream ended well"),
            Err(status) => break status,
        }
    };
    assert_eq!(
        (ended.code(), reason(&ended).as_str()),
        (Code::Internal, "INTERNAL")
    );
    assert!(server.get("a").await.is_ok());
}
