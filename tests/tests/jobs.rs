//! Jobs and the processes that do them.
#![allow(clippy::unwrap_used)]

use futures::stream::{self, StreamExt};
use mltraining_proto::v1 as pb;
use mltraining_signal::{Heard, Limits, Signal as Redis};
use mltraining_tests::caller::Caller;
use mltraining_tests::process::Signal;
use mltraining_tests::system::{self, System};
use mltraining_tests::{data, wait};
use std::time::Duration;
use tonic_health::pb::health_check_response::ServingStatus;

/// Short leases, so that a lost worker is noticed within the patience of a test.
const SHORT_LEASE: &[(&str, &str)] = &[
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "500ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "500ms"),
    ("MLTS_WORKER__POLL_MIN", "200ms"),
    ("MLTS_WORKER__POLL_MAX", "500ms"),
];

/// Violations of the invariants that hold at every moment; all zero.
const VIOLATIONS: &str = "
    SELECT (SELECT count(*) FROM (SELECT job_id FROM result WHERE state = 'COMMITTED' GROUP BY 1 HAVING count(*) > 1) x)
         + (SELECT count(*) FROM job j WHERE (j.state = 'SUCCEEDED') <> EXISTS (
              SELECT 1 FROM result r WHERE r.id = j.result_id AND r.state = 'COMMITTED' AND r.lease_epoch = j.lease_epoch))
         + (SELECT count(*) FROM job_attempt a JOIN job j ON j.id = a.job_id
              WHERE a.ended_at IS NULL AND NOT (j.state = 'RUNNING' AND a.lease_epoch = j.lease_epoch))
         + (SELECT count(*) FROM job j WHERE j.lease_epoch <> (SELECT count(*) FROM job_attempt a WHERE a.job_id = j.id))";

/// Submits a short training of `trees` trees.
async fn submit(caller: &Caller, model: &str, trees: i32) -> String {
    submit_training(caller, data::training(model, 240, trees)).await
}

/// Submits a training, again while the service says that it cannot answer now: under the load of all tests its connections are not
/// made in time. The id of the request makes it one job all the same.
async fn submit_training(caller: &Caller, training: pb::TrainModelRequest) -> String {
    let request = pb::TrainModelRequest {
        request_id: uuid::Uuid::new_v4().to_string(),
        ..training
    };
    wait::until("the job is taken", || async {
        match caller.training.clone().train_model(request.clone()).await {
            Ok(job) => Some(job.into_inner().name),
            Err(status) if status.code() == tonic::Code::Unavailable => None,
            Err(status) => panic!("the job is refused: {status}"),
        }
    })
    .await
}

async fn running(caller: &Caller, name: &str) -> pb::Job {
    wait::until("the job fits its model", || async {
        let request = pb::GetJobRequest {
            name: name.into(),
            ..Default::default()
        };
        let job = caller.jobs.clone().get_job(request).await.ok()?.into_inner();
        let fits = job
            .progress
            .as_ref()
            .is_some_and(|p| p.phase() == pb::WorkPhase::Fit);
        (job.state() == pb::JobState::Running && fits).then_some(job)
    })
    .await
}

