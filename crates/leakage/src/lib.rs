//! Looks for what a model would be told in training and could not be told when it counts: features that know later rows, near
//! copies of the target, columns that were filled in later, rows and features that come twice.
//!
//! This crate is pure: no I/O and no clock; the same rows and question give the same report, on any number of threads.
//! [`Question`] -> [`check`] -> [`Report`]. A new check is one file in `checks/` and its line in the registry there. A check that would take
//! too long on all rows looks at a sample, and its [`Scope`] says of how much; everything parallel runs in rayon's current pool.

mod checks;
mod correlation;
mod looked;
mod report;

pub use checks::CHECKS;
pub use looked::{Question, memory_bytes, wanted_rows};
pub use report::{Change, Check, Checked, Finding, Outcome, Report, Scope, Severity, Subject};

use looked::Looked;
use mltraining_panel::compute::Cancelled;
use std::sync::atomic::Ordering;

/// Runs every check.
///
/// # Errors
/// [`Cancelled`] when the question's flag says so.
///
/// # Panics
/// When the panel lacks a column of the plan.
pub fn check(question: &Question<'_>) -> Result<Report, Cancelled> {
    let looked = Looked::at(question)?;
    let mut report = Report::default();
    for kind in CHECKS {
        if question.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        report.checked.push(Checked {
            check: kind.check,
            outcome: (kind.run)(&looked)?,
        });
    }
    Ok(report)
}
