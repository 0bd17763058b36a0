//! AdminService: the server itself, workers, queues, quotas.

use crate::house::{House, metadata, refused, train};
use crate::support::until;
use crate::support::world::furnish;
use api_server::access::Port;
use mltraining_domain::{JobKind, Role, WorkerId};
use mltraining_proto::v1;
use mltraining_runtime::config::AuthMode;
use mltraining_store::claims::ClaimRequest;
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::workers::NewWorker;
use prost_types::FieldMask;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use uuid::Uuid;
use v1::admin_service_client::AdminServiceClient;

const QUOTA: &str = "projects/default/quota";

async fn admin(house: &House) -> AdminServiceClient<Channel> {
    AdminServiceClient::new(house.api.channel_to(Port::Admin).await)
}

async fn info(house: &House) -> v1::ServerInfo {
    let request = v1::GetServerInfoRequest {};
    admin(house)
        .await
        .get_server_info(request)
        .await
        .unwrap()
        .into_inner()
}

async fn list(house: &House, size: i32, token: &str) -> v1::ListWorkersResponse {
    let request = v1::ListWorkersRequest {
        page_size: size,
        page_token: token.to_owned(),
    };
    admin(house)
        .await
        .list_workers(request)
        .await
        .unwrap()
        .into_inner()
}

