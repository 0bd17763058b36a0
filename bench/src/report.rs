//! The table of a bench, and its file.

use anyhow::Context;
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a number, or the ratio of ours to the peer's, should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Less is better.
    AtMost(f64),
    /// More is better.
    AtLeast(f64),
}

/// One number of ours beside the same number of a peer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was measured, and against whom.
    pub name: String,
    /// Our number.
    pub ours: f64,
    /// The peer's number in the same run; `None` when no peer was measured.
    pub peer: Option<f64>,
    /// Unit of both.
    pub unit: &'static str,
    /// Ours divided by the peer's.
    pub ratio: Option<f64>,
    /// What the ratio should be, e.g. `<= 0.0125`.
    pub goal: Goal,
    /// Whether it is; `None` without a peer.
    pub met: Option<bool>,
}

impl Goal {
    pub(crate) fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::AtLeast(least) => write!(f, ">= {least}"),
        }
    }
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Row {
    /// Compares `ours` with `peer`.
    pub fn new(
        name: impl Into<String>,
        unit: &'static str,
        ours: f64,
        peer: Option<f64>,
        goal: Goal,
    ) -> Self {
        let ratio = peer.map(|peer| ours / peer);
        let met = ratio.map(|ratio| goal.is_met(ratio));
        Self {
            name: name.into(),
            ours,
            peer,
            unit,
            ratio,
            goal,
            met,
        }
    }
}

/// Prints the table and writes `.dev/bench/{name}.json`; gives the file's path.
///
/// # Errors
/// When the file cannot be written.
pub fn write_report(name: &str, rows: &[Row]) -> anyhow::Result<PathBuf> {
    print(rows);
    let folder = folder();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join(format!("{name}.json"));
    let json = serde_json::to_vec_pretty(rows)?;
    std::fs::write(&file, json).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// Writes the report, says where it lies and how many goals are missed, and gives what the bench ends with.
///
/// # Errors
/// When the file cannot be written.
#[expect(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
pub fn conclude(name: &str, rows: &[Row]) -> anyhow::Result<ExitCode> {
    let file = write_report(name, rows)?;
    println!("\nwritten to {}", file.display());
    let missed = rows.iter().filter(|row| row.met == Some(false)).count();
    println!("goals missed: {missed}");
    Ok(match missed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The checkout that this was built from.
pub(crate) fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate lies in a folder of the checkout")
}

/// The folder of what checkouts share: `MLTS_SHARED_DIR`, or `shared` beside this checkout.
pub(crate) fn shared() -> PathBuf {
    let named = std::env::var_os("MLTS_SHARED_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| checkout().join("../shared"))
}

/// `.dev/bench` of the checkout that this was built from.
pub fn folder() -> PathBuf {
    checkout().join(".dev/bench")
}

#[expect(clippy::print_stdout, reason = "the table is what a bench is run for")]
fn print(rows: &[Row]) {
    let widest = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    println!(
        "{:widest$}  {:>10} {:>10}  {:6} {:>9}  {:10} met",
        "", "ours", "peer", "unit", "ratio", "goal"
    );
    for row in rows {
        let (ours, peer, ratio) = (number(Some(row.ours)), number(row.peer), number(row.ratio));
        let met = row.met.map_or("-", |met| if met { "yes" } else { "NO" });
        let goal = row.goal.to_string();
        println!(
            "{:widest$}  {ours:>10} {peer:>10}  {:6} {ratio:>9}  {goal:10} {met}",
            row.name, row.unit
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_its_goal_is_met_and_nothing_without_a_peer() {
        let met = |ours, peer, goal| Row::new("x", "s", ours, peer, goal).met;
        assert_eq!(met(1.0, Some(2.0), Goal::AtMost(0.5)), Some(true));
        assert_eq!(met(1.1, Some(2.0), Goal::AtMost(0.5)), Some(false));
        assert_eq!(met(1.1, Some(1.0), Goal::AtLeast(1.0)), Some(true));
        assert_eq!(met(1.1, None, Goal::AtLeast(1.0)), None);
    }

    #[test]
    fn a_row_is_written_with_the_keys_that_readers_look_for() {
        let json = serde_json::to_value(Row::new("fit", "CPU s", 1.0, None, Goal::AtMost(0.5))).unwrap();
        let expected = serde_json::json!({
            "name": "fit", "ours": 1.0, "peer": null, "unit": "CPU s", "ratio": null, "goal": "<= 0.5", "met": null
        });
        assert_eq!(json, expected);
    }
}
