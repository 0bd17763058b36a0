//! What came of a scenario.

use crate::invariants::{self, Violation};
use crate::system::System;
use crate::wait;
use serde_json::{Value, json};

/// What came of a scenario: a row of the table of `./dev faults`.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How often the fault was made.
    pub runs: u32,
    /// Jobs that went through it.
    pub jobs: i64,
    /// Attempts whose lease was lost.
    pub leases_lost: i64,
    /// Writes of workers that had lost their lease, each refused.
    pub stale_writes: usize,
    /// What broke an invariant.
    pub violations: Vec<Violation>,
    /// Why it could not be done on this machine.
    pub skipped: Option<String>,
}

impl Outcome {
    /// Waits for the end of every job, then checks all invariants.
    pub async fn of(system: &System, runs: u32) -> Self {
        super::rows_say(
            &system.database,
            "the jobs end",
            "NOT EXISTS (SELECT FROM job WHERE finished_at IS NULL)",
        )
        .await;
        let violations = invariants::violations(system, wait::PATIENCE).await;
        Self {
            runs,
            jobs: system.database.count("SELECT count(*) FROM job"),
            leases_lost: system
                .database
                .count("SELECT count(*) FROM job_attempt WHERE outcome = 'LOST'"),
            stale_writes: system.stale_writes().len(),
            violations,
            skipped: None,
        }
    }

    /// Not done, and why.
    pub fn skipped(reason: &str) -> Self {
        Self {
            skipped: Some(reason.to_owned()),
            ..Self::default()
        }
    }

    /// Both together.
    pub fn and(mut self, other: Self) -> Self {
        self.runs += other.runs;
        self.jobs += other.jobs;
        self.leases_lost += other.leases_lost;
        self.stale_writes += other.stale_writes;
        self.violations.extend(other.violations);
        self.skipped = self.skipped.or(other.skipped);
        self
    }

    /// Panics with the list when an invariant is broken.
    pub fn assert_clean(&self) {
        if let Some(reason) = &self.skipped {
            eprintln!("skipped: {reason}");
        }
        let found = &self.violations;
        assert!(
            found.is_empty(),
            "{} violations:\n{}",
            found.len(),
            invariants::listed(found)
        );
    }

    /// As it stands in `.dev/faults/faults.json`.
    pub fn to_json(&self) -> Value {
        json!({
            "runs": self.runs,
            "jobs": self.jobs,
            "leases_lost": self.leases_lost,
            "stale_writes_refused": self.stale_writes,
            "violations": self.violations.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "skipped": self.skipped,
        })
    }
}
