//! Storing what an attempt has made: a disk that is full, and ends in the middle of a file.

use super::kill::assert_all_succeeded;
use super::{Outcome, SWEEPING, Scale, rows_say, stands, system};
use crate::process;
use crate::scenarios::probe::Probe;
use crate::system::System;
use crate::wait;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Bytes of a file that takes long enough to store for an attempt to be killed meanwhile.
const LARGE: u64 = 64 << 20;
/// Attempts that may pass the moment at which they should be killed.
const TRIES: u32 = 20;

/// A file system of its own in memory; unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where nothing can be mounted: only root may.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|out| out.status.success());
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// The disk fills up while artifacts are written: the job is charged to infrastructure and tried again; when there is room it
/// succeeds, and what is committed is whole.
pub(super) async fn disk_full(scale: Scale) -> Outcome {
    let Some(disk) = SmallDisk::mount(8) else {
        return Outcome::skipped("only root can mount the small disk that is to be filled");
    };
    let folder = disk.path().join("artifacts");
    std::fs::create_dir(&folder).expect("the disk is empty");
    let place = folder
        .to_str()
        .expect("a temporary folder's name is text")
        .to_owned();
    let mut system = system(&[
        ("MLTS_ARTIFACTS__DIR", &place),
        ("MLTS_ARTIFACTS__MIN_FREE_BYTES", "0"),
    ])
    .await;
    system.add_worker().await;
    let rounds = scale.of(1, 5);
    let large = Probe::nothing().with("artifact_bytes", json!(300_000)).tough();
    for round in 0..rounds {
        large.submit_one(&system.database);
        super::all_ended(&system.database, wait::PATIENCE).await;
        let filler = disk.path().join("filler");
        std::fs::write(&filler, vec![0; 8 << 20]).expect_err("the disk is smaller than that");
        large.submit(&system.database, 2);
        let charged = "2 = (SELECT count(*) FROM job WHERE infra_failures > 0 AND state <> 'SUCCEEDED')";
        rows_say(&system.database, "both jobs meet the full disk", charged).await;
        let committed = system
            .database
            .count("SELECT count(*) FROM result WHERE state = 'COMMITTED'");
        assert_eq!(
            committed,
            i64::from(round) * 3 + 1,
            "nothing is committed without its file"
        );
        std::fs::remove_file(&filler).expect("the filler is there");
        super::all_ended(&system.database, wait::PATIENCE).await;
    }
    assert_all_succeeded(&system);
    let outcome = Outcome::of(&system, rounds).await;
    drop(system); // before its disk goes
    outcome
}

/// How far an attempt has come with the storing of its file. Killed when the file has its own name and no row knows it: see
/// the step `claims.stage` of `crash_at_each_step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// A part of it is written, under a temporary name.
    Writing,
    /// All of it is written, and perhaps not yet on the disk.
    Syncing,
}

/// The process of an attempt is killed while it stores its file: nothing half done is ever committed, the next attempt
/// succeeds with a file of its own, and what the killed one left is swept away.
pub(super) async fn crash_while_storing(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 5);
    let mut system = system(SWEEPING).await;
    system.add_worker().await;
    let mut runs = 0;
    for _ in 0..rounds {
        for moment in [Moment::Writing, Moment::Syncing] {
            killed_at(&system, moment).await;
            runs += 1;
        }
    }
    assert_all_succeeded(&system);
    let outcome = Outcome::of(&system, runs).await;
    wait::until("only committed files are left", || async {
        let committed = system.database.count(
            "SELECT count(*) FROM artifact a JOIN result r ON r.id = a.result_id WHERE r.state = 'COMMITTED'",
        );
        (files(&system.artifacts()).len() as i64 == committed).then_some(())
    })
    .await;
    outcome
}

/// Lets an attempt be killed at a moment; one that was too quick is followed by another.
async fn killed_at(system: &System, moment: Moment) {
    for _ in 0..TRIES {
        let job = Probe::nothing()
            .with("artifact_bytes", json!(LARGE))
            .submit_one(&system.database);
        let folder = system.artifacts().join("default").join(&job);
        let child = wait::until("the attempt has its process", || async {
            system.workers[0].children().first().copied()
        })
        .await;
        let came = tokio::task::spawn_blocking(move || comes_to(&folder, moment, child)).await;
        let came = came.expect("watching a folder does not panic");
        super::all_ended(&system.database, wait::PATIENCE).await;
        let stands = stands(&system.database, &job);
        if came && stands == "SUCCEEDED|2" {
            return;
        }
        assert_eq!(stands, "SUCCEEDED|1", "{moment:?}");
    }
    panic!("no attempt of {TRIES} was met at {moment:?}");
}

/// Kills the process once its file has come so far; false when it ended before.
fn comes_to(folder: &Path, moment: Moment, process: u32) -> bool {
    let give_up = Instant::now() + wait::PATIENCE;
    while process::lives(process) && Instant::now() < give_up {
        let found = files(folder);
        let temporary = |path: &PathBuf| path.to_string_lossy().contains('#');
        let is_there = match moment {
            Moment::Writing => found
                .iter()
                .any(|(path, size)| temporary(path) && (1..LARGE).contains(size)),
            Moment::Syncing => found.iter().any(|(path, size)| temporary(path) && *size == LARGE),
        };
        if is_there {
            return process::try_kill(process);
        }
        std::thread::park_timeout(Duration::from_micros(100));
    }
    false
}

/// Every file below a folder, with its size; those that go away meanwhile are left out.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            _ => entry
                .metadata()
                .map(|of| (entry.path(), of.len()))
                .into_iter()
                .collect(),
        })
        .collect()
}
