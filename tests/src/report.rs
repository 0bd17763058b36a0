//! The table of the fault suite.

use crate::scenarios::Outcome;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// One scenario that was run.
pub struct Row {
    /// Its name.
    pub scenario: &'static str,
    /// What came of it, or what its panic said.
    pub outcome: Result<Outcome, String>,
    /// How long it took.
    pub wall: Duration,
}

impl Row {
    /// True when it did what it must (or could not be done here, and says so).
    pub fn passed(&self) -> bool {
        self.outcome
            .as_ref()
            .is_ok_and(|outcome| outcome.violations.is_empty())
    }

    fn to_json(&self) -> Value {
        let mut row = match &self.outcome {
            Ok(outcome) => outcome.to_json(),
            Err(panic) => json!({"panic": panic}),
        };
        row["scenario"] = json!(self.scenario);
        row["passed"] = json!(self.passed());
        row["wall_seconds"] = json!(self.wall.as_secs_f64());
        row
    }
}

/// The heading of the table.
pub fn head() -> String {
    format!(
        "{:<28}{:>7}{:>8}{:>13}{:>22}{:>12}{:>9}  result",
        "scenario", "runs", "jobs", "leases lost", "stale writes refused", "violations", "wall s"
    )
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wall = self.wall.as_secs_f64();
        match &self.outcome {
            Ok(o) => {
                let result = match (&o.skipped, o.violations.is_empty()) {
                    (Some(reason), _) => format!("skipped: {reason}"),
                    (None, true) => "ok".to_owned(),
                    (None, false) => format!("BROKEN\n{}", crate::invariants::listed(&o.violations)),
                };
                write!(
                    f,
                    "{:<28}{:>7}{:>8}{:>13}{:>22}{:>12}{wall:>9.1}  {result}",
                    self.scenario,
                    o.runs,
                    o.jobs,
                    o.leases_lost,
                    o.stale_writes,
                    o.violations.len()
                )
            }
            Err(panic) => write!(
                f,
                "{:<28}{:>7}{:>8}{:>13}{:>22}{:>12}{wall:>9.1}  FAILED: {panic}",
                self.scenario, "-", "-", "-", "-", "-"
            ),
        }
    }
}

/// Broken invariants of all rows.
pub fn violations(rows: &[Row]) -> usize {
    rows.iter()
        .filter_map(|row| row.outcome.as_ref().ok())
        .map(|outcome| outcome.violations.len())
        .sum()
}

/// Writes the table to `.dev/faults/faults.json` of the checkout.
pub fn write(rows: &[Row]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/faults");
    let rows: Vec<Value> = rows.iter().map(Row::to_json).collect();
    let text = serde_json::to_string_pretty(&json!({"scenarios": rows})).expect("numbers and texts are JSON");
    let written =
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join("faults.json"), text));
    if let Err(error) = written {
        eprintln!("faults.json cannot be written: {error}");
    }
}
