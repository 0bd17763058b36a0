//! The table of the fault suite.

use crate::scenarios::Outcome;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// What a scenario that could not be done means for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skips {
    /// Nothing: it is said, and that is all.
    Allowed,
    /// The suite has failed.
    Fail,
}

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
    /// True when it was done and did what it must.
    pub fn passed(&self) -> bool {
        self.outcome
            .as_ref()
            .is_ok_and(|outcome| outcome.violations.is_empty() && outcome.skipped.is_none())
    }

    /// True when it, or a part of it, could not be done on this machine.
    pub fn skipped(&self) -> bool {
        self.outcome
            .as_ref()
            .is_ok_and(|outcome| outcome.skipped.is_some())
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

/// Broken invariants of all rows; a scenario that failed in another way counts as one.
pub fn violations(rows: &[Row]) -> usize {
    let of_row = |row: &Row| row.outcome.as_ref().map_or(1, |outcome| outcome.violations.len());
    rows.iter().map(of_row).sum()
}

/// Scenarios that could not be done on this machine.
pub fn skipped(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.skipped()).count()
}

/// True when every scenario passed, and none was skipped unless that is allowed.
pub fn is_green(rows: &[Row], skips: Skips) -> bool {
    let fine = |row: &Row| row.passed() || (skips == Skips::Allowed && row.skipped());
    violations(rows) == 0 && rows.iter().all(fine)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(outcome: Result<Outcome, String>) -> Row {
        Row {
            scenario: "x",
            outcome,
            wall: Duration::ZERO,
        }
    }

    #[test]
    fn a_skipped_scenario_passes_only_where_that_is_allowed() {
        let rows = [row(Ok(Outcome::default())), row(Ok(Outcome::skipped("not here")))];
        assert_eq!((skipped(&rows), violations(&rows)), (1, 0));
        assert!(!is_green(&rows, Skips::Fail));
        assert!(is_green(&rows, Skips::Allowed));
        assert!(is_green(&rows[..1], Skips::Fail));
        let panicked = [row(Err("panicked".to_owned()))];
        assert!(!is_green(&panicked, Skips::Allowed));
        assert_eq!(violations(&panicked), 1);
    }
}
