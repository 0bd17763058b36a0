//! What goes wrong with single calls.

use super::{named, reason, soon, start};
use tonic::Code;
use tonic_types::StatusExt;

#[tokio::test]
async fn a_panic_costs_only_its_own_call() {
    let server = start(|_| {}).await;
    let mut jobs = server.jobs().await;
    let mut request = named("panic");
    request
        .metadata_mut()
        .insert("x-request-id", "order-1".parse().unwrap());
    let broken = soon(jobs.get_job(request)).await.unwrap_err();
    assert_eq!(broken.code(), Code::Internal);
    assert_eq!(broken.message(), "internal error; request id order-1");
    assert_eq!(reason(&broken), "INTERNAL");
    assert_eq!(broken.metadata().get("x-request-id").unwrap(), "order-1");
    // The same connection lives on.
    assert_eq!(jobs.get_job(named("a")).await.unwrap().into_inner().name, "a");
}

#[tokio::test]
async fn the_request_id_is_taken_or_made_and_always_echoed() {
    let server = start(|_| {}).await;
    let mut jobs = server.jobs().await;
    let mut request = named("a");
    request
        .metadata_mut()
        .insert("x-request-id", "order-2".parse().unwrap());
    let answer = jobs.get_job(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "order-2");
    let made = jobs.get_job(named("a")).await.unwrap();
    let made = made
        .metadata()
        .get("x-request-id")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert!(uuid::Uuid::try_parse(&made).is_ok(), "{made}");
    let mut unfit = named("panic");
    unfit
        .metadata_mut()
        .insert("x-request-id", "a b".parse().unwrap());
    let refused = jobs.get_job(unfit).await.unwrap_err();
    let echoed = refused
        .metadata()
        .get("x-request-id")
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    assert_ne!(echoed, "a b");
    assert_eq!(refused.get_details_request_info().unwrap().request_id, echoed);
}

#[tokio::test]
async fn two_mebibytes_are_refused_with_the_limit() {
    let server = start(|_| {}).await;
    let refused = server.get(&"x".repeat(2 << 20)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert_eq!(reason(&refused), "REQUEST_TOO_LARGE");
    assert_eq!(
        refused.get_details_error_info().unwrap().metadata["limit_bytes"],
        "1048576"
    );
    assert_eq!(server.get("a").await.unwrap(), "a");
}

#[tokio::test]
async fn an_answer_above_the_limit_is_refused_too() {
    let server = start(|config| config.server.max_response_bytes = 1 << 20).await;
    let refused = server.get("long").await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_TOO_LARGE");
    assert!(refused.message().contains("page_size"), "{refused:?}");
}

#[tokio::test]
async fn headers_above_the_limit_are_refused_and_the_server_lives() {
    let server = start(|_| {}).await;
    let mut request = named("a");
    request
        .metadata_mut()
        .insert("x-large", "x".repeat(64 << 10).parse().unwrap());
    assert!(server.jobs().await.get_job(request).await.is_err());
    assert_eq!(server.get("a").await.unwrap(), "a");
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_with_its_limit() {
    let server = start(|config| config.server.request_timeout = std::time::Duration::from_millis(200)).await;
    let late = soon(server.get("never")).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&late), "DEADLINE_EXCEEDED");
    assert_eq!(late.get_details_error_info().unwrap().metadata["limit"], "0.2s");
}

#[tokio::test]
async fn a_malformed_grpc_timeout_is_named() {
    let server = start(|_| {}).await;
    let mut request = named("a");
    request
        .metadata_mut()
        .insert("grpc-timeout", "soon".parse().unwrap());
    let refused = server.jobs().await.get_job(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.get_details_bad_request().unwrap().field_violations[0].field,
        "grpc-timeout"
    );
}
