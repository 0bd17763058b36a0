//! Readiness follows what the server needs.

use crate::support::{Api, soon, until};
use mltraining_proto::inference::ServerReadyRequest;
use mltraining_proto::inference::grpc_inference_service_client::GrpcInferenceServiceClient;
use mltraining_store::testing::TestDatabase;
use tokio::io::AsyncWriteExt;
use tonic::Streaming;
use tonic::transport::Channel;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

/// Waits until a watch hears `wanted`.
async fn heard(watch: &mut Streaming<HealthCheckResponse>, wanted: ServingStatus) {
    let hear = async { while watch.message().await.unwrap().unwrap().status() != wanted {} };
    soon(hear).await;
}

async fn readiness(channel: &Channel) -> ServingStatus {
    let mut health = HealthClient::new(channel.clone());
    health.check(of("readiness")).await.unwrap().into_inner().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_schema_is_not_ready_until_someone_migrates_it() {
    let api = Api::start_on(TestDatabase::empty().await, |_| {}).await;
    let channel = api.channel().await;
    let mut watch = HealthClient::new(channel.clone())
        .watch(of("readiness"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        soon(watch.message()).await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
    assert_eq!(
        api.store.schema_version().await.unwrap(),
        0,
        "the server migrated by itself"
    );

    // Redis is away all the time: that alone is no reason.
    api.store.migrate_up().await.unwrap();
    heard(&mut watch, ServingStatus::Serving).await;
    let needed = mltraining_store::Store::expected_schema_version();
    api.store.migrate_down(needed - 1).await.unwrap();
    heard(&mut watch, ServingStatus::NotServing).await;
    assert_eq!(
        api.store.schema_version().await.unwrap(),
        needed - 1,
        "the server migrated by itself"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_server_says_not_serving_first_thing_when_it_is_stopped() {
    let api = Api::start().await;
    let channel = api.channel().await;
    until("the server is ready", || async {
        readiness(&channel).await == ServingStatus::Serving
    })
    .await;
    let mut watches = Vec::new();
    for service in ["", "readiness", "mltraining.v1.JobService"] {
        let mut watch = HealthClient::new(channel.clone())
            .watch(of(service))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            soon(watch.message()).await.unwrap().unwrap().status(),
            ServingStatus::Serving,
            "{service}"
        );
        watches.push(watch);
    }
    api.stop.cancel();
    for watch in &mut watches {
        heard(watch, ServingStatus::NotServing).await;
    }
    soon(api.end).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_not_ready() {
    let full =
        |config: &mut mltraining_runtime::config::ApiConfig| config.artifacts.min_free_bytes = u64::MAX;
    let api = Api::start_on(TestDatabase::migrated().await, full).await;
    let channel = api.channel().await;
    let mut watch = HealthClient::new(channel.clone())
        .watch(of("readiness"))
        .await
        .unwrap()
        .into_inner();
    // Several rounds of checks pass meanwhile.
    for _ in 0..20 {
        assert_eq!(readiness(&channel).await, ServingStatus::NotServing);
        api.store.ping().await.unwrap();
    }
    assert_eq!(
        soon(watch.message()).await.unwrap().unwrap().status(),
        ServingStatus::NotServing
    );
}

async fn server_ready(channel: &Channel) -> bool {
    let mut inference = GrpcInferenceServiceClient::new(channel.clone());
    let asked = inference.server_ready(ServerReadyRequest {});
    soon(asked).await.unwrap().into_inner().ready
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inference_protocol_hears_that_the_schema_is_missing() {
    let api = Api::start_on(TestDatabase::empty().await, |_| {}).await;
    let channel = api.channel().await;
    assert!(!server_ready(&channel).await);
    api.store.migrate_up().await.unwrap();
    until("the server is ready", || server_ready(&channel)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_answered_while_every_connection_of_the_pool_hangs() {
    let few = |config: &mut mltraining_runtime::config::ApiConfig| {
        config.database.max_connections = 2;
        config.readiness.timeout = std::time::Duration::from_millis(200);
    };
    let api = Api::start_on(TestDatabase::migrated().await, few).await;
    let channel = api.channel().await;
    until("the server is ready", || server_ready(&channel)).await;
    let mut lock = api.psql();
    let statement = b"begin; lock table job in access exclusive mode;\n";
    lock.stdin.as_mut().unwrap().write_all(statement).await.unwrap();
    // The lock is there a moment after it was asked for: calls that came before it do not hang.
    let mut hanging = tokio::task::JoinSet::new();
    until("every connection hangs, and the server has noticed", || {
        let store = api.store.clone();
        hanging.spawn(async move { store.overview().await });
        async {
            let pool = api.store.pool_use();
            pool.open == pool.max && pool.idle == 0 && readiness(&channel).await == ServingStatus::NotServing
        }
    })
    .await;
    let mut health = HealthClient::new(channel.clone());
    let alive = soon(health.check(of("liveness"))).await.unwrap().into_inner();
    assert_eq!(alive.status(), ServingStatus::Serving);
    assert!(!server_ready(&channel).await);
    lock.kill().await.unwrap();
    until("the server is ready again", || server_ready(&channel)).await;
}
