//! Times of previews, their table and their file.

use crate::report::folder;
use anyhow::Context;
use serde::Serialize;
use std::path::PathBuf;

/// 95 of 100 calls are to be shorter, in seconds.
const GOAL_S: f64 = 3.0;

/// How long the calls of one preview took.
#[derive(Debug, Clone, Serialize)]
pub struct Timing {
    /// What was asked.
    pub name: String,
    /// A number of the last answer: unknown labels, cells of a grid, features.
    pub seen: i64,
    /// Seconds.
    pub p50_s: f64,
    /// Seconds.
    pub p95_s: f64,
    /// Seconds.
    pub max_s: f64,
    /// Whether the 95th percentile is below the goal.
    pub met: bool,
}

impl Timing {
    /// Of these times in seconds, of which there is at least one.
    ///
    /// # Panics
    /// Without a time.
    pub fn of(name: &str, seen: i64, mut took: Vec<f64>) -> Self {
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
        Self {
            name: name.to_owned(),
            seen,
            p50_s: at(0.5),
            p95_s: at(0.95),
            max_s: at(1.0),
            met: at(0.95) < GOAL_S,
        }
    }
}

/// What was measured on what.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Rows of the source.
    pub rows: i64,
    /// Calls of each preview.
    pub samples: u32,
    /// The previews.
    pub previews: Vec<Timing>,
}

impl Report {
    /// How many previews took longer than they are to.
    pub fn missed(&self) -> usize {
        self.previews.iter().filter(|preview| !preview.met).count()
    }
}

/// Prints the table and writes `.dev/bench/previews.json`; gives the file's path.
///
/// # Errors
/// When the file cannot be written.
#[expect(clippy::print_stdout, reason = "the table is what a bench is run for")]
pub fn write_report(report: &Report) -> anyhow::Result<PathBuf> {
    println!(
        "{:36} {:>8} {:>8} {:>8} {:>8}  p95 < {GOAL_S} s, {} rows",
        "", "seen", "p50 s", "p95 s", "max s", report.rows
    );
    for preview in &report.previews {
        let met = if preview.met { "yes" } else { "NO" };
        println!(
            "{:36} {:>8} {:>8.3} {:>8.3} {:>8.3}  {met}",
            preview.name, preview.seen, preview.p50_s, preview.p95_s, preview.max_s
        );
    }
    let folder = folder();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join("previews.json");
    std::fs::write(&file, serde_json::to_vec_pretty(report)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_that_takes_longer_than_its_goal_is_missed() {
        let report = |seconds: f64| Report {
            rows: 1,
            samples: 20,
            previews: vec![Timing::of("x", 1, vec![seconds; 20])],
        };
        assert_eq!([report(2.9).missed(), report(3.1).missed()], [0, 1]);
        let one_late = Timing::of("x", 1, [vec![1.0; 19], vec![9.0]].concat());
        assert_eq!((one_late.p50_s, one_late.p95_s, one_late.max_s), (1.0, 1.0, 9.0));
    }
}
