//! Running the service: AdminService and `mlts admin` against real processes.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::probe::{self, PROBES};
use mltraining_tests::process::Signal;
use mltraining_tests::system::{self, System};
use mltraining_tests::{data, wait};
use serde_json::json;
use std::process::Output;
use tonic_health::pb::health_check_response::ServingStatus;

async fn submit(system: &System, model: &str, trees: i32) -> String {
    let request = data::training(model, 240, trees);
    let taken = system.caller().training.train_model(request).await;
    taken.expect("the job is taken").into_inner().name
}

async fn runs(system: &System) {
    wait::until("a worker runs a job", || async {
        let mut admin = system.admin();
        let workers = admin.list_workers(pb::ListWorkersRequest::default());
        let workers = workers.await.ok()?.into_inner().workers;
        workers
            .iter()
            .any(|worker| !worker.running_jobs.is_empty())
            .then_some(())
    })
    .await;
}

/// A worker that beats often and polls never: only its row and hints can move it.
const NO_POLL: &[(&str, &str)] = &[
    ("MLTS_WORKER__HEARTBEAT", "200ms"),
    ("MLTS_WORKER__DRAIN_GRACE", "100ms"),
    ("MLTS_WORKER__POLL_MIN", "9m"),
    ("MLTS_WORKER__POLL_MAX", "10m"),
];

#[tokio::test]
async fn a_worker_told_to_drain_releases_its_job_uncharged_and_ends_with_0() {
    let mut system = System::start_with(NO_POLL).await;
    data::make_bars(&system.database, 20, 1000);
    data::register_bars(&system.caller()).await;
    let first = system.add_worker().await;
    submit(&system, "released", 10_000).await;
    runs(&system).await;
    let workers = system
        .admin()
        .list_workers(pb::ListWorkersRequest::default())
        .await
        .unwrap();
    let name = workers.into_inner().workers[0].name.clone();
    let request = pb::DrainWorkerRequest { name: name.clone() };
    let drained = system.admin().drain_worker(request).await.unwrap().into_inner();
    assert_eq!(drained.state(), pb::WorkerState::Draining);
    let code = system.workers[first].exit().await.code();
    assert_eq!(code, Some(0), "{}", system.workers[first].log());
    let row = system
        .database
        .sql("SELECT state, failures + infra_failures + lost_count FROM job");
    assert_eq!(row, "QUEUED|0", "the running job is given back, uncharged");
    assert_eq!(system.database.sql("SELECT outcome FROM job_attempt"), "RELEASED");
    let gone = system
        .admin()
        .drain_worker(pb::DrainWorkerRequest { name })
        .await
        .unwrap();
    assert_eq!(gone.into_inner().state(), pb::WorkerState::Stopped);
}

#[tokio::test]
async fn a_sigterm_after_a_drain_is_the_first_one() {
    let mut system = System::start_with(&[
        PROBES,
        ("MLTS_WORKER__HEARTBEAT", "200ms"),
        ("MLTS_WORKER__DRAIN_GRACE", "3s"),
    ])
    .await;
    let worker = system.add_worker().await;
    probe::submit(
        &system.database,
        &json!({"steps": [{"do": "sleep", "millis": 600_000}]}),
    );
    runs(&system).await;
    let id = system.database.sql("SELECT 'workers/' || id FROM worker");
    system
        .admin()
        .drain_worker(pb::DrainWorkerRequest { name: id })
        .await
        .unwrap();
    wait::until("the worker drains", || async {
        system.workers[worker].log().contains("draining").then_some(())
    })
    .await;
    system.workers[worker].signal(Signal::Term);
    let code = system.workers[worker].exit().await.code();
    assert_eq!(code, Some(0), "{}", system.workers[worker].log());
    assert_eq!(system.database.sql("SELECT outcome FROM job_attempt"), "RELEASED");
}

