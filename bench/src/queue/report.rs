//! What the bench found: the table on the screen, and the file.

use super::Length;
use super::system::{self, Machine};
use crate::report::{Goal, folder};
use crate::stats::Percentiles;
use anyhow::Context;
use serde::Serialize;
use std::path::PathBuf;

/// The number that others are held against.
pub(super) const YARDSTICK: &str = "pgbench's default TPC-B-like script at 20 clients";

/// One number.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    /// What was measured.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it should be.
    pub goal: Option<Goal>,
    /// Whether it is; `None` without a goal.
    pub met: Option<bool>,
}

/// All numbers of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `full` or `quick`.
    pub length: &'static str,
    /// Where it ran. With `fsync = off` a commit does not wait for the disk: rates are not those of a real server, ratios are.
    pub machine: Machine,
    /// The number that shares are of.
    pub yardstick: &'static str,
    /// The numbers, in the order in which they were measured.
    pub measures: Vec<Measure>,
}

impl Report {
    /// Begins a report by telling where it runs.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub(super) fn begin(length: &Length) -> anyhow::Result<Self> {
        let machine = Machine::look()?;
        system::say(&format!("queue bench, {} run. {machine}", length.name));
        system::say(&format!("yardstick: {YARDSTICK}"));
        Ok(Self {
            length: length.name,
            machine,
            yardstick: YARDSTICK,
            measures: Vec::new(),
        })
    }

    /// Says what comes next.
    pub(super) fn part(&self, name: &str) {
        system::say(&format!("\n{name}"));
    }

    /// Adds a number without a goal.
    pub(super) fn note(&mut self, name: impl Into<String>, unit: &'static str, value: f64) {
        self.add(name.into(), unit, value, None);
    }

    /// Adds a number and holds it against its goal. A number that is none has missed it.
    pub(super) fn hold(&mut self, name: impl Into<String>, unit: &'static str, value: f64, goal: Goal) {
        self.add(name.into(), unit, value, Some(goal));
    }

    /// Adds the three percentiles, each with its goal if it has one.
    pub(super) fn spread(
        &mut self,
        name: &str,
        unit: &'static str,
        of: Percentiles,
        goals: [Option<Goal>; 3],
    ) {
        let parts = [("p50", of.p50), ("p95", of.p95), ("p99", of.p99)];
        for ((part, value), goal) in parts.into_iter().zip(goals) {
            self.add(format!("{name}, {part} of {}", of.samples), unit, value, goal);
        }
    }

    fn add(&mut self, name: String, unit: &'static str, value: f64, goal: Option<Goal>) {
        let measure = Measure {
            name,
            value,
            unit,
            goal,
            met: goal.map(|goal| goal.is_met(value)),
        };
        system::say(&measure.line());
        self.measures.push(measure);
    }

    /// How many goals do not hold.
    pub fn missed(&self) -> usize {
        self.measures
            .iter()
            .filter(|measure| measure.met == Some(false))
            .count()
    }

    /// Writes `.dev/bench/{name}.json`; gives its path.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = folder();
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let file = folder.join(format!("{name}.json"));
        std::fs::write(&file, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }
}

impl Measure {
    fn line(&self) -> String {
        let met = self.met.map_or("", |met| if met { "yes" } else { "NO" });
        let goal = self.goal.map(|goal| goal.to_string()).unwrap_or_default();
        let Self {
            name, value, unit, ..
        } = self;
        format!("  {name:66} {value:>12.3} {unit:10} {goal:10} {met}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_has_missed_its_goal() {
        assert!(!Goal::AtMost(5.0).is_met(f64::NAN));
        assert!(!Goal::AtLeast(5.0).is_met(f64::NAN));
    }
}
