//! Every check, one file each. A new one is its file, its `mod`, its line in [`CHECKS`] and its word in [`Check`](crate::Check).

mod duplicate_features;
mod duplicate_rows;
mod known_at_end;
mod look_ahead;
mod single_feature;
mod target_copy;

use crate::looked::Looked;
use crate::{Check, Outcome};
use mltraining_panel::compute::Cancelled;

/// A check.
#[derive(Debug)]
pub struct CheckKind {
    /// Its word.
    pub check: Check,
    /// What it does, with its bounds, for people.
    pub description: &'static str,
    /// Does it.
    pub(crate) run: fn(&Looked<'_>) -> Result<Outcome, Cancelled>,
}

/// Every check, in the order in which they run.
pub static CHECKS: &[&CheckKind] = &[
    &look_ahead::KIND,
    &single_feature::KIND,
    &target_copy::KIND,
    &duplicate_rows::KIND,
    &duplicate_features::KIND,
    &known_at_end::KIND,
];
