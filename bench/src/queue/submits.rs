//! Submits per second, at the store and through the API server; then the trainings that were submitted are claimed and finished.

use super::Length;
use super::jobs;
use super::report::Report;
use super::throughput::work;
use crate::stats::Percentiles;
use futures::future::try_join_all;
use mltraining_domain::{JobKind, ProjectId};
use mltraining_tests::data;
use mltraining_tests::database::Database;
use mltraining_tests::system::System;
use std::time::{Duration, Instant};

/// Callers at the same time.
const CALLERS: usize = 20;

/// # Errors
/// When a submit fails.
pub(super) async fn measure(length: &Length, report: &mut Report) -> anyhow::Result<()> {
    report.part("submits, 20 callers");
    for count in [1, 10] {
        let (database, projects) = jobs::database(count).await?;
        let (rate, took) = at_store(&database, &projects, length.load).await?;
        let of = if count == 1 { "1 project" } else { "10 projects" };
        report.note(format!("create_job at the store, {of}"), "jobs/s", rate);
        report.spread(&format!("create_job at the store, {of}"), "ms", took, [None; 3]);
        let done = work(&database, JobKind::Train, 20, length.load).await?;
        report.note(
            format!("20 workers, {of}, trainings of one model each"),
            "jobs/s",
            done.per_second,
        );
    }
    let system = System::start_with(&[("MLTS_LOG__LEVEL", "warn")]).await;
    system.database.sql("update project set max_queued = 1000000");
    data::make_bars(&system.database, 2, 100);
    data::register_bars(&system.caller()).await;
    let (rate, took) = at_server(&system, length.load).await?;
    report.note("TrainModel at the API server", "jobs/s", rate);
    report.spread("TrainModel at the API server", "ms", took, [None; 3]);
    Ok(())
}

/// Rate, and milliseconds of each call.
async fn at_store(
    database: &Database,
    projects: &[ProjectId],
    time: Duration,
) -> anyhow::Result<(f64, Percentiles)> {
    let store = jobs::store(database, CALLERS as u32).await?;
    let spec = jobs::train_spec()?;
    let start = Instant::now();
    let tasks = (0..CALLERS).map(|caller| {
        let (store, spec) = (store.clone(), spec.clone());
        let project = projects[caller % projects.len()].clone();
        tokio::spawn(async move {
            let mut took = Vec::new();
            while start.elapsed() < time {
                let begin = Instant::now();
                jobs::create(&store, &project, &spec).await?;
                took.push(begin.elapsed().as_secs_f64() * 1000.0);
            }
            anyhow::Ok(took)
        })
    });
    rate(try_join_all(tasks).await?, start)
}

async fn at_server(system: &System, time: Duration) -> anyhow::Result<(f64, Percentiles)> {
    let start = Instant::now();
    let tasks = (0..CALLERS).map(|_| {
        let mut training = system.caller().training;
        tokio::spawn(async move {
            let mut took = Vec::new();
            while start.elapsed() < time {
                let begin = Instant::now();
                training.train_model(data::training("bench", 100, 2)).await?;
                took.push(begin.elapsed().as_secs_f64() * 1000.0);
            }
            anyhow::Ok(took)
        })
    });
    rate(try_join_all(tasks).await?, start)
}

fn rate(callers: Vec<anyhow::Result<Vec<f64>>>, start: Instant) -> anyhow::Result<(f64, Percentiles)> {
    let elapsed = start.elapsed().as_secs_f64();
    let took: Vec<Vec<f64>> = callers.into_iter().collect::<Result<_, _>>()?;
    let took = Percentiles::of(took.into_iter().flatten().collect());
    Ok((took.samples as f64 / elapsed, took))
}
