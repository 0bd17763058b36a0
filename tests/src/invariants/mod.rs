//! The invariants of the job engine, checked after every scenario: I1-I7 and I9 by one SQL function over all rows and over
//! what recording triggers saw on the way, I8 by reading every committed file, I10 by waiting for the end of every job.

mod blobs;
#[cfg(test)]
mod tests;

use crate::database::Database;
use crate::system::System;
use crate::wait;
use std::fmt;
use std::time::Duration;

/// One job that breaks one invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `I1` to `I10`, or `EVENTS`.
    pub invariant: String,
    /// The job, or whatever is nearest to it.
    pub job: String,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} job {}: {}", self.invariant, self.job, self.detail)
    }
}

/// Puts the recorders and the function `invariant_violations()` into a migrated database without jobs. They see what happens
/// from now on.
pub fn install(database: &Database) {
    database.sql(include_str!("recorder.sql"));
    database.sql(include_str!("violations.sql"));
}

/// What is broken now in the rows and on the way there: I1-I7 and I9. True at any moment, with jobs running.
pub fn violations_of_rows(database: &Database) -> Vec<Violation> {
    let rows = database
        .sql("SELECT invariant, job, replace(detail, E'\\n', ' ') FROM invariant_violations() LIMIT 1000");
    rows.lines().filter_map(parse).collect()
}

/// Waits up to `patience` for the end of every job (I10; a worker must live), then checks everything.
pub async fn violations(system: &System, patience: Duration) -> Vec<Violation> {
    let ended = wait::holds(patience, || async {
        system
            .database
            .count("SELECT count(*) FROM job WHERE finished_at IS NULL")
            == 0
    })
    .await;
    let mut found = violations_of_rows(&system.database);
    found.extend(blobs::violations(system).await);
    if !ended {
        let rows = system.database.sql(
            "SELECT 'I10', id, state || ' in epoch ' || lease_epoch || ' has not ended' FROM job WHERE finished_at IS NULL LIMIT 20",
        );
        found.extend(rows.lines().filter_map(parse));
    }
    found
}

/// Panics with the list when an invariant is broken, or a job does not end.
pub async fn assert_invariants(system: &System) {
    let found = violations(system, wait::PATIENCE).await;
    assert!(
        found.is_empty(),
        "{} violations:\n{}",
        found.len(),
        listed(&found)
    );
}

/// One line a violation.
pub fn listed(found: &[Violation]) -> String {
    found.iter().map(|v| format!("{v}\n")).collect()
}

fn parse(line: &str) -> Option<Violation> {
    let mut parts = line.splitn(3, '|');
    Some(Violation {
        invariant: parts.next().filter(|part| !part.is_empty())?.to_owned(),
        job: parts.next()?.to_owned(),
        detail: parts.next()?.to_owned(),
    })
}
