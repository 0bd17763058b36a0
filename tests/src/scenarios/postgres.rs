//! A Postgres that crashes, goes away, or ends every session.

use super::kill::assert_all_succeeded;
use super::{LEASE, Outcome, Scale, rows_say, system, system_on};
use crate::data;
use crate::database::Database;
use crate::proxy::{Action, Protocol, Proxy, When};
use crate::scenarios::probe::{Probe, work};
use crate::servers::{OwnPostgres, Shutdown};
use crate::wait;
use std::time::Duration;

const NO_SERVER: &str = "this machine has no programs of a Postgres server";

/// Postgres stops at once in the middle of a claim: the claim came to be or not, and the job is done either way, uncharged.
pub(super) async fn crash_mid_claim(_scale: Scale) -> Outcome {
    crash_at("claims.claim", ["1", "2"]).await
}

/// Postgres stops at once in the middle of a finish: the same attempt finishes when it is back.
pub(super) async fn crash_mid_finish(_scale: Scale) -> Outcome {
    crash_at("claims.finish", ["1", "1"]).await
}

/// `epochs`: in which the job ends when Postgres had not seen the step, and when it had.
async fn crash_at(step: &str, epochs: [&str; 2]) -> Outcome {
    let Some(mut server) = OwnPostgres::start().await else {
        return Outcome::skipped(NO_SERVER);
    };
    let mut outcome = Outcome::default();
    for (when, epoch) in [When::Before, When::After].into_iter().zip(epochs) {
        let mut system = system_on(Database::create_on(&server.url()), &[]).await;
        let url = system.database.url();
        let proxy = Proxy::to(&url, Protocol::Postgres);
        let trap = proxy.trap(step, when, Action::Hold);
        Probe::doing(&[work(100)]).submit_one(&system.database);
        system
            .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
            .await;
        trap.sprung().await;
        if when == When::After {
            let done = "(lease_epoch, state) <> (0, 'QUEUED') AND (state = 'SUCCEEDED') = (SELECT count(*) = 1 FROM result) FROM job";
            rows_say(&system.database, "the step is done", done).await;
        }
        server.stop(Shutdown::Immediate).await;
        proxy.cut();
        drop(trap);
        server.restart().await;
        super::all_ended(&system.database, wait::PATIENCE).await;
        let row = system
            .database
            .sql("SELECT state, lease_epoch, failures + infra_failures + lost_count FROM job");
        assert_eq!(row, format!("SUCCEEDED|{epoch}|0"), "{step} {when:?}");
        outcome = outcome.and(Outcome::of(&system, 1).await);
    }
    outcome
}

/// Postgres is away for two leases while jobs compute and come to their ends: all running jobs finish under their own epoch.
pub(super) async fn away_for_two_leases(scale: Scale) -> Outcome {
    let Some(mut server) = OwnPostgres::start().await else {
        return Outcome::skipped(NO_SERVER);
    };
    let settings = [("MLTS_WORKER__SLOTS", "3"), ("MLTS_WORKER__THREADS", "3")];
    let mut system = system_on(Database::create_on(&server.url()), &settings).await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    system.add_worker().await;
    let rounds = scale.of(1, 4);
    for round in 0..rounds {
        let how = if round % 2 == 0 {
            Shutdown::Fast
        } else {
            Shutdown::Immediate
        };
        let request = data::training("away", 900, 2500);
        caller
            .training
            .clone()
            .train_model(request)
            .await
            .expect("the job is taken");
        let fits = "EXISTS (SELECT FROM job WHERE state = 'RUNNING' AND kind = 'TRAIN' AND progress ->> 'phase' = 'FIT')";
        rows_say(&system.database, "the training has read its rows", fits).await;
        // Some come to their end while Postgres is away, some after it.
        Probe::doing(&[work(8000)]).submit(&system.database, 2);
        Probe::doing(&[work(16_000)]).submit(&system.database, 2);
        let five = "5 = (SELECT count(*) FROM job WHERE state = 'RUNNING' AND progress IS NOT NULL)";
        rows_say(&system.database, "five jobs run", five).await;
        server.stop(how).await;
        tokio::time::sleep(LEASE * 2 + Duration::from_millis(500)).await; // the fault itself has a length
        server.restart().await;
        super::all_ended(&system.database, wait::PATIENCE).await;
        let epochs = system.database.sql("SELECT max(lease_epoch) FROM job");
        assert_eq!(
            epochs, "1",
            "round {round}: all running jobs finish under their own epoch"
        );
    }
    assert_all_succeeded(&system);
    Outcome::of(&system, rounds).await
}

/// Every session of the database is ended, about every second.
pub(super) async fn sessions_ended(scale: Scale) -> Outcome {
    let (times, pause) = scale.of((8, 500), (60, 1000));
    let mut system = system(&[("MLTS_WORKER__SLOTS", "2")]).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    system.add_worker().await;
    for round in 0..times {
        Probe::doing(&[work(400)]).tough().submit(&system.database, 3);
        // The API's sessions are ended as well: it may refuse this one, and has to take the next.
        let request = data::training(&format!("m{}", round % 3), 240, 2);
        let _ = caller.training.clone().train_model(request).await;
        let ended = system.database.count(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        assert!(ended > 0, "there were sessions to end");
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    super::all_ended(&system.database, wait::PATIENCE).await;
    assert_all_succeeded(&system);
    Outcome::of(&system, times).await
}
