//! Workers that do nothing with their jobs: claim, stage, finish, as fast as they can.

use super::jobs;
use crate::stats::Percentiles;
use futures::future::try_join_all;
use mltraining_domain::{Checked, Evaluation, JobKind, ResultId, TrainSpec, VersionFacts, WorkerId};
use mltraining_store::Store;
use mltraining_store::claims::{Lease, Trained};
use mltraining_tests::database::Database;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long workers work before anything is counted: fresh connections prepare each statement and plan it five times anew.
pub(super) const WARM_UP: Duration = Duration::from_secs(2);
/// Connections of one worker, its lease keeper's aside.
const CONNECTIONS: u32 = 2;

/// How fast they were.
#[derive(Debug)]
pub(super) struct Throughput {
    /// Jobs claimed, staged and finished per second, by all together.
    pub per_second: f64,
    /// Milliseconds of a claim.
    pub claim: Percentiles,
    /// Milliseconds of staging and finishing.
    pub finish: Percentiles,
}

/// What a training leaves behind.
struct Made {
    spec: Checked<TrainSpec>,
    facts: VersionFacts,
    evaluation: Evaluation,
}

/// What one worker did.
#[derive(Default)]
struct Done {
    claims: Vec<f64>,
    finishes: Vec<f64>,
    last: Option<Instant>,
}

/// Lets `workers` workers, each with a pool of its own, work for `time` after a warm-up, or until no job waits.
///
/// # Errors
/// When a job is lost or Postgres does not answer.
pub(super) async fn work(
    database: &Database,
    kind: JobKind,
    workers: u32,
    time: Duration,
) -> anyhow::Result<Throughput> {
    let made = Arc::new(Made {
        spec: jobs::train_spec()?,
        facts: jobs::facts(),
        evaluation: jobs::evaluation(),
    });
    let mut stores = Vec::new();
    for _ in 0..workers {
        stores.push(jobs::store(database, CONNECTIONS).await?);
    }
    let start = Instant::now() + WARM_UP;
    let until = start + time;
    let tasks = stores.iter().map(|store| {
        let (store, made) = (store.clone(), Arc::clone(&made));
        tokio::spawn(async move { one(&store, kind, &made, start, until).await })
    });
    let mut all = Done::default();
    for done in try_join_all(tasks).await? {
        let done = done?;
        all.claims.extend(done.claims);
        all.finishes.extend(done.finishes);
        all.last = all.last.max(done.last);
    }
    for store in stores {
        store.close().await;
    }
    let elapsed = all.last.unwrap_or(until).duration_since(start).as_secs_f64();
    Ok(Throughput {
        per_second: all.finishes.len() as f64 / elapsed,
        claim: Percentiles::of(all.claims),
        finish: Percentiles::of(all.finishes),
    })
}

/// Works until `until` and counts what began at `start` or later.
async fn one(
    store: &Store,
    kind: JobKind,
    made: &Made,
    start: Instant,
    until: Instant,
) -> anyhow::Result<Done> {
    let worker = WorkerId(Uuid::new_v4());
    let mut done = Done::default();
    while Instant::now() < until {
        let begin = Instant::now();
        let Some(job) = jobs::claim(store, worker, kind).await? else {
            break;
        };
        let claimed = Instant::now();
        finish(store, kind, job.lease, made).await?;
        let finished = Instant::now();
        if begin >= start {
            done.claims.push(millis(claimed - begin));
            done.finishes.push(millis(finished - claimed));
            done.last = Some(finished);
        }
    }
    Ok(done)
}

async fn finish(store: &Store, kind: JobKind, lease: Lease, made: &Made) -> anyhow::Result<()> {
    let result = ResultId(Uuid::now_v7());
    store.stage_result(lease, result, &[jobs::file(result)]).await?;
    match kind {
        JobKind::Train => {
            let trained = Trained {
                spec: &made.spec,
                facts: &made.facts,
                found: None,
                evaluation: &made.evaluation,
            };
            store.finish_train(lease, result, trained).await?;
        }
        JobKind::Probe
        | JobKind::Reproduce
        | JobKind::Evaluate
        | JobKind::Compare
        | JobKind::Backtest
        | JobKind::BatchPredict
        | JobKind::Tune
        | JobKind::Trial => {
            store.finish_bare(lease, result).await?;
        }
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
