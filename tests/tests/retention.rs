//! What workers leave behind and remove: real processes, killed at the worst moment, beside others that sweep all the time.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::database::Database;
use mltraining_tests::process::Signal;
use mltraining_tests::system::System;
use mltraining_tests::{data, wait};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Workers that sweep all the time and keep nothing longer than they must.
const RESTLESS: &[(&str, &str)] = &[
    ("MLTS_RETENTION__INTERVAL", "100ms"),
    ("MLTS_RETENTION__FILES_INTERVAL", "100ms"),
    ("MLTS_RETENTION__ORPHAN_GRACE", "1ms"),
    ("MLTS_RETENTION__JOBS", "1ms"),
    ("MLTS_RETENTION__EVENTS", "1ms"),
    ("MLTS_RETENTION__BATCH", "3"),
];

/// Leases and polls short enough for the patience of a test.
const QUICK: &[(&str, &str)] = &[
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "500ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "500ms"),
    ("MLTS_WORKER__POLL_MIN", "100ms"),
    ("MLTS_WORKER__POLL_MAX", "200ms"),
];

/// A session that holds a lock until it is dropped.
struct Lock(Child);

impl Lock {
    /// Lets nobody write to `result`: attempts put their files and wait before they enter them.
    fn on_results(database: &Database) -> Self {
        let mut session = Command::new("psql")
            .args([&database.url(), "-qXAt"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let text = b"begin; lock table result in share mode; select 'locked';\n";
        session.stdin.as_mut().unwrap().write_all(text).unwrap();
        let mut line = String::new();
        BufReader::new(session.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), "locked");
        Self(session)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn submit(caller: &Caller, model: &str) -> String {
    let request = data::training(model, 240, 2);
    let job = caller
        .training
        .clone()
        .train_model(request)
        .await
        .expect("the job is taken");
    job.into_inner().name
}

async fn furnished() -> (System, Caller) {
    let system = System::start_with(QUICK).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    (system, caller)
}

/// The folder of an attempt's files.
fn folder(system: &System, job: &str, epoch: u32) -> PathBuf {
    let id = job.rsplit('/').next().unwrap();
    system
        .folder
        .path()
        .join(format!("artifacts/default/{id}/{epoch}"))
}

fn holds(folder: &Path, file: &str) -> bool {
    folder.join(file).exists()
}

async fn until(what: &str, probe: impl Fn() -> bool) {
    wait::until(what, || async { probe().then_some(()) }).await;
}

/// Waits until the attempt has put its files, which are not entered while results are locked.
async fn until_put(system: &System, folder: &Path) {
    until("the files are put", || {
        holds(folder, "model.mlts") && holds(folder, "metrics.json")
    })
    .await;
    assert_eq!(
        system.database.count("SELECT count(*) FROM result"),
        0,
        "nothing is entered"
    );
}

/// A job that failed long ago, with a file that no row names and half a file; returns its folder.
fn litter(system: &System) -> PathBuf {
    let id = system.database.sql(
        "WITH made AS (INSERT INTO job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end,
           horizon, created_by, state, event_seq, lease_epoch, started_at, finished_at, error_code, error_message, created_at)
         SELECT gen_random_uuid(), 'default', 'default', 'TRAIN', '{}', 1, 'm', 'bars', 'epoch', now(), '1 s', 'x', 'FAILED', 0, 1,
           now(), now() + interval '1 hour', 'INTERNAL', 'x', now() RETURNING id)
         SELECT id FROM made",
    );
    system.database.sql(&format!(
        "INSERT INTO job_attempt (job_id, lease_epoch, worker_id, started_at, ended_at, outcome)
         VALUES ('{id}', 1, '{id}', now(), now(), 'FAILED')"
    ));
    let folder = system.folder.path().join(format!("artifacts/default/{id}/1"));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["model.mlts", "metrics.json#1"] {
        std::fs::write(folder.join(name), "left behind").unwrap();
    }
    folder
}

/// Waits until sweeps that began after this call have walked through the whole storage.
async fn until_swept(system: &System) {
    for _ in 0..2 {
        let litter = litter(system);
        until("the litter is gone", || !litter.exists()).await;
    }
}

/// Every file that a row names is there, whole.
async fn files_are_whole(system: &System, job: &str, epoch: u32) {
    let folder = folder(system, job, epoch);
    let rows = system
        .database
        .sql("SELECT storage_key, encode(sha256, 'hex') FROM artifact ORDER BY 1");
    let mut seen = 0;
    for (key, sha256) in rows.lines().map(|line| line.split_once('|').unwrap()) {
        let path = system.folder.path().join("artifacts").join(key);
        if path.starts_with(&folder) {
            let found: String = Sha256::digest(std::fs::read(&path).unwrap())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(found, sha256, "{key}");
            seen += 1;
        }
    }
    assert_eq!(seen, 7, "each file of a training: {rows}");
}

#[tokio::test]
async fn what_a_worker_put_and_never_entered_because_it_was_killed_is_swept_away() {
    let (mut system, caller) = furnished().await;
    let first = system.add_worker().await;
    let lock = Lock::on_results(&system.database);
    let job = submit(&caller, "killed").await;
    let (lost, kept) = (folder(&system, &job, 1), folder(&system, &job, 2));
    until_put(&system, &lost).await;
    system.workers[first].signal(Signal::Kill);
    system.workers[first].exit().await;
    until("Postgres has noticed, and enters nothing for the dead", || {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        system.database.count(waiting) == 0
    })
    .await;
    drop(lock);
    assert!(holds(&lost, "model.mlts"), "nobody has swept yet");
    let second = system.add_worker_with(RESTLESS).await;
    let ended = caller.ended(&job).await;
    assert_eq!(
        (ended.state(), ended.attempt),
        (pb::JobState::Succeeded, 2),
        "{:?}",
        ended.error
    );
    until("the files of the lost attempt are gone", || !lost.exists()).await;
    until_swept(&system).await;
    assert!(kept.exists());
    files_are_whole(&system, &job, 2).await;
    assert!(system.workers[second].is_running());
}

#[tokio::test]
async fn a_sweep_beside_a_running_attempt_removes_nothing_of_it() {
    let (mut system, caller) = furnished().await;
    system.add_worker().await;
    let lock = Lock::on_results(&system.database);
    let job = submit(&caller, "watched").await;
    let running = folder(&system, &job, 1);
    until_put(&system, &running).await;
    let half = running.join("model.mlts#7");
    std::fs::write(&half, "half").unwrap();
    // A worker without work of its own: its lock-free sweep walks through the storage all the time.
    system.add_worker_with(RESTLESS).await;
    until_swept(&system).await;
    assert!(half.exists() && holds(&running, "model.mlts") && holds(&running, "metrics.json"));
    drop(lock);
    let ended = caller.ended(&job).await;
    assert_eq!(
        (ended.state(), ended.attempt),
        (pb::JobState::Succeeded, 1),
        "{:?}",
        ended.error
    );
    until("the half of a file goes once its attempt has ended", || {
        !half.exists()
    })
    .await;
    files_are_whole(&system, &job, 1).await;
}

#[tokio::test]
async fn a_model_outlives_every_retention_and_what_is_over_goes() {
    let (mut system, caller) = furnished().await;
    let job = submit(&caller, "kept").await;
    let cancelled = submit(&caller, "cancelled").await;
    let request = pb::CancelJobRequest {
        name: cancelled.clone(),
        ..Default::default()
    };
    caller.jobs.clone().cancel_job(request).await.unwrap();
    let orphan = litter(&system);
    let id = orphan
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    // One whose file is there, and one whose sweep crashed after its file and before its row.
    system.database.sql(&format!(
        "INSERT INTO result (id, job_id, lease_epoch, project, state) VALUES ('{id}', '{id}', 1, 'default', 'ORPHANED');
         INSERT INTO artifact (result_id, file_name, storage_key, media_type, size_bytes, sha256)
         SELECT '{id}', n, 'default/{id}/1/' || n, 'a/b', 1, sha256('x') FROM unnest(ARRAY['model.mlts', 'gone.json']) n"
    ));
    let foreign = system
        .folder
        .path()
        .join(format!("artifacts/default/{}/1/model.mlts", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    std::fs::write(&foreign, "of another service").unwrap();
    let worker = system.add_worker_with(RESTLESS).await;
    assert_eq!(caller.ended(&job).await.state(), pb::JobState::Succeeded);
    until("the orphaned result and its files are gone", || {
        system
            .database
            .count("SELECT count(*) FROM result WHERE state <> 'COMMITTED'")
            == 0
            && !orphan.exists()
    })
    .await;
    until("the cancelled job and the events are gone", || {
        let rows =
            "SELECT (SELECT count(*) FROM job WHERE state = 'CANCELLED') + (SELECT count(*) FROM job_event)";
        system.database.count(rows) == 0
    })
    .await;
    until_swept(&system).await;
    files_are_whole(&system, &job, 1).await;
    let kept = caller.ended(&job).await;
    assert!(kept.result.is_some());
    assert!(foreign.exists(), "a file of nobody known is left alone");
    assert!(
        system.workers[worker]
            .log()
            .contains("do two services share the folder?")
    );
    system.workers[worker].signal(Signal::Term);
    assert_eq!(
        system.workers[worker].exit().await.code(),
        Some(0),
        "a sweep does not hold up the end"
    );
}

#[tokio::test]
async fn a_model_that_can_no_longer_be_undeleted_leaves_nothing_and_its_name_is_taken_anew() {
    let (mut system, caller) = furnished().await;
    system
        .add_worker_with(&[("MLTS_RETENTION__INTERVAL", "100ms")])
        .await;
    let gone = submit(&caller, "gone").await;
    let kept = submit(&caller, "kept").await;
    for job in [&gone, &kept] {
        assert_eq!(caller.ended(job).await.state(), pb::JobState::Succeeded);
    }
    let name = "projects/default/models/gone".to_owned();
    let request = pb::DeleteModelRequest {
        name,
        ..pb::DeleteModelRequest::default()
    };
    caller.models.clone().delete_model(request).await.unwrap();
    let files = folder(&system, &gone, 1);
    assert!(holds(&files, "model.mlts"), "it can be undeleted");
    system
        .database
        .sql("UPDATE model SET expire_at = deleted_at + interval '1 us' WHERE deleted_at IS NOT NULL");
    until("the model is gone", || {
        system.database.count("SELECT count(*) FROM model") == 1
    })
    .await;
    assert!(!files.exists(), "its files go before its rows");
    assert_eq!(system.database.count("SELECT count(*) FROM job"), 1);
    files_are_whole(&system, &kept, 1).await;
    let version = caller.trained_version(data::training("gone", 240, 2)).await;
    assert_eq!(version.version, 1);
}
