//! Backup, restore, and the check of rows against files, with the scripts of deploy/backup and real processes.
#![allow(clippy::unwrap_used)]

use mltraining_tests::data;
use mltraining_tests::database::Database;
use mltraining_tests::process::Signal;
use mltraining_tests::roles::Login;
use mltraining_tests::system::System;
use mltraining_tests::wait;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Short leases, so that a job that ran when the backup was made is soon another worker's.
const SHORT_LEASE: &[(&str, &str)] = &[
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "500ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "500ms"),
    ("MLTS_WORKER__POLL_MIN", "200ms"),
    ("MLTS_WORKER__POLL_MAX", "500ms"),
];

/// Runs a script of deploy/backup.
fn script(name: &str, database: &Database, artifacts: &Path, arguments: &[&Path]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy/backup")
        .join(name);
    Command::new(script)
        .env("DATABASE_URL", database.url())
        .env("ARTIFACTS_DIR", artifacts)
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// Exit code and output of `api-server fsck`.
fn fsck(system: &System, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = system.command("api-server", Login::Api);
    let output = command
        .env("MLTS_LOG__LEVEL", "warn")
        .args(["fsck", "--grace", "1ms"])
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), said(&output))
}

/// Where the model files of all versions lie, and the sha256 that the facts of each version promise.
fn model_files(system: &System) -> Vec<(PathBuf, String)> {
    let rows = system.database.sql(
        "SELECT a.storage_key, v.facts ->> 'model_sha256' FROM model_version v
           JOIN artifact a ON a.result_id = v.result_id AND a.file_name = 'model.mlts' ORDER BY v.model, v.version",
    );
    let row = |line: &str| {
        let (key, sha256) = line.split_once('|').unwrap();
        (system.artifacts().join(key), sha256.to_owned())
    };
    rows.lines().map(row).collect()
}

fn sha256(file: &Path) -> String {
    let digest = Sha256::digest(std::fs::read(file).unwrap());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a version says of one row.
fn prediction(system: &System) -> String {
    let words = ["predict", "first@1", "--entity", "e1", "--at", "2026-01-01 03:00"];
    system.says(0, &words)
}

/// A system with three model versions and a training that runs for a while, and the name of its job.
async fn busy_system() -> (System, String) {
    let mut system = System::start_with(SHORT_LEASE).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    for model in ["first", "first", "second"] {
        caller.trained(data::training(model, 240, 5)).await;
    }
    let long = data::training("long", 280, 4000);
    let long = caller.training.clone().train_model(long).await.unwrap();
    wait::until("the long training runs", || async {
        let running = "SELECT count(*) FROM job WHERE state = 'RUNNING'";
        (system.database.count(running) == 1).then_some(())
    })
    .await;
    (system, long.into_inner().name)
}

/// What a backup holds, in an empty database and an empty folder, served by new processes.
async fn restored(backup: &Path, artifacts: &Path) -> System {
    let database = Database::create();
    let output = script("restore.sh", &database, artifacts, &[backup]);
    assert!(output.status.success(), "{}", said(&output));
    let folder = [("MLTS_ARTIFACTS__DIR", artifacts.to_str().unwrap())];
    System::start_on(database, &[SHORT_LEASE, &folder].concat()).await
}

#[tokio::test]
async fn what_was_backed_up_under_load_is_there_after_a_wipe_and_goes_on() {
    let (mut system, long) = busy_system().await;
    let before = prediction(&system);
    let backups = tempfile::tempdir().unwrap();
    let output = script(
        "backup.sh",
        &system.database,
        &system.artifacts(),
        &[backups.path()],
    );
    assert!(output.status.success(), "{}", said(&output));
    let backup = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    system.caller().trained(data::training("after", 240, 5)).await;
    let full = script("restore.sh", &system.database, &system.artifacts(), &[&backup]);
    assert!(
        !full.status.success() && said(&full).contains("empty"),
        "{}",
        said(&full)
    );
    system.workers[0].end_with(Signal::Kill);
    system.stop_api(Signal::Kill).await;
    drop(system);

    let folder = tempfile::tempdir().unwrap();
    let mut system = restored(&backup, &folder.path().join("artifacts")).await;
    let files = model_files(&system);
    assert_eq!(files.len(), 3, "what was trained after the backup is gone");
    for (file, promised) in files {
        assert_eq!(sha256(&file), promised, "{}", file.display());
    }
    let (code, text) = fsck(&system, &[]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(prediction(&system), before);
    system.add_worker().await;
    let job = system.caller().ended(&long).await;
    assert_eq!(
        job.state().as_str_name(),
        "JOB_STATE_SUCCEEDED",
        "{:?}",
        job.error
    );
    let (code, text) = fsck(&system, &[]);
    assert_eq!(code, Some(0), "{text}");
}

#[tokio::test]
async fn a_file_that_is_not_what_its_row_says_is_found_and_so_is_one_without_a_row() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 2, 300);
    data::register_bars(&system.caller()).await;
    system.add_worker().await;
    system.caller().trained(data::training("m", 240, 5)).await;
    let (file, _) = model_files(&system).remove(0);
    let good = std::fs::read(&file).unwrap();
    assert_eq!(fsck(&system, &[]).0, Some(0));

    std::fs::remove_file(&file).unwrap();
    finds(&system, &[], 65, "model.mlts: is missing");
    finds(&system, &["--check", "size"], 65, "model.mlts: is missing");
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    std::fs::write(&file, &flipped).unwrap();
    finds(&system, &[], 65, "model.mlts: its sha256 is ");
    assert_eq!(fsck(&system, &["--check", "size"]).0, Some(0), "nothing was read");
    std::fs::write(&file, [&good[..], b"x"].concat()).unwrap();
    finds(
        &system,
        &["--check", "size"],
        65,
        &format!("has {} bytes, {} were stored", good.len() + 1, good.len()),
    );
    std::fs::write(&file, &good).unwrap();
    assert_eq!(fsck(&system, &[]).0, Some(0));

    let beside = file.with_file_name("left.bin");
    std::fs::write(&beside, "x").unwrap();
    finds(&system, &[], 1, "left.bin: no row names it");
    std::fs::remove_file(&beside).unwrap();
    let elsewhere = system
        .artifacts()
        .join("default/00000000-0000-4000-8000-000000000000/1");
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("model.mlts"), "x").unwrap();
    finds(
        &system,
        &[],
        1,
        "model.mlts: of an attempt that this database never had",
    );
    std::fs::remove_dir_all(elsewhere.parent().unwrap()).unwrap();
    std::fs::write(system.artifacts().join("notes.txt"), "x").unwrap();
    finds(&system, &[], 1, "notes.txt: is no file of this service");
}

/// The check ends with this code and says this, and nothing else but what it always says.
fn finds(system: &System, arguments: &[&str], code: i32, what: &str) {
    let (found, text) = fsck(system, arguments);
    assert_eq!(found, Some(code), "{text}");
    assert!(text.contains(what), "{text}");
    assert_eq!(
        text.lines().count(),
        3,
        "one finding, the count, the reason: {text}"
    );
}
