//! Workers that go away: killed, or told to go.

use super::{Outcome, SWEEPING, Scale, all_ended, hurry, rows_say, system};
use crate::process::{self, Signal};
use crate::scenarios::probe::{Probe, sleep, work};
use crate::system::System;
use crate::{data, wait};

/// Workers are killed while they work, one after the other, in a loop; their children go with them, and every job
/// is done. Sweeps go on beside the attempts.
pub(super) async fn kill_loop(scale: Scale) -> Outcome {
    let kills = scale.of(4, 40);
    let mut system = system(&[&[("MLTS_WORKER__SLOTS", "2")], SWEEPING].concat()).await;
    for _ in 0..3 {
        system.add_worker().await;
    }
    let long = Probe::doing(&[work(300), sleep(2500)]).tough();
    for round in 0..kills {
        keep_busy(&system, &long);
        let victim = (round % 3) as usize;
        let id = system.worker_id(victim).expect("a ready worker has told its id");
        let question = format!("EXISTS (SELECT FROM job WHERE state = 'RUNNING' AND worker_id = '{id}')");
        rows_say(&system.database, "the victim has a job", &question).await;
        let children = system.workers[victim].children();
        system.workers[victim].signal(Signal::Kill);
        system.workers[victim].exit().await;
        wait::until("the children of a killed worker go with it", || async {
            (!children.iter().any(|child| process::lives(*child))).then_some(())
        })
        .await;
        system.add_worker().await;
        system.workers.swap_remove(victim);
    }
    all_ended(&system.database, wait::PATIENCE * 2).await;
    let lost = system
        .database
        .count("SELECT count(*) FROM job_attempt WHERE outcome = 'LOST'");
    assert!(
        lost >= i64::from(kills),
        "{lost} attempts were lost in {kills} kills"
    );
    assert_all_succeeded(&system);
    Outcome::of(&system, kills).await
}

/// Enough waiting jobs that a killed worker always had some.
fn keep_busy(system: &System, job: &Probe) {
    let open = system
        .database
        .count("SELECT count(*) FROM job WHERE finished_at IS NULL");
    if open < 10 {
        job.submit(&system.database, 6);
    }
    hurry(&system.database);
}

/// A training is killed in its middle, again and again; another worker ends it, with one version of its model.
pub(super) async fn kill_mid_train(scale: Scale) -> Outcome {
    let kills = scale.of(1, 5);
    let mut system = system(&[]).await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    let request = data::training("survivor", 900, 2500);
    caller
        .training
        .clone()
        .train_model(request)
        .await
        .expect("the job is taken");
    system.database.sql("UPDATE job SET max_lost = 100");
    for epoch in 1..=kills {
        system.add_worker().await;
        let question =
            format!("EXISTS (SELECT FROM job WHERE lease_epoch = {epoch} AND progress ->> 'phase' = 'FIT')");
        rows_say(&system.database, "the training fits its model", &question).await;
        let mut victim = system.workers.remove(0);
        victim.signal(Signal::Kill);
        victim.exit().await;
    }
    system.add_worker().await;
    all_ended(&system.database, wait::PATIENCE * 2).await;
    assert_eq!(
        system
            .database
            .sql("SELECT state, lease_epoch, lost_count FROM job"),
        format!("SUCCEEDED|{}|{kills}", kills + 1)
    );
    assert_eq!(system.database.count("SELECT count(*) FROM model_version"), 1);
    Outcome::of(&system, kills).await
}

/// SIGTERM while a training and a probe run: both go back uncharged, the worker exits 0, another one ends them.
pub(super) async fn sigterm(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 5);
    let mut system = system(&[("MLTS_WORKER__SLOTS", "2")]).await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    for round in 0..rounds {
        system.add_worker().await;
        let request = data::training("released", 900, 2500);
        caller
            .training
            .clone()
            .train_model(request)
            .await
            .expect("the job is taken");
        Probe::doing(&[work(5000)]).submit_one(&system.database);
        let two_run = "2 = (SELECT count(*) FROM job WHERE state = 'RUNNING' AND progress IS NOT NULL)";
        rows_say(&system.database, "both jobs run", two_run).await;
        let mut worker = system.workers.remove(0);
        worker.signal(Signal::Term);
        assert_eq!(
            worker.exit().await.code(),
            Some(0),
            "round {round}: {}",
            worker.log()
        );
        let rows = system.database.sql(
            "SELECT string_agg(DISTINCT j.state || ' ' || j.failures + j.infra_failures + j.lost_count || ' ' || a.outcome, ', ')
               FROM job j JOIN job_attempt a ON a.job_id = j.id AND a.lease_epoch = j.lease_epoch
              WHERE j.finished_at IS NULL",
        );
        assert_eq!(rows, "QUEUED 0 RELEASED", "both go back, uncharged");
        system.add_worker().await;
        all_ended(&system.database, wait::PATIENCE).await;
        system.workers.clear();
    }
    assert_all_succeeded(&system);
    Outcome::of(&system, rounds).await
}

/// Every job of the system has succeeded.
pub(super) fn assert_all_succeeded(system: &System) {
    let others = system.database.sql(
        "SELECT state, error_code, error_message, count(*) FROM job WHERE state <> 'SUCCEEDED' GROUP BY 1, 2, 3",
    );
    assert_eq!(others, "", "jobs that did not succeed");
}

/// All cores are busy for ten leases: no lease is lost.
pub(super) async fn cpu_saturated(scale: Scale) -> Outcome {
    let leases: u32 = scale.of(5, 12);
    let mut system = system(&[("MLTS_WORKER__SLOTS", "2")]).await;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let burning = Burn::start(4 * cores);
    system.add_worker().await;
    system.add_worker().await;
    let time = super::LEASE * leases;
    let millis = time.as_millis() as u64;
    Probe::doing(&[work(millis)]).submit(&system.database, 4);
    all_ended(&system.database, time + wait::PATIENCE).await;
    drop(burning);
    assert_all_succeeded(&system);
    assert_eq!(
        system.database.sql("SELECT max(lease_epoch) FROM job"),
        "1",
        "no lease is lost while all cores are busy"
    );
    assert_eq!(system.stale_writes(), [""; 0], "and none is said to be");
    Outcome::of(&system, leases).await
}

/// Threads that do nothing but compute.
struct Burn(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Burn {
    fn start(threads: usize) -> Self {
        use std::sync::atomic::{AtomicBool, Ordering};
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        for _ in 0..threads {
            let stop = std::sync::Arc::clone(&stop);
            std::thread::spawn(move || {
                let mut x = 1_u64;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..10_000 {
                        x = std::hint::black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
                    }
                }
            });
        }
        Self(stop)
    }
}

impl Drop for Burn {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
