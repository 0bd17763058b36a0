//! Cancels at random moments.

use super::{Outcome, Scale, system};
use crate::caller::Caller;
use crate::proxy::{Action, Protocol, Proxy, When};
use crate::scenarios::probe::{Probe, sleep, work};
use crate::wait;
use mltraining_proto::v1 as pb;
use rand::seq::SliceRandom;
use std::collections::HashMap;

/// A thousand jobs are cancelled at random moments: waiting, running, ending. What was acknowledged never succeeds.
pub(super) async fn random_cancels(scale: Scale) -> Outcome {
    let (batches, workers) = scale.of((2, 2), (20, 3));
    let mut system = system(&[("MLTS_WORKER__SLOTS", "4")]).await;
    let caller = system.caller();
    for _ in 0..workers {
        system.add_worker().await;
    }
    let mut acknowledged = Vec::new();
    for _ in 0..batches {
        let mut jobs = Vec::new();
        for millis in [1, 40, 150, 400, 900] {
            jobs.extend(Probe::doing(&[work(millis / 2), sleep(millis / 2)]).submit(&system.database, 10));
        }
        jobs.shuffle(&mut rand::rng());
        for job in jobs {
            if cancel(&caller, &job).await {
                acknowledged.push(job);
            }
            tokio::time::sleep(std::time::Duration::from_millis(rand::random_range(0..40))).await;
        }
    }
    super::all_ended(&system.database, wait::PATIENCE * 2).await;
    let states = states(&system.database.sql("SELECT id, state FROM job"));
    for job in &acknowledged {
        assert_eq!(states[job], "CANCELLED", "an acknowledged cancel holds: {job}");
    }
    let cancelled = states.values().filter(|state| *state == "CANCELLED").count();
    assert_eq!(cancelled, acknowledged.len(), "nothing else was cancelled");
    assert!(
        cancelled > 0 && cancelled < states.len(),
        "some came in time and some did not: {cancelled}"
    );
    let running = system
        .database
        .count("SELECT count(*) FROM job_attempt WHERE outcome = 'CANCELLED'");
    assert!(running > 0, "some were cancelled while they ran");
    Outcome::of(&system, states.len() as u32).await
}

/// A cancel is acknowledged while the finish is on its way to Postgres and no heartbeat tells the worker: the job is cancelled.
pub(super) async fn cancel_meets_finish(scale: Scale) -> Outcome {
    let mut outcome = Outcome::default();
    for _ in 0..scale.of(1, 5) {
        let mut system = system(&[]).await;
        let url = system.database.url();
        let proxy = Proxy::to(&url, Protocol::Postgres);
        let beats = proxy.trap("claims.beat", When::Before, Action::Hold);
        let finish = proxy.trap("claims.finish", When::Before, Action::Hold);
        let job = Probe::nothing().submit_one(&system.database);
        system
            .add_worker_with(&[("MLTS_DATABASE__URL", &proxy.url(&url))])
            .await;
        finish.sprung().await;
        assert!(cancel(&system.caller(), &job).await, "the cancel is acknowledged");
        finish.release();
        super::all_ended(&system.database, wait::PATIENCE).await;
        assert_eq!(super::stands(&system.database, &job), "CANCELLED|1");
        drop(beats);
        outcome = outcome.and(Outcome::of(&system, 1).await);
    }
    outcome
}

/// True when the cancel was acknowledged: the job is cancelled, or will be.
async fn cancel(caller: &Caller, job: &str) -> bool {
    let request = pb::CancelJobRequest {
        name: format!("projects/default/jobs/{job}"),
        ..Default::default()
    };
    match caller.jobs.clone().cancel_job(request).await {
        Ok(answer) => {
            let job = answer.get_ref();
            job.cancel_requested || job.state() == pb::JobState::Cancelled
        }
        Err(status) => {
            assert_eq!(status.code(), tonic::Code::FailedPrecondition, "{status}");
            false
        }
    }
}

fn states(rows: &str) -> HashMap<String, String> {
    rows.lines()
        .filter_map(|row| row.split_once('|'))
        .map(|(job, state)| (job.to_owned(), state.to_owned()))
        .collect()
}