#[tokio::test]
async fn no_transaction_is_open_while_a_job_trains() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let name = submit_training(&caller, data::training("m", 900, 10_000)).await;
    running(&caller, &name).await;
    for _ in 0..20 {
        // One statement, so that the job still fits while the transactions are looked at. Heartbeats and progress have
        // transactions of their own, which last for milliseconds.
        let seen = system.database.sql(
            "SELECT state, progress ->> 'phase', (
                      SELECT string_agg(concat_ws(' ', application_name, a.state, query), '; ') FROM pg_stat_activity a
                       WHERE datname = current_database() AND pid <> pg_backend_pid()
                         AND xact_start < clock_timestamp() - interval '1 second')
               FROM job",
        );
        assert_eq!(
            seen, "RUNNING|FIT|",
            "state, phase, transactions open for more than a second"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    caller
        .jobs
        .clone()
        .cancel_job(pb::CancelJobRequest {
            name,
            ..Default::default()
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn two_workers_do_two_hundred_jobs_each_once() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.database.sql("UPDATE project SET max_running = 16");
    for _ in 0..2 {
        system.add_worker_with(&[("MLTS_WORKER__SLOTS", "2")]).await;
    }
    let submits = (0..200).map(|i| {
        let caller = caller.clone();
        async move { submit(&caller, &format!("m{}", i % 10), 2).await }
    });
    let names: Vec<String> = stream::iter(submits).buffer_unordered(16).collect().await;
    wait::until("all jobs have ended", || async {
        (system
            .database
            .count("SELECT count(*) FROM job WHERE finished_at IS NULL")
            == 0)
            .then_some(())
    })
    .await;
    let counts = system.database.sql(
        "SELECT count(*), count(*) FILTER (WHERE state = 'SUCCEEDED'), max(lease_epoch), min(lease_epoch) FROM job",
    );
    assert_eq!(counts, "200|200|1|1", "each job has one attempt and succeeds");
    assert_eq!(system.database.count("SELECT count(*) FROM model_version"), 200);
    assert_eq!(
        system
            .database
            .count("SELECT count(DISTINCT worker_id) FROM job_attempt"),
        2,
        "both workers worked"
    );
    assert_eq!(names.len(), 200);
    assert_eq!(system.database.count(VIOLATIONS), 0);
}

#[tokio::test]
async fn a_worker_tells_of_a_job_that_it_has_taken_and_of_its_end() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 2, 240);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let redis = std::env::var("REDIS_URL").unwrap().into();
    let signal = Redis::connect(&redis, system.stream(), Limits::default()).unwrap();
    let mut listener = signal.listen_for_changes();
    listener.ready().await;
    // Words are best effort: on a busy machine one may be late, so that another job is tried.
    let told_twice = async {
        loop {
            let name = submit(&caller, "told", 2).await;
            let words = async {
                let mut told = 0;
                while told < 2 {
                    let heard = listener.next().await;
                    told +=
                        i32::from(matches!(heard, Heard::Events(job) if name.ends_with(&job.to_string())));
                }
            };
            if tokio::time::timeout(Duration::from_secs(10), words).await.is_ok() {
                return;
            }
        }
    };
    let told = tokio::time::timeout(wait::PATIENCE, told_twice).await;
    told.expect("the worker tells of a job, once it has it and once it has ended");
}

#[tokio::test]
async fn a_job_whose_worker_is_killed_is_finished_by_the_other() {
    let mut system = System::start_with(SHORT_LEASE).await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    let first = system.add_worker().await;
    let job = submit(&caller, "survivor", 6000).await;
    running(&caller, &job).await;
    system.workers[first].signal(Signal::Kill);
    system.workers[first].exit().await;
    let second = system.add_worker().await;
    let other = system.database.sql("SELECT worker_id FROM job");
    let retaken = wait::until("the other worker takes the job", || async {
        let request = pb::GetJobRequest {
            name: job.clone(),
            ..Default::default()
        };
        let now = caller.jobs.clone().get_job(request).await.ok()?.into_inner();
        (now.attempt == 2).then_some(now)
    })
    .await;
    assert_ne!(
        system.database.sql("SELECT worker_id FROM job"),
        other,
        "{retaken:?}"
    );
    let job = caller.ended(&job).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    assert_eq!(job.attempts.len(), 2);
    assert_eq!(job.attempts[0].outcome(), pb::AttemptOutcome::Lost);
    assert_eq!(system.database.count(VIOLATIONS), 0);
    assert!(system.workers[second].is_running());
}

#[tokio::test]
async fn a_cancel_reaches_into_the_fit() {
    let mut system = System::start_with(SHORT_LEASE).await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let name = submit(&caller, "cancelled", 10_000).await;
    running(&caller, &name).await;
    let request = pb::CancelJobRequest {
        name: name.clone(),
        reason: "changed my mind".into(),
        ..Default::default()
    };
    caller.jobs.clone().cancel_job(request).await.unwrap();
    let job = caller.ended(&name).await;
    assert_eq!(job.state(), pb::JobState::Cancelled);
    assert_eq!(job.cancel_reason, "changed my mind");
    assert_eq!(system.database.count("SELECT count(*) FROM model_version"), 0);
    assert_eq!(system.database.count(VIOLATIONS), 0);
}

