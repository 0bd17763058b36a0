//! Readiness follows what the server needs.

use crate::support::{Api, soon, until};
use api_server::access::Port;
use mltraining_proto::inference::ServerReadyRequest;
use mltraining_proto::inference::grpc_inference_service_client::GrpcInferenceServiceClient;
use mltraining_proto::v1;
use mltraining_runtime::config::{ApiConfig, AuthMode};
use mltraining_store::testing::TestDatabase;
use tokio::io::AsyncWriteExt;
use tonic::Streaming;
use tonic::transport::Channel;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use v1::admin_service_client::AdminServiceClient;

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

fn open_to_all(config: &mut ApiConfig) {
    config.server.auth.mode = AuthMode::None;
}

async fn info(api: &Api) -> v1::ServerInfo {
    let mut admin = AdminServiceClient::new(api.channel_to(Port::Admin).await);
    let asked = admin.get_server_info(v1::GetServerInfoRequest {});
    soon(asked).await.unwrap().into_inner()
}

/// How a dependency answered last, and what was wrong when it last failed.
fn dependency(info: &v1::ServerInfo, name: &str) -> (v1::DependencyState, String) {
    let known = info.dependencies.iter().find(|known| known.name == name);
    let known = known.unwrap_or_else(|| panic!("{name} is not told"));
    (known.state(), known.last_error.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_schema_is_not_ready_until_someone_migrates_it() {
    let api = Api::start_on(TestDatabase::empty().await, open_to_all).await;
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

    let needed = mltraining_store::Store::expected_schema_version();
    until("the schema was looked at", || async {
        dependency(&info(&api).await, "schema").0 == v1::DependencyState::Down
    })
    .await;
    let told = info(&api).await;
    assert_eq!(
        dependency(&told, "database"),
        (v1::DependencyState::Up, String::new())
    );
    let missing = dependency(&told, "schema").1;
    assert!(
        missing.contains(&format!("version 0, this build needs {needed}")),
        "{missing}"
    );

    // Redis is away all the time: that alone is no reason.
    api.store.migrate_up().await.unwrap();
    heard(&mut watch, ServingStatus::Serving).await;
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
    let full = |config: &mut ApiConfig| {
        config.artifacts.min_free_bytes = 1 << 60;
        open_to_all(config);
    };
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
    until("the storage was looked at", || async {
        dependency(&info(&api).await, "artifacts").0 == v1::DependencyState::Down
    })
    .await;
    let told = info(&api).await;
    let storage = told.artifact_storage.unwrap();
    assert_eq!(storage.min_free_bytes, 1 << 60);
    assert!((1..1 << 60).contains(&storage.free_bytes.unwrap()), "{storage:?}");
    let full = dependency(&told, "artifacts").1;
    assert!(full.contains("artifacts.min_free_bytes"), "{full}");
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
    let long = std::time::Duration::from_secs(3600);
    let few = |config: &mut ApiConfig| {
        config.database.max_connections = 2;
        config.readiness.timeout = std::time::Duration::from_millis(200);
        // Nothing else ends what hangs.
        config.database.acquire_timeout = long;
        config.server.request_timeout = long;
        config.server.auth.mode = AuthMode::None;
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
    let info = info(&api).await;
    assert_eq!(info.state(), v1::ServerState::NotReady);
    assert_eq!(info.schema_version, None);
    let hangs = (v1::DependencyState::Down, "no answer within 200 ms".to_owned());
    assert_eq!(dependency(&info, "database"), hangs);
    assert_eq!(dependency(&info, "schema"), hangs);
    lock.kill().await.unwrap();
    until("the server is ready again", || server_ready(&channel)).await;
}
