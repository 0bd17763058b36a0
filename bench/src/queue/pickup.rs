//! How long a job waits for an idle worker, by two clocks that are both judged: from the row's creation to the beginning of the
//! transaction that claims it (`started_at`: its commit comes later), and from the caller's submit to the message of WatchJob that
//! says RUNNING, which holds everything: two calls, the claim's commit and the way of the event.

use super::Length;
use super::report::Report;
use crate::report::Goal;
use crate::stats::Percentiles;
use anyhow::Context;
use mltraining_proto::v1::{self, job_event::Event};
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;
use std::time::{Duration, Instant};

/// A port where nothing listens.
const DEAD: &str = "redis://127.0.0.1:1/0";
/// The longest time between two polls of a worker, its default.
const POLL: f64 = 5_000.0;

/// What p50 and p99 of a pick-up should be, in milliseconds, by either clock.
const GOALS: [Option<Goal>; 3] = [Some(Goal::AtMost(5.0)), None, Some(Goal::AtMost(25.0))];

/// # Errors
/// When a job fails.
pub(super) async fn measure(length: &Length, report: &mut Report) -> anyhow::Result<()> {
    report.part("pick-up of a training by one idle worker, with Redis");
    let (waits, seen) = sample(&[], length.pickups).await?;
    report.spread("created_at to the claim's start, with Redis", "ms", waits, GOALS);
    report.spread("submit to WatchJob's RUNNING, with Redis", "ms", seen, GOALS);
    report.part("the same without Redis: found by the poll of 2 to 5 s");
    let goals = [None, None, Some(Goal::AtMost(POLL))];
    let (waits, seen) = sample(&[("MLTS_REDIS__URL", DEAD)], length.polled_pickups).await?;
    report.spread(
        "created_at to the claim's start, without Redis",
        "ms",
        waits,
        goals,
    );
    report.spread("submit to WatchJob's RUNNING, without Redis", "ms", seen, goals);
    Ok(())
}

/// Milliseconds from the row to the claim's transaction by the database's clock, and from submit to RUNNING by the caller's.
async fn sample(settings: &[(&str, &str)], count: u32) -> anyhow::Result<(Percentiles, Percentiles)> {
    let mut system = System::start_with(settings).await;
    data::make_bars(&system.database, 2, 200);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    // The first jobs make connections and warm caches.
    for _ in 0..3 {
        follow(&caller).await?;
    }
    let mut seen = Vec::new();
    for number in 0..count {
        seen.push(follow(&caller).await?);
        // So that the worker is idle, and polls fall anywhere in the wait.
        tokio::time::sleep(Duration::from_millis(20 + u64::from(number * 37 % 100))).await;
    }
    let told = system.database.sql(&format!(
        "select extract(epoch from started_at - created_at) * 1000 from job order by created_at desc limit {count}"
    ));
    let waits: Result<Vec<f64>, _> = told.lines().map(str::parse).collect();
    Ok((Percentiles::of(waits?), Percentiles::of(seen)))
}

/// Submits a training and follows it to its end; gives the milliseconds until it was seen RUNNING.
async fn follow(caller: &Caller) -> anyhow::Result<f64> {
    let start = Instant::now();
    let submitted = caller
        .training
        .clone()
        .train_model(data::training("bench", 200, 2))
        .await?;
    let request = v1::WatchJobRequest {
        name: submitted.into_inner().name,
        after_sequence: 0,
    };
    let mut events = caller.jobs.clone().watch_job(request).await?.into_inner();
    let mut running = None;
    let mut last = v1::JobState::Unspecified;
    while let Some(message) = events.message().await? {
        let state = match message.event {
            Some(Event::Snapshot(job)) => job.state(),
            Some(Event::StateChange(change)) => change.state(),
            _ => continue,
        };
        if state == v1::JobState::Running {
            running.get_or_insert(start.elapsed());
        }
        last = state;
    }
    anyhow::ensure!(last == v1::JobState::Succeeded, "a job ended as {last:?}");
    let running = running.context("a job was never seen RUNNING")?;
    Ok(running.as_secs_f64() * 1000.0)
}
