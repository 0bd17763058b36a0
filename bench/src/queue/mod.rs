//! The bench of the job engine. Each part has a file; all of them run on databases of their own on the server of
//! `DATABASE_URL`, which are dropped afterwards.

mod commits;
mod engine;
mod heartbeats;
mod jobs;
mod pickup;
mod process;
mod report;
mod submits;
mod system;
mod throughput;
mod watches;

pub use report::{Measure, Report};

use anyhow::Context;
use std::time::Duration;

/// How long each part runs.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// What it is called in the report.
    pub name: &'static str,
    /// Of each load of pgbench.
    pub pgbench: Duration,
    /// Of each load of claims and of submits.
    pub load: Duration,
    /// Finished jobs that lie beside the waiting ones when claims are measured once more.
    pub finished: u32,
    /// Samples of the pick-up latency with Redis.
    pub pickups: u32,
    /// Samples of the pick-up latency without Redis.
    pub polled_pickups: u32,
    /// Beats of each running job.
    pub beats: u32,
    /// Of the watching.
    pub watch: Duration,
}

impl Length {
    /// Some five minutes.
    pub const FULL: Self = Self {
        name: "full",
        pgbench: Duration::from_secs(4),
        load: Duration::from_secs(4),
        finished: 100_000,
        pickups: 200,
        polled_pickups: 24,
        beats: 150,
        watch: Duration::from_secs(15),
    };

    /// A minute or so.
    pub const QUICK: Self = Self {
        name: "quick",
        pgbench: Duration::from_secs(1),
        load: Duration::from_secs(1),
        finished: 20_000,
        pickups: 30,
        polled_pickups: 4,
        beats: 100,
        watch: Duration::from_secs(5),
    };
}

/// Runs the parts whose name holds `only`, or all.
///
/// # Errors
/// When a server is missing or a part cannot be run; a goal that is missed is no error.
pub async fn run(length: &Length, only: Option<&str>) -> anyhow::Result<Report> {
    let wanted = |part: &str| only.is_none_or(|only| part.contains(only));
    let mut report = Report::begin(length)?;
    let yardstick = commits::measure(length, &mut report).context("pgbench")?;
    if wanted("engine") {
        engine::measure(length, &yardstick, &mut report)
            .await
            .context("claim and finish")?;
    }
    if wanted("submits") {
        submits::measure(length, &mut report).await.context("submits")?;
    }
    if wanted("heartbeats") {
        heartbeats::measure(length, &mut report)
            .await
            .context("heartbeats")?;
    }
    if wanted("watches") {
        watches::measure(length, &mut report).await.context("watches")?;
    }
    if wanted("pickup") {
        pickup::measure(length, &mut report).await.context("pick-up")?;
    }
    Ok(report)
}
