//! The way from SIGTERM to the end.

use super::streams::watch;
use super::{named, reason, soon, start};
use std::time::Duration;
use tokio::net::TcpStream;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

#[tokio::test]
async fn a_call_under_way_finishes_streams_end_and_nobody_new_is_let_in() {
    let server = start(|_| {}).await;
    let mut jobs = server.jobs().await;
    let under_way = tokio::spawn(async move { jobs.get_job(named("block")).await });
    soon(server.service.begun.acquire()).await.unwrap().forget();
    let mut stream = watch(&server, "a").await.unwrap();

    server.stop.cancel();
    let ended = soon(stream.message()).await.unwrap_err();
    assert_eq!(
        (ended.code(), reason(&ended).as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
    soon(async {
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!server.end.is_finished(), "the server left a call alone");

    server.service.release.add_permits(1);
    assert_eq!(soon(under_way).await.unwrap().unwrap().into_inner().name, "block");
    server.ended().await.unwrap();
}

#[tokio::test]
async fn a_call_that_outlives_the_grace_is_cut() {
    let server = start(|config| {
        config.server.drain_grace = Duration::from_millis(200);
        // Nothing else ends the call while the test waits.
        config.server.request_timeout = Duration::from_secs(600);
    })
    .await;
    let mut jobs = server.jobs().await;
    let under_way = tokio::spawn(async move { jobs.get_job(named("block")).await });
    soon(server.service.begun.acquire()).await.unwrap().forget();
    server.stop.cancel();
    server.ended().await.unwrap();
    assert!(soon(under_way).await.unwrap().is_err());
}

#[tokio::test]
async fn health_says_not_serving_to_its_watchers_before_the_stream_ends() {
    let server = start(|_| {}).await;
    let mut health = HealthClient::new(server.channel().await);
    let name = |service: &str| HealthCheckRequest {
        service: service.to_owned(),
    };
    // Nothing is ready without a database; liveness is told apart from that.
    for service in [
        "",
        "readiness",
        "mltraining.v1.JobService",
        "mltraining.v1.ArtifactService",
    ] {
        let answer = health.check(name(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::NotServing, "{service:?}");
    }
    let answer = health.check(name("liveness")).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    assert_eq!(
        health.check(name("no.such.Service")).await.unwrap_err().code(),
        Code::NotFound
    );

    let mut watch = health.watch(name("readiness")).await.unwrap().into_inner();
    assert_eq!(
        soon(watch.message()).await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    server.stop.cancel();
    let end = soon(async { while let Ok(Some(_)) = watch.message().await {} });
    end.await;
    server.ended().await.unwrap();
}
