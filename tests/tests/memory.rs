//! Slots by memory: small jobs run side by side, large ones wait for room, for a larger worker, or fail with the numbers.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::probe::{self, PROBES};
use mltraining_tests::process::Signal;
use mltraining_tests::system::System;
use mltraining_tests::wait;
use serde_json::json;

const MIB: u64 = 1 << 20;

const SETTINGS: &[(&str, &str)] = &[
    PROBES,
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "300ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "300ms"),
    ("MLTS_WORKER__LARGE_WORKER_GRACE", "6s"),
    ("MLTS_WORKER__POLL_MIN", "50ms"),
    ("MLTS_WORKER__POLL_MAX", "100ms"),
];

const GIB: (&str, &str) = ("MLTS_WORKER__MEMORY_LIMIT_BYTES", "1073741824");
const QUARTER: (&str, &str) = ("MLTS_WORKER__MEMORY_LIMIT_BYTES", "268435456");

/// A job that needs so much memory and then waits to be cancelled, or ends at once.
fn job(system: &System, mib: u64, millis: u64) -> String {
    let spec = json!({"memory_bytes": mib * MIB, "steps": [{"do": "sleep", "millis": millis}]});
    probe::submit(&system.database, &spec)
}

const FOREVER: u64 = 600_000;

async fn cancel(system: &System, id: &str) {
    let request = pb::CancelJobRequest {
        name: format!("projects/default/jobs/{id}"),
        ..Default::default()
    };
    system.caller().jobs.clone().cancel_job(request).await.unwrap();
}

