//! A worker that is killed at one step of a claim or of an end, before Postgres has done the step and after.

use super::kill::assert_all_succeeded;
use super::{Outcome, Scale, rows_say, stands, system};
use crate::process::Signal;
use crate::proxy::{Action, Protocol, Proxy, When};
use crate::scenarios::probe::{Probe, fail, work};
use serde_json::json;

/// A step, how the rows tell that it was done, and the epoch in which the job is then ended.
struct Step {
    name: &'static str,
    done: &'static str,
    epoch_without: i64,
    epoch_with: i64,
}

/// The steps of a claim and of an end. A killed worker's lease costs an epoch unless its claim never came to be, or its
/// finish did.
const STEPS: &[Step] = &[
    Step {
        name: "claims.claim",
        done: "state = 'RUNNING'",
        epoch_without: 1,
        epoch_with: 2,
    },
    Step {
        name: "claims.stage",
        done: "EXISTS (SELECT FROM result r WHERE r.job_id = job.id AND r.state = 'STAGED')",
        epoch_without: 2,
        epoch_with: 2,
    },
    Step {
        name: "claims.finish",
        done: "state = 'SUCCEEDED'",
        epoch_without: 2,
        epoch_with: 1,
    },
];

/// Killed at each step of a claim, of staging and of a finish.
pub(super) async fn at_each_step(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 3);
    let mut outcome = Outcome::default();
    for _ in 0..rounds {
        for step in STEPS {
            outcome = outcome.and(crash(step, When::Before).await);
            outcome = outcome.and(crash(step, When::After).await);
        }
    }
    outcome
}

async fn crash(step: &Step, when: When) -> Outcome {
    let mut system = system(&[]).await;
    let url = system.database.url();
    let proxy = Proxy::to(&url, Protocol::Postgres);
    let trap = proxy.trap(step.name, when, Action::Hold);
    let job = Probe::doing(&[work(100)]).submit_one(&system.database);
    system
        .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
        .await;
    trap.sprung().await;
    if when == When::After {
        rows_say(
            &system.database,
            "the step is done",
            &format!("{} FROM job", step.done),
        )
        .await;
    }
    let mut victim = system.workers.remove(0);
    victim.signal(Signal::Kill);
    victim.exit().await;
    proxy.cut(); // what is held goes down with the worker
    let done = system.database.sql(&format!("SELECT {} FROM job", step.done));
    assert_eq!(done == "t", when == When::After, "{} {when:?}", step.name);
    drop(trap);
    system.add_worker().await;
    super::all_ended(&system.database, crate::wait::PATIENCE).await;
    let epoch = if when == When::After {
        step.epoch_with
    } else {
        step.epoch_without
    };
    assert_eq!(
        stands(&system.database, &job),
        format!("SUCCEEDED|{epoch}"),
        "{} {when:?}",
        step.name
    );
    Outcome::of(&system, 1).await
}

/// Killed while it writes that the job failed: the job is charged once, for the failure or for the loss.
pub(super) async fn at_fail(_scale: Scale) -> Outcome {
    let mut outcome = Outcome::default();
    for when in [When::Before, When::After] {
        let mut system = system(&[]).await;
        let url = system.database.url();
        let proxy = Proxy::to(&url, Protocol::Postgres);
        let trap = proxy.trap("claims.fail", when, Action::Hold);
        let job = Probe::doing(&[fail("TRANSIENT")]).with("until_epoch", json!(1));
        job.submit_one(&system.database);
        system
            .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
            .await;
        trap.sprung().await;
        if when == When::After {
            rows_say(
                &system.database,
                "the failure is written",
                "failures = 1 FROM job",
            )
            .await;
        }
        let mut victim = system.workers.remove(0);
        victim.signal(Signal::Kill);
        victim.exit().await;
        proxy.cut();
        drop(trap);
        system.add_worker().await;
        super::all_ended(&system.database, crate::wait::PATIENCE).await;
        assert_all_succeeded(&system);
        let charged = system
            .database
            .sql("SELECT failures, lost_count, lease_epoch FROM job");
        let expected = if when == When::After { "1|0|2" } else { "0|1|2" };
        assert_eq!(charged, expected, "{when:?}");
        outcome = outcome.and(Outcome::of(&system, 1).await);
    }
    outcome
}
