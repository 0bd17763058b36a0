//! A disk that is full.

use super::kill::assert_all_succeeded;
use super::{Outcome, Scale, rows_say, system};
use crate::scenarios::probe::Probe;
use crate::wait;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

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
    let Some(disk) = SmallDisk::mount(4) else {
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
    let large = Probe::nothing().with("artifact_bytes", json!(300_000));
    for round in 0..rounds {
        large.submit_one(&system.database);
        super::all_ended(&system.database, wait::PATIENCE).await;
        let filler = disk.path().join("filler");
        std::fs::write(&filler, vec![0; 4 << 20]).expect_err("the disk is smaller than that");
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