/// Waits until a job was given back once because it needs so much.
async fn handed_back(system: &System, id: &str, mib: u64) {
    wait::until("the job is given back", || async {
        let row = system.database.sql(&format!(
            "SELECT memory_bytes, failures + infra_failures + lost_count, outcome
               FROM job JOIN job_attempt a ON a.job_id = id WHERE id = '{id}' AND a.lease_epoch = 1"
        ));
        (row == format!("{}|0|RELEASED", mib * MIB)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn small_jobs_run_side_by_side_and_a_large_one_waits_until_there_is_room() {
    let mut system = System::start_with(SETTINGS).await;
    system.add_worker_with(&[GIB, ("MLTS_WORKER__SLOTS", "4")]).await;
    let small: Vec<String> = (0..3).map(|_| job(&system, 300, FOREVER)).collect();
    for id in &small {
        probe::until_state(&system.database, id, "RUNNING").await;
    }
    let large = job(&system, 500, 10);
    handed_back(&system, &large, 500).await;
    let beside = job(&system, 100, 10);
    let row = probe::ended(&system.database, &beside, "state, lease_epoch").await;
    assert_eq!(row, "SUCCEEDED|1", "one that fits passes the large one");
    cancel(&system, &small[0]).await;
    probe::until_state(&system.database, &small[0], "CANCELLED").await;
    let row = format!("SELECT state, lease_epoch FROM job WHERE id = '{large}'");
    assert_eq!(
        system.database.sql(&row),
        "QUEUED|1",
        "400 MiB are free, and it is not tried in vain"
    );
    cancel(&system, &small[1]).await;
    let row = probe::ended(
        &system.database,
        &large,
        "state, lease_epoch, failures + infra_failures + lost_count",
    )
    .await;
    assert_eq!(row, "SUCCEEDED|2|0");
    let row = system.database.sql(&format!(
        "SELECT state, lease_epoch FROM job WHERE id = '{}'",
        small[2]
    ));
    assert_eq!(row, "RUNNING|1", "the third small one was not disturbed");
}

#[tokio::test]
async fn a_job_too_large_for_one_worker_is_done_by_a_larger_one_that_lives() {
    let mut system = System::start_with(SETTINGS).await;
    system.add_worker_with(&[GIB]).await;
    let busy = job(&system, 1, FOREVER);
    probe::until_state(&system.database, &busy, "RUNNING").await;
    let larger = system.database.sql("SELECT worker_id FROM job");
    system.add_worker_with(&[QUARTER]).await;
    let large = job(&system, 512, 10);
    handed_back(&system, &large, 512).await;
    cancel(&system, &busy).await;
    let row = probe::ended(&system.database, &large, "state, lease_epoch").await;
    assert_eq!(row, "SUCCEEDED|2");
    let by = format!("SELECT worker_id FROM job_attempt WHERE job_id = '{large}' AND lease_epoch = 2");
    assert_eq!(system.database.sql(&by), larger);
}

#[tokio::test]
async fn a_job_too_large_for_every_worker_fails_with_the_numbers() {
    let mut system = System::start_with(SETTINGS).await;
    system
        .add_worker_with(&[QUARTER, ("MLTS_WORKER__SLOTS", "2")])
        .await;
    let large = job(&system, 512, 10);
    let row = probe::ended(
        &system.database,
        &large,
        "state, error_class, error_code, lease_epoch, error_message",
    )
    .await;
    assert!(row.starts_with("FAILED|RESOURCE|MEMORY_LIMIT|1|"), "{row}");
    assert!(row.contains("512 MiB") && row.contains("256 MiB"), "{row}");
    let all = job(&system, 256, 10);
    assert_eq!(
        probe::ended(&system.database, &all, "state").await,
        "SUCCEEDED",
        "no slot has a share of its own"
    );
}

#[tokio::test]
async fn a_job_that_waits_for_a_larger_worker_which_vanishes_for_good_ends_all_the_same() {
    let mut system = System::start_with(SETTINGS).await;
    let larger = system.add_worker_with(&[GIB]).await;
    let busy = job(&system, 1, FOREVER);
    probe::until_state(&system.database, &busy, "RUNNING").await;
    // It takes over the busy job as well, whose lease is over before the grace is.
    system
        .add_worker_with(&[QUARTER, ("MLTS_WORKER__SLOTS", "2")])
        .await;
    let large = job(&system, 512, 10);
    handed_back(&system, &large, 512).await;
    system.workers[larger].signal(Signal::Kill);
    let row = probe::ended(
        &system.database,
        &large,
        "state, error_class, error_code, error_message",
    )
    .await;
    assert!(row.starts_with("FAILED|RESOURCE|MEMORY_LIMIT|"), "{row}");
    assert!(row.contains("512 MiB") && row.contains("256 MiB"), "{row}");
}

#[tokio::test]
async fn a_large_job_that_waits_outlives_the_restart_of_the_large_worker() {
    let mut system = System::start_with(SETTINGS).await;
    let patient = ("MLTS_WORKER__LARGE_WORKER_GRACE", "10m");
    let brisk = ("MLTS_WORKER__DRAIN_GRACE", "0ms");
    let larger = system.add_worker_with(&[GIB, patient, brisk]).await;
    let busy = job(&system, 1, FOREVER);
    probe::until_state(&system.database, &busy, "RUNNING").await;
    system.add_worker_with(&[QUARTER, patient]).await;
    let large = job(&system, 512, 10);
    handed_back(&system, &large, 512).await;
    system.workers[larger].signal(Signal::Term);
    let code = system.workers[larger].exit().await.code();
    assert_eq!(code, Some(0), "{}", system.workers[larger].log());
    // The small worker has claimed what the large one gave back, so it has looked past the large job since.
    probe::until_state(&system.database, &busy, "RUNNING").await;
    cancel(&system, &busy).await;
    let after = job(&system, 1, 10);
    assert_eq!(probe::ended(&system.database, &after, "state").await, "SUCCEEDED");
    let row = format!("SELECT state, lease_epoch FROM job WHERE id = '{large}'");
    assert_eq!(
        system.database.sql(&row),
        "QUEUED|1",
        "it waits while no large worker runs"
    );
    system.add_worker_with(&[GIB, patient]).await;
    let row = probe::ended(&system.database, &large, "state, lease_epoch").await;
    assert_eq!(row, "SUCCEEDED|2");
}