#[tokio::test]
async fn a_worker_told_to_end_is_shown_draining_with_its_job_until_that_ends() {
    let mut system = System::start_with(&[PROBES, ("MLTS_WORKER__HEARTBEAT", "200ms")]).await;
    let worker = system
        .add_worker_with(&[("MLTS_WORKER__DRAIN_GRACE", "10m")])
        .await;
    let job = probe::submit(
        &system.database,
        &json!({"steps": [{"do": "sleep", "millis": 600_000}]}),
    );
    runs(&system).await;
    system.workers[worker].signal(Signal::Term);
    wait::until("the worker drains and is heard", || async {
        let row = "SELECT count(*) FROM worker WHERE heartbeat_at > draining_at + interval '300 ms' AND stopped_at IS NULL";
        (system.database.count(row) == 1).then_some(())
    })
    .await;
    let mut admin = system.admin();
    let listed = admin.list_workers(pb::ListWorkersRequest::default());
    let listed = listed.await.unwrap().into_inner().workers;
    assert_eq!(listed[0].state(), pb::WorkerState::Draining);
    assert!(listed[0].running_jobs[0].job.ends_with(&job), "{listed:?}");
    let request = pb::CancelJobRequest {
        name: format!("projects/default/jobs/{job}"),
        ..Default::default()
    };
    system.caller().jobs.clone().cancel_job(request).await.unwrap();
    let code = system.workers[worker].exit().await.code();
    assert_eq!(code, Some(0), "{}", system.workers[worker].log());
    let row = system.database.sql("SELECT stopped_at IS NOT NULL FROM worker");
    assert_eq!(row, "t");
}

#[tokio::test]
async fn a_resumed_queue_and_a_raised_limit_wake_idle_workers() {
    let mut system = System::start_with(NO_POLL).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let paused = system
        .admin()
        .pause_queue(pb::PauseQueueRequest::default())
        .await
        .unwrap();
    assert_eq!(paused.into_inner().state(), pb::QueueState::Paused);
    let held = submit(&system, "held", 2).await;
    system
        .admin()
        .resume_queue(pb::ResumeQueueRequest::default())
        .await
        .unwrap();
    assert_eq!(caller.ended(&held).await.state(), pb::JobState::Succeeded);

    let limit = async |max_running| {
        let quota = pb::Quota {
            max_running: Some(max_running),
            ..pb::Quota::default()
        };
        let request = pb::UpdateQuotaRequest {
            quota: Some(quota),
            update_mask: None,
        };
        system.admin().update_quota(request).await.unwrap();
    };
    limit(0).await;
    let held = submit(&system, "held", 2).await;
    limit(1).await;
    assert_eq!(caller.ended(&held).await.state(), pb::JobState::Succeeded);
}

#[tokio::test]
async fn both_ports_drain_together() {
    let mut system = System::start().await;
    system::ready(&system.admin_endpoint, "the admin port is ready").await;
    system.api.signal(Signal::Term);
    for endpoint in [&system.endpoint, &system.admin_endpoint] {
        wait::until("readiness is off", || async {
            (system::readiness(endpoint).await != Some(ServingStatus::Serving)).then_some(())
        })
        .await;
    }
    assert_eq!(system.api.exit().await.code(), Some(0), "{}", system.api.log());
}

/// The worker's name, once it has entered itself.
async fn worker_name(system: &System) -> String {
    wait::until("the worker has entered itself", || async {
        let name = system.database.sql("SELECT id FROM worker");
        (!name.is_empty()).then_some(name)
    })
    .await
}

async fn mlts(system: &System, line: &str) -> Output {
    let mut command = tokio::process::Command::from(system.mlts());
    command.args(line.split(' ')).output().await.unwrap()
}

async fn says(system: &System, line: &str) -> String {
    let out = mlts(system, line).await;
    assert!(
        out.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[tokio::test]
async fn mlts_admin_shows_and_changes_all_of_it() {
    let mut system = System::start().await;
    system.add_worker().await;
    let info = says(&system, "admin info").await;
    for part in ["ready", "database", "redis", "queue default: open"] {
        assert!(info.contains(part), "{part} is not in: {info}");
    }
    assert!(says(&system, "admin pause").await.contains("paused since"));
    assert!(says(&system, "admin resume default").await.contains("open"));
    let quota = says(&system, "admin quota --max-running 8").await;
    assert!(quota.contains("0 of 8 jobs running"), "{quota}");
    let json = says(&system, "admin quota --json").await;
    assert!(json.contains("\"etag\":\"quota-8-1000\""), "{json}");
    let late = mlts(&system, "admin quota --max-queued 5 --etag quota-4-1000").await;
    assert!(!late.status.success());
    let id = worker_name(&system).await;
    assert!(says(&system, "admin workers").await.contains("active"));
    assert!(
        says(&system, &format!("admin drain {id}"))
            .await
            .contains("takes no more jobs")
    );
    assert_eq!(system.workers[0].exit().await.code(), Some(0));
    let unknown = mlts(&system, "admin pause nowhere").await;
    assert_eq!(
        unknown.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&unknown.stderr)
    );
}
