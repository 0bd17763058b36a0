//! Workers that pause for longer than their lease and then go on as if nothing had happened.

use super::{Outcome, Scale, hurry, rows_say, runs_in_epoch, stands, system};
use crate::process::Signal;
use crate::scenarios::probe::{Probe, work};
use crate::system::System;
use crate::{invariants, wait};
use mltraining_proto::v1 as pb;
use std::time::Duration;

/// A worker with its children is stopped past its lease, another takes over; continued while the successor still runs, it
/// has every write refused.
pub(super) async fn stopped(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 8);
    let mut system = system(&[]).await;
    for round in 0..rounds {
        let job = Probe::doing(&[work(9000)]).tough().submit_one(&system.database);
        let zombie = paused_with(&mut system, &job).await;
        system.add_worker().await;
        runs_in_epoch(&system.database, &job, 2).await;
        let before = system.stale_writes().len();
        system.workers[zombie].signal_all(Signal::Continue);
        wait::until("the zombie is refused", || async {
            (system.stale_writes().len() > before).then_some(())
        })
        .await;
        assert_eq!(
            stands(&system.database, &job),
            "RUNNING|2",
            "round {round}: the successor still runs"
        );
        let violations = invariants::violations_of_rows(&system.database);
        assert!(violations.is_empty(), "{}", invariants::listed(&violations));
        rows_say(
            &system.database,
            "the successor ends",
            &format!("state <> 'RUNNING' FROM job WHERE id = '{job}'"),
        )
        .await;
        assert_eq!(stands(&system.database, &job), "SUCCEEDED|2");
        system.workers.clear();
    }
    Outcome::of(&system, rounds).await
}

/// A worker that runs `job` in its first epoch, stopped with its children. Returns its index.
async fn paused_with(system: &mut System, job: &str) -> usize {
    let worker = system.add_worker().await;
    runs_in_epoch(&system.database, job, 1).await;
    system.workers[worker].signal_all(Signal::Stop);
    worker
}

/// The job of a stopped worker dies of its losses and an operator retries it: the epoch goes on, and the zombie that wakes up
/// beside the new attempt has every write refused.
pub(super) async fn operator_retry(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 5);
    let mut system = system(&[]).await;
    for round in 0..rounds {
        let mut job = Probe::doing(&[work(9000)]);
        job.max_lost = 1;
        let job = job.submit_one(&system.database);
        let zombie = paused_with(&mut system, &job).await;
        system.add_worker().await;
        rows_say(
            &system.database,
            "the job is dead",
            &format!("state = 'DEAD' FROM job WHERE id = '{job}'"),
        )
        .await;
        let request = pb::RetryJobRequest {
            name: format!("projects/default/jobs/{job}"),
            ..Default::default()
        };
        let retried = system.caller().jobs.clone().retry_job(request).await;
        retried.expect("a dead job can be retried");
        runs_in_epoch(&system.database, &job, 2).await;
        let before = system.stale_writes().len();
        system.workers[zombie].signal_all(Signal::Continue);
        wait::until("the zombie is refused", || async {
            (system.stale_writes().len() > before).then_some(())
        })
        .await;
        assert_eq!(
            stands(&system.database, &job),
            "RUNNING|2",
            "round {round}: the new attempt still runs"
        );
        rows_say(
            &system.database,
            "the new attempt ends",
            &format!("state <> 'RUNNING' FROM job WHERE id = '{job}'"),
        )
        .await;
        assert_eq!(stands(&system.database, &job), "SUCCEEDED|2");
        system.workers.clear();
    }
    Outcome::of(&system, rounds).await
}

/// Leases of 1,000 jobs run out at once while many workers reap: each is taken back once, and each job is done.
pub(super) async fn many_reapers(scale: Scale) -> Outcome {
    let (workers, jobs) = scale.of((4, 200), (20, 1000));
    let mut system = system(&[
        ("MLTS_WORKER__REAP_INTERVAL", "100ms"),
        ("MLTS_WORKER__SLOTS", "2"),
    ])
    .await;
    Probe::nothing().submit(&system.database, jobs);
    system.database.sql(
        "WITH taken AS (
           UPDATE job SET state = 'RUNNING', lease_epoch = 1, worker_id = gen_random_uuid(), started_at = now(),
                  heartbeat_at = now(), lease_expires_at = now() - interval '1 second', deadline_at = now() + interval '1 hour'
           RETURNING id, worker_id, started_at)
         INSERT INTO job_attempt (job_id, lease_epoch, worker_id, started_at) SELECT id, 1, worker_id, started_at FROM taken",
    );
    for _ in 0..workers {
        system.add_worker().await;
    }
    rows_say(
        &system.database,
        "no lease is left",
        "NOT EXISTS (SELECT FROM job WHERE lease_epoch = 1 AND state = 'RUNNING')",
    )
    .await;
    hurry(&system.database);
    super::all_ended(
        &system.database,
        wait::PATIENCE + Duration::from_millis(300) * jobs as u32,
    )
    .await;
    let counts = system.database.sql(
        "SELECT count(*), count(*) FILTER (WHERE lost_count = 1 AND lease_epoch = 2 AND state = 'SUCCEEDED') FROM job",
    );
    assert_eq!(
        counts,
        format!("{jobs}|{jobs}"),
        "each lease is taken back once, each job done once"
    );
    let said = system
        .workers
        .iter()
        .flat_map(crate::process::Process::json_lines);
    let taken = said
        .filter(|line| {
            line["message"]
                .as_str()
                .is_some_and(|text| text.starts_with("took a job from a worker"))
        })
        .count();
    assert_eq!(taken, jobs, "each taking is told once");
    Outcome::of(&system, jobs as u32).await
}
