//! Writes that were on their way for longer than the lease: each kind of write of a worker reaches Postgres while the job's
//! next attempt runs.

use super::{Outcome, Scale, refused, rows_say, runs_in_epoch, stands, system};
use crate::caller::Caller;
use crate::process::Signal;
use crate::proxy::{Action, Protocol, Proxy, Trap, When};
use crate::scenarios::probe::{Probe, fail, work};
use crate::system::System;
use crate::{data, invariants, wait};

/// How long the attempts compute: the next one must still run when the late write comes.
const WORK: u64 = 6000;

/// Longer than a scenario: writes on the way must come while the first attempt still computes. The job is cancelled in the end.
const ENDLESS: u64 = 600_000;

/// A heartbeat comes late.
pub(super) async fn late_beat(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    let job = Probe::doing(&[work(ENDLESS)])
        .tough()
        .submit_one(&system.database);
    late_write(system, &job, "beat", "claims.beat").await
}

/// A progress comes late.
pub(super) async fn late_progress(_scale: Scale) -> Outcome {
    let system = system(&[]).await;
    let job = Probe::doing(&[work(ENDLESS)])
        .tough()
        .submit_one(&system.database);
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
    let proxy = Proxy::to(&system.database.url(), Protocol::Postgres);
    let held: Vec<Trap> = ["claims.beat", "claims.progress"]
        .into_iter()
        .filter(|other| *other != step)
        .map(|other| proxy.trap(other, When::Before, Action::Hold))
        .collect();
    let write = proxy.trap(step, When::Before, Action::Hold);
    start_first(&mut system, &proxy).await;
    write.sprung().await;
    let stand = stands(&system.database, job);
    assert_eq!(
        stand, "RUNNING|1",
        "the write is held while its lease still stands"
    );
    let successor = system.add_worker_with(&[("MLTS_WORKER__LEASE", "20s")]).await;
    runs_in_epoch(&system.database, job, 2).await;
    if kind == "log" {
        let question = "progress ->> 'phase' = 'FIT' FROM job"; // the successor has written its own line by then
        rows_say(&system.database, "the successor fits its model", question).await;
    }
    // Taking the job back made a staged result an orphan, which stops a late finish too; the fence must hold alone.
    let staged = "UPDATE result SET state = 'STAGED' WHERE lease_epoch = 1";
    system.database.sql(staged);
    // While the successor is stopped, whatever changes is the late write's.
    system.workers[successor].signal(Signal::Stop);
    let before = settled(&system, job).await;
    write.release();
    refused(&system, kind).await;
    assert_eq!(row(&system, job), before, "the late {kind} changes nothing");
    let stand = stands(&system.database, job);
    assert_eq!(stand, "RUNNING|2", "the successor still has the job");
    let orphaned = "UPDATE result SET state = 'ORPHANED' WHERE lease_epoch = 1";
    system.database.sql(orphaned);
    if matches!(kind, "beat" | "progress" | "log") {
        cancel(&system); // the successor would compute for long
    }
    system.workers[successor].signal(Signal::Continue);
    let violations = invariants::violations_of_rows(&system.database);
    assert!(violations.is_empty(), "{}", invariants::listed(&violations));
    drop(held);
    super::all_ended(&system.database, wait::PATIENCE).await;
    assert_kept(&system, kind);
    Outcome::of(&system, 1).await
}

/// The worker whose writes are held. It reaps nothing, so that the lease stands until the second worker comes, and waits for its
/// answers as long as the writes are on their way.
async fn start_first(system: &mut System, proxy: &Proxy) {
    let url = proxy.url(&system.database.url());
    let settings = [
        ("MLTS_DATABASE__URL", url.as_str()),
        ("MLTS_WORKER__REAP_INTERVAL", "5m"),
        ("MLTS_DATABASE__STATEMENT_TIMEOUT", "2m"),
    ];
    system.add_worker_with(&settings).await;
}

/// The job ended as the second attempt ended it, with its result or none.
fn assert_kept(system: &System, kind: &str) {
    let end = match kind {
        "fail" => "DEAD 0",
        "stage" | "finish" => "SUCCEEDED 1",
        _ => "CANCELLED 0",
    };
    let kept = system.database.sql(
        "SELECT j.state || ' ' || count(r.id)
           FROM job j LEFT JOIN result r ON r.job_id = j.id AND r.state = 'COMMITTED' AND r.lease_epoch = 2 GROUP BY j.state",
    );
    assert_eq!(kept, end, "what is kept is the successor's");
}

fn cancel(system: &System) {
    system.database.sql(
        "UPDATE job SET cancel_requested_at = now(), cancel_requested_by = 'test' WHERE state = 'RUNNING'",
    );
}

/// The rows, once everything that the stopped successor had sent is done: each session of a worker waits for its next statement,
/// or holds a statement of the first worker, which is held on its way and so is none of Postgres.
async fn settled(system: &System, job: &str) -> String {
    let idle = "NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                  AND application_name = 'worker' AND state <> 'idle')";
    wait::until("no statement of a worker is under way", || async {
        (system.database.sql(&format!("SELECT {idle}")) == "t").then(|| row(system, job))
    })
    .await
}

/// Everything about the job, its attempts, its results and its events.
fn row(system: &System, job: &str) -> String {
    system.database.sql(&format!(
        "SELECT to_jsonb(j), (SELECT jsonb_agg(a ORDER BY a.lease_epoch) FROM job_attempt a WHERE a.job_id = j.id),
                (SELECT jsonb_agg(r ORDER BY r.lease_epoch) FROM result r WHERE r.job_id = j.id),
                (SELECT max(e.seq) FROM job_event e WHERE e.job_id = j.id)
           FROM job j WHERE j.id = '{job}'"
    ))
}
