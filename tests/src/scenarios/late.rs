//! Writes that were on their way for longer than the lease: each kind of write of a worker reaches Postgres while the job's
//! next attempt runs.

use super::{Outcome, Scale, refused, rows_say, runs_in_epoch, stands, system};
use crate::caller::Caller;
use crate::proxy::{Action, Protocol, Proxy, Trap, When};
use crate::scenarios::probe::{Probe, fail, work};
use crate::system::System;
use crate::{data, invariants, wait};

/// How long the attempts compute: the next one must still run when the late write comes.
const WORK: u64 = 6000;

/// A heartbeat comes late.
pub(super) async fn late_beat(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    let job = Probe::doing(&[work(WORK)]).tough().submit_one(&system.database);
    late_write(system, &job, "beat", "claims.beat").await
}

/// A progress comes late.
pub(super) async fn late_progress(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    let job = Probe::doing(&[work(WORK)]).tough().submit_one(&system.database);
    late_write(system, &job, "progress", "claims.progress").await
}

/// The staging of a result comes late.
pub(super) async fn late_stage(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    let job = Probe::doing(&[work(WORK)]).tough().submit_one(&system.database);
    late_write(system, &job, "stage", "claims.stage").await
}

/// A finish comes late.
pub(super) async fn late_finish(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    let job = Probe::doing(&[work(WORK)]).tough().submit_one(&system.database);
    late_write(system, &job, "finish", "claims.finish").await
}

/// A failure comes late.
pub(super) async fn late_fail(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    let job = Probe::doing(&[work(WORK), fail("TRANSIENT")]).submit_one(&system.database);
    late_write(system, &job, "fail", "claims.fail").await
}

/// A line of a job's log comes late.
pub(super) async fn late_log(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    let job = training_that_logs(&system, &caller).await;
    late_write(system, &job, "log", "claims.log").await
}

/// A training whose log says which of its entities are absent.
async fn training_that_logs(system: &System, caller: &Caller) -> String {
    let mut request = data::training("late", 900, 4000);
    let spec = request.spec.as_mut().expect("a training has a spec");
    spec.entities = (0..20)
        .map(|e| format!("e{e}"))
        .chain(["absent".to_owned()])
        .collect();
    caller
        .training
        .clone()
        .train_model(request)
        .await
        .expect("the job is taken");
    system.database.sql("SELECT id FROM job")
}

/// A first worker whose heartbeats and whose write at `step` are held on their way; a second one that takes the job over; then
/// the write goes on.
async fn late_write(mut system: System, job: &str, kind: &str, step: &str) -> Outcome {
    let url = system.database.url();
    let proxy = Proxy::to(&url, Protocol::Postgres);
    let held: Vec<Trap> = ["claims.beat", "claims.progress"]
        .into_iter()
        .filter(|other| *other != step)
        .map(|other| proxy.trap(other, When::Before, Action::Hold))
        .collect();
    let write = proxy.trap(step, When::Before, Action::Hold);
    system
        .add_worker_with(&[
            ("MLTS_DATABASE__URL", &proxy.url(&url)),
            ("MLTS_DATABASE__MAX_CONNECTIONS", "10"),
        ])
        .await;
    write.sprung().await;
    assert_eq!(
        stands(&system.database, job),
        "RUNNING|1",
        "the write is held while its lease still stands"
    );
    system.add_worker().await;
    runs_in_epoch(&system.database, job, 2).await;
    if kind == "log" {
        let question = "progress ->> 'phase' = 'FIT' FROM job"; // the successor has written its own line by then
        rows_say(&system.database, "the successor fits its model", question).await;
    }
    let before = row(&system, job);
    write.release();
    refused(&system, kind).await;
    assert_eq!(row(&system, job), before, "the late {kind} changes nothing");
    assert_eq!(
        stands(&system.database, job),
        "RUNNING|2",
        "the successor still runs"
    );
    let violations = invariants::violations_of_rows(&system.database);
    assert!(violations.is_empty(), "{}", invariants::listed(&violations));
    drop(held);
    super::all_ended(&system.database, wait::PATIENCE).await;
    Outcome::of(&system, 1).await
}

/// What a late write could change and the running attempt does not: everything that is written about the first epoch.
fn row(system: &System, job: &str) -> String {
    system.database.sql(&format!(
        "SELECT j.failures, j.infra_failures, j.lost_count, j.worker_id, j.result_id,
                (SELECT count(*) FROM job_event e WHERE e.job_id = j.id AND (e.lease_epoch = 1 OR e.kind = 'log')),
                (SELECT count(*) FROM result r WHERE r.job_id = j.id), a.outcome, a.ended_at
           FROM job j JOIN job_attempt a ON a.job_id = j.id AND a.lease_epoch = 1 WHERE j.id = '{job}'"
    ))
}
