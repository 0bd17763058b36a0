//! What is too much.

use super::{named, reason, soon, start};
use crate::context::Context;
use crate::serve::{Listeners, run};
use mltraining_runtime::config::{ApiConfig, AuthMode};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

#[tokio::test]
async fn one_call_too_many_is_refused_at_once_and_health_still_answers() {
    let server = start(|config| config.server.max_concurrent_requests = 1).await;
    let mut jobs = server.jobs().await;
    let first = tokio::spawn({
        let mut jobs = jobs.clone();
        async move { jobs.get_job(named("block")).await }
    });
    soon(server.service.begun.acquire()).await.unwrap().forget();
    let refused = jobs.get_job(named("a")).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(reason(&refused), "RATE_LIMITED");
    assert!(refused.get_details_retry_info().unwrap().retry_delay.is_some());
    let liveness = HealthCheckRequest {
        service: "liveness".to_owned(),
    };
    assert!(
        HealthClient::new(server.channel().await)
            .check(liveness)
            .await
            .is_ok()
    );
    server.service.release.add_permits(1);
    soon(first).await.unwrap().unwrap();
    assert!(jobs.get_job(named("a")).await.is_ok());
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_makes_room_again() {
    let server = start(|config| config.server.max_connections = 1).await;
    let first = server.jobs().await;
    assert!(first.clone().get_job(named("a")).await.is_ok());
    let mut second = TcpStream::connect(server.address).await.unwrap();
    let mut byte = [0];
    let closed = soon(second.read(&mut byte)).await;
    assert!(
        matches!(closed, Ok(0) | Err(_)),
        "the second connection was served"
    );
    drop(first);
    soon(async {
        while server.get("a").await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed() {
    let server = start(|_| {}).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut bytes = [0; 256];
    // The server says its settings first; then the clock, which is not the wall's, runs to the end of its patience.
    soon(async { while matches!(silent.read(&mut bytes).await, Ok(1..)) {} }).await;
}

#[tokio::test]
async fn a_connection_past_its_age_and_grace_is_cut_and_a_new_one_serves_on() {
    let server = start(|config| {
        config.server.max_connection_age = Duration::from_millis(100);
        config.server.max_connection_age_grace = Duration::from_millis(100);
    })
    .await;
    assert!(soon(server.get("never")).await.is_err());
    assert_eq!(soon(server.get("a")).await.unwrap(), "a");
}

#[tokio::test]
async fn without_authentication_the_server_serves_on_loopback_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = ApiConfig::default();
    config.database.url = SecretString::from("postgres://nobody@127.0.0.1:1/none");
    config.artifacts.dir = folder.path().join("artifacts");
    config.server.auth.mode = AuthMode::None;
    let context = Arc::new(Context::open(config).unwrap());
    let loopback = || TcpListener::bind("127.0.0.1:0");
    let everywhere = || TcpListener::bind("0.0.0.0:0");
    for listeners in [
        Listeners {
            public: everywhere().await.unwrap(),
            admin: None,
            health: None,
        },
        Listeners {
            public: loopback().await.unwrap(),
            admin: Some(everywhere().await.unwrap()),
            health: None,
        },
    ] {
        let refused = soon(run(listeners, context.clone(), CancellationToken::new()))
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("loopback"), "{refused}");
    }
}
