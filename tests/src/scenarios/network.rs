//! Networks that cut, swallow and lie between workers and Postgres.

use super::kill::assert_all_succeeded;
use super::{LEASE, Outcome, SWEEPING, Scale, rows_say, runs_in_epoch, stands, system};
use crate::proxy::{Action, Mode, Protocol, Proxy, When};
use crate::scenarios::probe::{Probe, work};
use crate::{data, wait};

/// The answer to a finish does not come: the connection is reset, or the answer is swallowed and nothing says so. The worker
/// finds out what happened and never trains again.
pub(super) async fn answers_dropped_during_finish(scale: Scale) -> Outcome {
    let mut outcome = Outcome::default();
    for _ in 0..scale.of(1, 4) {
        for action in [Action::Cut, Action::Hold] {
            outcome = outcome.and(finish_without_answer(action).await);
        }
    }
    outcome
}

async fn finish_without_answer(action: Action) -> Outcome {
    let mut system = system(&[]).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    let url = system.database.url();
    let proxy = Proxy::to(&url, Protocol::Postgres);
    let trap = proxy.trap("claims.finish", When::After, action);
    system
        .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
        .await;
    Probe::nothing().submit_one(&system.database);
    caller
        .training
        .clone()
        .train_model(data::training("m", 240, 2))
        .await
        .expect("the job is taken");
    super::all_ended(&system.database, wait::PATIENCE).await;
    let twice = wait::holds(wait::PATIENCE, || async { trap.hits() >= 2 }).await;
    assert!(twice, "the answers to both finishes were lost");
    wait::until("the worker has found out", || async {
        let said = system.workers[0].json_lines();
        let told = said.iter().filter(|line| {
            line["message"]
                .as_str()
                .is_some_and(|text| text.contains("whose answer was lost had taken effect"))
        });
        (told.count() == 2).then_some(())
    })
    .await;
    let counts = system
        .database
        .sql("SELECT count(*), max(lease_epoch) FROM job WHERE state = 'SUCCEEDED'");
    assert_eq!(counts, "2|1", "each job has succeeded in its first attempt");
    assert_eq!(system.database.count("SELECT count(*) FROM model_version"), 1);
    Outcome::of(&system, 2).await
}

/// The connection breaks before a finish, a stage or a claim reaches Postgres: it is done again, under the same epoch.
pub(super) async fn cut_before_each_step(scale: Scale) -> Outcome {
    let mut outcome = Outcome::default();
    for step in ["claims.claim", "claims.stage", "claims.finish"] {
        let mut system = system(&[]).await;
        let url = system.database.url();
        let proxy = Proxy::to(&url, Protocol::Postgres);
        let trap = proxy.trap(step, When::Before, Action::Cut);
        system
            .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
            .await;
        let jobs = scale.of(2, 20);
        Probe::nothing().submit(&system.database, jobs);
        trap.sprung().await;
        trap.release();
        super::all_ended(&system.database, wait::PATIENCE).await;
        assert_all_succeeded(&system);
        assert_eq!(
            system.database.sql("SELECT max(lease_epoch) FROM job"),
            "1",
            "{step}"
        );
        outcome = outcome.and(Outcome::of(&system, trap.hits()).await);
    }
    outcome
}

/// One worker is cut off by a black hole, another takes its job over; when the network heals the first one is refused, and
/// the second one still runs.
pub(super) async fn partition_of_one(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 5);
    let mut system = system(&[("MLTS_DATABASE__STATEMENT_TIMEOUT", "500ms")]).await;
    let url = system.database.url();
    for _ in 0..rounds {
        let proxy = Proxy::to(&url, Protocol::Postgres);
        let job = Probe::doing(&[work(14_000)]).submit_one(&system.database);
        system
            .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
            .await;
        runs_in_epoch(&system.database, &job, 1).await;
        proxy.set(Mode::BlackHole);
        system.add_worker().await;
        runs_in_epoch(&system.database, &job, 2).await;
        proxy.set(Mode::Pass);
        let before = system.stale_writes().len();
        wait::until("the worker that was cut off is refused", || async {
            (system.stale_writes().len() > before).then_some(())
        })
        .await;
        assert_eq!(
            stands(&system.database, &job),
            "RUNNING|2",
            "the successor still runs"
        );
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

/// Every worker is cut off at once, for two leases, and answers are lost on the way: all jobs are done when the network heals.
pub(super) async fn partition_of_all(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 5);
    let mut system = system(&[
        ("MLTS_WORKER__SLOTS", "2"),
        ("MLTS_DATABASE__STATEMENT_TIMEOUT", "500ms"),
    ])
    .await;
    let url = system.database.url();
    let proxy = Proxy::to(&url, Protocol::Postgres);
    let through = proxy.url(&url);
    for _ in 0..2 {
        system.add_worker_with(&[("MLTS_DATABASE__URL", &through)]).await;
    }
    for _ in 0..rounds {
        Probe::doing(&[work(2000)]).tough().submit(&system.database, 6);
        rows_say(
            &system.database,
            "jobs run",
            "2 < (SELECT count(*) FROM job WHERE state = 'RUNNING')",
        )
        .await;
        proxy.set(Mode::DropAnswers);
        tokio::time::sleep(LEASE / 2).await; // the fault itself has a length
        proxy.set(Mode::BlackHole);
        tokio::time::sleep(LEASE * 2).await;
        proxy.set(Mode::Pass);
        super::all_ended(&system.database, wait::PATIENCE).await;
    }
    assert_all_succeeded(&system);
    Outcome::of(&system, rounds).await
}

/// Connections are reset at random moments, and everything is late, while sweeps go on beside the attempts.
pub(super) async fn cuts_and_delays(scale: Scale) -> Outcome {
    let cuts = scale.of(8, 100);
    let mut system = system(&[&[("MLTS_WORKER__SLOTS", "2")], SWEEPING].concat()).await;
    let url = system.database.url();
    let proxy = Proxy::to(&url, Protocol::Postgres);
    for _ in 0..2 {
        system
            .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
            .await;
    }
    proxy.set(Mode::Delay(std::time::Duration::from_millis(5)));
    for _ in 0..cuts {
        Probe::doing(&[work(100)]).tough().submit(&system.database, 3);
        tokio::time::sleep(std::time::Duration::from_millis(rand::random_range(50..600))).await;
        proxy.cut();
    }
    super::all_ended(&system.database, wait::PATIENCE).await;
    assert_all_succeeded(&system);
    Outcome::of(&system, cuts).await
}
