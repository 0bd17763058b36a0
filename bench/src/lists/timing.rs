//! Times of calls, their table and their file.

use crate::report::folder;
use anyhow::Context;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// 95 of 100 calls of a list are to be shorter, in milliseconds.
const GOAL_MS: f64 = 10.0;
/// Calls before the first that is measured: connections, plans and pages come to be there.
const WARM_UP: u32 = 20;

/// How long the calls of one list took.
#[derive(Debug, Clone, Serialize)]
pub struct Timing {
    /// `store` or `grpc`.
    pub level: &'static str,
    /// What was asked.
    pub name: String,
    /// Rows of the last answer.
    pub rows: usize,
    /// Milliseconds.
    pub p50_ms: f64,
    /// Milliseconds.
    pub p95_ms: f64,
    /// Milliseconds.
    pub p99_ms: f64,
    /// Whether the 95th percentile is below the goal.
    pub met: bool,
}

/// What was measured on what.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Jobs in the database.
    pub jobs: u32,
    /// Calls of each list.
    pub samples: u32,
    /// Seconds that filling took.
    pub fill_seconds: f64,
    /// Milliseconds that the 95th percentile of a list should be below.
    pub goal_p95_ms: f64,
    /// The lists.
    pub lists: Vec<Timing>,
}

/// Asks again and again; `ask` gets the number of the question and gives the number of rows.
pub(super) async fn time(
    level: &'static str,
    name: &str,
    samples: u32,
    mut ask: impl AsyncFnMut(u32) -> anyhow::Result<usize>,
) -> anyhow::Result<Timing> {
    for n in 0..WARM_UP {
        ask(n).await.with_context(|| format!("{level}: {name}"))?;
    }
    let (mut took, mut rows) = (Vec::with_capacity(samples as usize), 0);
    for n in 0..samples {
        let start = Instant::now();
        rows = ask(n + WARM_UP).await?;
        took.push(start.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
    Ok(Timing {
        level,
        name: name.to_owned(),
        rows,
        p50_ms: at(0.5),
        p95_ms: at(0.95),
        p99_ms: at(0.99),
        met: at(0.95) < GOAL_MS,
    })
}

impl Report {
    /// Of these lists.
    pub fn new(size: super::Size, fill_seconds: f64, lists: Vec<Timing>) -> Self {
        Self {
            jobs: size.jobs,
            samples: size.samples,
            fill_seconds,
            goal_p95_ms: GOAL_MS,
            lists,
        }
    }

    /// How many lists took longer than they are to.
    pub fn missed(&self) -> usize {
        self.lists.iter().filter(|list| !list.met).count()
    }
}

/// Prints the table and writes `.dev/bench/lists.json`; gives the file's path.
///
/// # Errors
/// When the file cannot be written.
#[expect(clippy::print_stdout, reason = "the table is what a bench is run for")]
pub fn write_report(report: &Report) -> anyhow::Result<PathBuf> {
    println!(
        "{:60} {:>5} {:>9} {:>9} {:>9}  p95 < {GOAL_MS} ms",
        "", "rows", "p50 ms", "p95 ms", "p99 ms"
    );
    for list in &report.lists {
        let name = format!("{} {}", list.level, list.name);
        let met = if list.met { "yes" } else { "NO" };
        println!(
            "{name:60} {:>5} {:>9.3} {:>9.3} {:>9.3}  {met}",
            list.rows, list.p50_ms, list.p95_ms, list.p99_ms
        );
    }
    let folder = folder();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join("lists.json");
    std::fs::write(&file, serde_json::to_vec_pretty(report)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}