async fn pause(house: &House, name: &str) -> Result<v1::Queue, Status> {
    let request = v1::PauseQueueRequest {
        name: name.to_owned(),
    };
    admin(house)
        .await
        .pause_queue(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn resume(house: &House, name: &str) -> Result<v1::Queue, Status> {
    let request = v1::ResumeQueueRequest {
        name: name.to_owned(),
    };
    admin(house)
        .await
        .resume_queue(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn drain(house: &House, name: &str) -> Result<v1::Worker, Status> {
    let request = v1::DrainWorkerRequest {
        name: name.to_owned(),
    };
    admin(house)
        .await
        .drain_worker(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn quota(house: &House, name: &str) -> Result<v1::Quota, Status> {
    let request = v1::GetQuotaRequest {
        name: name.to_owned(),
    };
    admin(house)
        .await
        .get_quota(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn update(house: &House, quota: v1::Quota, paths: &[&str]) -> Result<v1::Quota, Status> {
    let request = v1::UpdateQuotaRequest {
        quota: Some(quota),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
    };
    admin(house)
        .await
        .update_quota(request)
        .await
        .map(tonic::Response::into_inner)
}

fn limits(max_running: Option<i32>, max_queued: Option<i32>) -> v1::Quota {
    v1::Quota {
        name: QUOTA.to_owned(),
        max_running,
        max_queued,
        ..v1::Quota::default()
    }
}

async fn worker(house: &House) -> WorkerId {
    let new = NewWorker {
        id: WorkerId(Uuid::now_v7()),
        hostname: "host".to_owned(),
        version: "0.1.0".to_owned(),
        slots: 3,
        memory_bytes: 1 << 30,
    };
    house.api.store.register_worker(&new).await.unwrap();
    new.id
}

async fn claims(house: &House, worker: WorkerId) -> Option<String> {
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker,
        lease: std::time::Duration::from_secs(600),
        kinds: &[JobKind::Train],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: std::time::Duration::from_secs(600),
    };
    let claimed = house.api.store.claim_job(&request).await.unwrap();
    claimed.map(|job| format!("projects/{}/jobs/{}", job.project, job.lease.job))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_what_it_is_and_what_it_lacks() {
    let house = House::empty().await;
    until("the first round of checks is over", || async {
        info(&house).await.state() == v1::ServerState::Degraded
    })
    .await;
    let info = info(&house).await;
    assert_eq!(info.version, env!("CARGO_PKG_VERSION"));
    assert!(!info.git_hash.is_empty());
    assert_eq!(info.schema_version, Some(info.expected_schema_version));
    assert!(info.uptime.is_some());
    let known: Vec<_> = info
        .dependencies
        .iter()
        .map(|known| (known.name.as_str(), known.state(), known.required))
        .collect();
    let (up, down) = (v1::DependencyState::Up, v1::DependencyState::Down);
    assert_eq!(
        known,
        [
            ("database", up, true),
            ("schema", up, true),
            ("artifacts", up, true),
            ("redis", down, false)
        ]
    );
    let redis = &info.dependencies[3];
    assert!(!redis.last_error.is_empty() && redis.last_error_time.is_some());
    assert!(info.dependencies.iter().all(|known| known.latency.is_some()));
    let storage = info.artifact_storage.unwrap();
    assert!(storage.free_bytes.unwrap() > 0, "{storage:?}");
    let pool = info.database_pool.unwrap();
    assert_eq!(pool.max, 20);
    assert!(
        (1..=20).contains(&pool.open) && pool.idle <= pool.open,
        "{pool:?}"
    );
    let queues: Vec<&str> = info.queues.iter().map(|queue| queue.name.as_str()).collect();
    assert_eq!(queues, ["queues/default"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_are_counted_also_when_redis_takes_none() {
    let house = House::with_bars().await;
    house.train().await;
    let hints = info(&house).await.hints.unwrap();
    assert_eq!((hints.sent, hints.failed), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_and_forgotten_is_counted() {
    let house = House::with(|config| config.cache.max_age = std::time::Duration::from_secs(3600)).await;
    let (store, artifacts) = (&house.api.store, &house.api.context.artifacts);
    furnish(store, artifacts, &"default".parse().unwrap()).await;
    let name = "projects/default/models/x".to_owned();
    let read = async || {
        let request = v1::GetModelRequest { name: name.clone() };
        house.models().get_model(request).await.unwrap();
    };
    for _ in 0..3 {
        read().await;
    }
    let etag = String::new();
    let request = v1::DeleteModelRequest {
        name: name.clone(),
        etag,
    };
    house.models().delete_model(request).await.unwrap();
    read().await;
    let counts = info(&house).await.cache.unwrap();
    let expected = v1::CacheCounts {
        hits: 2,
        misses: 2,
        invalidations: 1,
        flushes: 0,
    };
    assert_eq!(counts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_paused_and_resumed_once_however_often_it_is_asked_for() {
    let house = House::with_bars().await;
    house.train().await;
    let paused = pause(&house, "queues/default").await.unwrap();
    assert_eq!(paused.state(), v1::QueueState::Paused);
    assert!(paused.pause_time.is_some());
    assert_eq!(pause(&house, "").await.unwrap(), paused);
    assert_eq!(info(&house).await.queues, [paused]);
    house.train().await;
    assert_eq!(claims(&house, WorkerId(Uuid::now_v7())).await, None);
    for _ in 0..2 {
        let resumed = resume(&house, "").await.unwrap();
        assert_eq!(
            (resumed.state(), resumed.pause_time),
            (v1::QueueState::Open, None)
        );
    }
    assert!(claims(&house, WorkerId(Uuid::now_v7())).await.is_some());
    for name in ["default", "queues/", "queues/A"] {
        refused(
            &pause(&house, name).await.unwrap_err(),
            Code::InvalidArgument,
            "INVALID_FIELD",
            &["name"],
        );
        refused(
            &resume(&house, name).await.unwrap_err(),
            Code::InvalidArgument,
            "INVALID_FIELD",
            &["name"],
        );
    }
    refused(
        &pause(&house, "queues/no").await.unwrap_err(),
        Code::NotFound,
        "NOT_FOUND",
        &[],
    );
    refused(
        &resume(&house, "queues/no").await.unwrap_err(),
        Code::NotFound,
        "NOT_FOUND",
        &[],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_listed_with_what_they_run_page_by_page() {
    let house = House::with_bars().await;
    house.train().await;
    let (idle, busy) = (worker(&house).await, worker(&house).await);
    let job = claims(&house, busy).await.unwrap();
    let gone = worker(&house).await;
    house.api.store.stop_worker(gone).await.unwrap();
    house.sql(&format!(
        "update worker set started_at = started_at - interval '1 hour', heartbeat_at = heartbeat_at - interval '1 hour' where id = '{idle}'"
    ));
    let first = list(&house, 1, "").await;
    assert_eq!(first.workers.len(), 1);
    let active = &first.workers[0];
    assert_eq!(active.name, format!("workers/{busy}"));
    assert_eq!((active.state(), active.slots), (v1::WorkerState::Active, 3));
    assert_eq!(active.memory_bytes, Some(1 << 30));
    assert_eq!(active.running_jobs.len(), 1);
    assert_eq!(
        (&active.running_jobs[0].job, active.running_jobs[0].attempt),
        (&job, 1)
    );
    let second = list(&house, 1, &first.next_page_token).await;
    assert_eq!(second.next_page_token, "");
    let stale = &second.workers[0];
    assert_eq!(stale.name, format!("workers/{idle}"));
    assert_eq!(stale.state(), v1::WorkerState::Stale);
    assert!(stale.heartbeat_age.as_ref().unwrap().seconds >= 3600);
    let all = list(&house, 0, "").await;
    assert_eq!(all.workers.len(), 2, "who said goodbye is not listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_worker_gets_no_more_jobs_and_keeps_those_it_has() {
    let house = House::with_bars().await;
    for _ in 0..3 {
        house.train().await;
    }
    let id = worker(&house).await;
    let job = claims(&house, id).await.unwrap();
    let name = format!("workers/{id}");
    let drained = drain(&house, &name).await.unwrap();
    assert_eq!(drained.state(), v1::WorkerState::Draining);
    assert_eq!(drained.running_jobs[0].job, job);
    assert_eq!(claims(&house, id).await, None);
    assert!(claims(&house, WorkerId(Uuid::now_v7())).await.is_some());
    assert_eq!(drain(&house, &name).await.unwrap().drain_time, drained.drain_time);
    house.api.store.stop_worker(id).await.unwrap();
    assert_eq!(
        drain(&house, &name).await.unwrap().state(),
        v1::WorkerState::Stopped
    );
    let unknown = drain(&house, &format!("workers/{}", Uuid::now_v7()))
        .await
        .unwrap_err();
    refused(&unknown, Code::NotFound, "NOT_FOUND", &[]);
    let wrong = drain(&house, "workers/1").await.unwrap_err();
    refused(&wrong, Code::InvalidArgument, "INVALID_FIELD", &["name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_read_and_changed_if_nobody_was_faster() {
    let house = House::with_bars().await;
    house.train().await;
    let before = quota(&house, "").await.unwrap();
    assert_eq!(
        (
            before.max_running,
            before.max_queued,
            before.running,
            before.queued
        ),
        (Some(4), Some(1000), 0, 1)
    );
    let etag = before.etag.clone();
    let with_etag = |quota| v1::Quota {
        etag: etag.clone(),
        ..quota
    };
    let after = update(&house, with_etag(limits(Some(0), None)), &[])
        .await
        .unwrap();
    assert_eq!((after.max_running, after.max_queued), (Some(0), Some(1000)));
    assert_eq!(claims(&house, WorkerId(Uuid::now_v7())).await, None);
    let late = update(&house, with_etag(limits(Some(9), None)), &[])
        .await
        .unwrap_err();
    refused(&late, Code::Aborted, "ETAG_MISMATCH", &[]);
    assert_eq!(metadata(&late, "etag"), after.etag);
    let no_etag = v1::Quota {
        etag: "x".to_owned(),
        ..limits(Some(9), None)
    };
    refused(
        &update(&house, no_etag, &[]).await.unwrap_err(),
        Code::Aborted,
        "ETAG_MISMATCH",
        &[],
    );
    let full = update(&house, limits(Some(2), Some(1)), &["*"]).await.unwrap();
    assert_eq!((full.max_running, full.max_queued), (Some(2), Some(1)));
    let too_many = house.training().train_model(train()).await.unwrap_err();
    assert_eq!(too_many.code(), Code::ResourceExhausted);
    assert!(claims(&house, WorkerId(Uuid::now_v7())).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_change_of_a_quota_names_what_is_wrong() {
    let house = House::empty().await;
    let wrong = update(&house, limits(Some(-1), Some(2_000_000)), &[])
        .await
        .unwrap_err();
    refused(
        &wrong,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["quota.max_running", "quota.max_queued"],
    );
    let wrong = update(&house, limits(Some(1), None), &["queued"])
        .await
        .unwrap_err();
    refused(&wrong, Code::InvalidArgument, "INVALID_FIELD", &["update_mask"]);
    let unknown = v1::Quota {
        name: "projects/nowhere/quota".to_owned(),
        ..limits(Some(1), None)
    };
    refused(
        &update(&house, unknown, &[]).await.unwrap_err(),
        Code::NotFound,
        "NOT_FOUND",
        &[],
    );
    refused(
        &quota(&house, "projects/nowhere/quota").await.unwrap_err(),
        Code::NotFound,
        "NOT_FOUND",
        &[],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_service_read_every_quota_and_others_their_own() {
    let house = House::with(|config| config.server.auth.mode = AuthMode::ApiKey).await;
    let (own, other, default) = ("own", "other", "default");
    let mut keys = Vec::new();
    for project in [own, other, default] {
        keys.push(house.api.key(&project.parse().unwrap(), Role::Viewer).await);
    }
    let get = async |key: &str, project: &str| {
        let mut request = Request::new(v1::GetQuotaRequest {
            name: format!("projects/{project}/quota"),
        });
        let key = format!("Bearer {key}").parse().unwrap();
        request.metadata_mut().insert("authorization", key);
        admin(&house)
            .await
            .get_quota(request)
            .await
            .map(|_| ())
            .map_err(|status| status.code())
    };
    assert_eq!(get(&keys[0], own).await, Ok(()));
    assert_eq!(get(&keys[0], other).await, Err(Code::NotFound));
    assert_eq!(get(&keys[0], default).await, Err(Code::NotFound));
    for project in [own, other, default] {
        assert_eq!(get(&keys[2], project).await, Ok(()), "{project}");
    }
}