#[tokio::test]
async fn a_job_ends_while_a_longer_one_runs_beside_it() {
    let mut system = System::start_with(SHORT_LEASE).await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system
        .add_worker_with(&[("MLTS_WORKER__SLOTS", "2"), ("MLTS_WORKER__THREADS", "2")])
        .await;
    let short = submit(&caller, "short", 2500).await;
    running(&caller, &short).await;
    let long = submit(&caller, "long", 10_000).await;
    assert_eq!(caller.ended(&short).await.state(), pb::JobState::Succeeded);
    let request = pb::GetJobRequest {
        name: long,
        ..Default::default()
    };
    let long = caller.jobs.clone().get_job(request).await.unwrap().into_inner();
    assert_eq!(long.state(), pb::JobState::Running, "the longer one still runs");
}

#[tokio::test]
async fn a_job_that_needs_more_memory_than_its_slot_has_is_refused_with_the_numbers() {
    let mut system = System::start_with(SHORT_LEASE).await;
    data::make_bars(&system.database, 400, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system
        .add_worker_with(&[("MLTS_WORKER__MEMORY_LIMIT_BYTES", "67108864")])
        .await;
    let mut request = data::training("large", 1000, 3);
    let spec = request.spec.as_mut().unwrap();
    spec.features = Some(pb::FeatureSpec {
        sets: vec!["core".into()],
        windows: (2..30)
            .map(|bars| pb::Window {
                length: Some(pb::window::Length::Bars(bars)),
            })
            .collect(),
        ..Default::default()
    });
    let name = caller
        .training
        .clone()
        .train_model(request)
        .await
        .unwrap()
        .into_inner()
        .name;
    let error = caller.ended(&name).await.error.unwrap();
    assert_eq!(error.reason(), pb::ErrorReason::MemoryLimit, "{error:?}");
    assert!(error.message.contains("400000 rows"), "{error:?}");
}

#[tokio::test]
async fn sigterm_drains_both_processes_and_loses_nothing() {
    let mut system = System::start_with(&[
        ("MLTS_WORKER__DRAIN_GRACE", "100ms"),
        SHORT_LEASE[3],
        SHORT_LEASE[4],
    ])
    .await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    let worker = system.add_worker().await;
    let name = submit(&caller, "released", 10_000).await;
    running(&caller, &name).await;
    let waiting = submit(&caller, "waiting", 2).await;

    system.workers[worker].signal(Signal::Term);
    assert_eq!(
        system.workers[worker].exit().await.code(),
        Some(0),
        "{}",
        system.workers[worker].log()
    );
    let row = system
        .database
        .sql("SELECT state, failures + infra_failures + lost_count FROM job WHERE model = 'released'");
    assert_eq!(row, "QUEUED|0", "the running job is given back, uncharged");
    assert_eq!(system.database.sql("SELECT outcome FROM job_attempt"), "RELEASED");

    system.api.signal(Signal::Term);
    wait::until("readiness is off", || async {
        (system::readiness(&system.endpoint).await != Some(ServingStatus::Serving)).then_some(())
    })
    .await;
    assert_eq!(system.api.exit().await.code(), Some(0), "{}", system.api.log());
    let rows = system
        .database
        .sql("SELECT count(*) FROM job WHERE state = 'QUEUED'");
    assert_eq!(rows, "2", "both jobs wait for the next worker: {name} {waiting}");
    assert_eq!(system.database.count(VIOLATIONS), 0);
}

#[tokio::test]
async fn the_hint_alone_wakes_a_worker_after_seconds_of_silence() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    // A poll that never comes within the patience of a test: only the hint can start the job.
    system
        .add_worker_with(&[("MLTS_WORKER__POLL_MIN", "9m"), ("MLTS_WORKER__POLL_MAX", "10m")])
        .await;
    for round in 0..2 {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await; // silence longer than a blocking read's usual timeout
        let name = submit(&caller, &format!("round{round}"), 2).await;
        assert_eq!(caller.ended(&name).await.state(), pb::JobState::Succeeded);
    }
}

#[tokio::test]
async fn jobs_are_done_while_redis_is_away() {
    let dead = format!("redis://127.0.0.1:{}/0", system::free_port());
    let mut system = System::start_with(&[("MLTS_REDIS__URL", &dead), SHORT_LEASE[3], SHORT_LEASE[4]]).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let name = submit(&caller, "poll", 2).await;
    assert_eq!(caller.ended(&name).await.state(), pb::JobState::Succeeded);
}
