//! Labels: what came true, known at a resolve time after the decision time. What cannot resolve is unknown, never
//! negative.
//!
//! A new kind is one file here and its line in [`KINDS`] (and, because specs are a closed set, in `kind_of`).

mod change_at_horizon;

use crate::Panel;
use crate::catalogue::Bars;
use mltraining_domain::{LabelSpec, SourceSpec, Violations};

/// What is known about one row's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LabelValue {
    /// It did not come true.
    Negative = 0,
    /// It came true.
    Positive = 1,
    /// It cannot be known.
    Unknown = 2,
}

/// The resolve time of a row whose label is unknown: later than any other.
pub const UNRESOLVED: i64 = i64::MAX;

/// One label per row of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// What came true.
    pub values: Vec<LabelValue>,
    /// When it is known, microseconds since 1970-01-01 UTC; [`UNRESOLVED`] for an unknown label.
    pub resolve_times: Vec<i64>,
}

/// A kind of label in the catalogue.
#[derive(Debug)]
pub struct LabelKind {
    /// Name of the kind, as in the spec.
    pub name: &'static str,
    /// What it means, with the formula, for people.
    pub description: &'static str,
    /// A few specs of this kind that are in use somewhere; the tests of the catalogue run on them.
    pub examples: fn() -> Vec<LabelSpec>,
    /// The column that is foreseen, when the source has it.
    pub column: for<'a> fn(&'a LabelSpec, &'a SourceSpec) -> Option<&'a str>,
    /// What is wrong with the column; fields are named below the prefix.
    pub check_column: fn(&LabelSpec, &SourceSpec, &str) -> Violations,
    /// The labels of one entity, written row by row.
    label: fn(&Bars<'_>, &LabelSpec, &SourceSpec, &mut [LabelValue], &mut [i64]),
}

/// Every kind of label.
pub static KINDS: &[&LabelKind] = &[&change_at_horizon::KIND];

/// The kind of a spec.
pub fn kind_of(label: &LabelSpec) -> &'static LabelKind {
    match label {
        LabelSpec::ChangeAtHorizon(_) => &change_at_horizon::KIND,
    }
}

/// The column that must be read for a label; `None` when the source lacks it.
pub fn column<'a>(label: &'a LabelSpec, source: &'a SourceSpec) -> Option<&'a str> {
    (kind_of(label).column)(label, source)
}

/// What is wrong with the label's column in this source; fields are named below `prefix` (`spec.label`).
pub fn check_column(label: &LabelSpec, source: &SourceSpec, prefix: &str) -> Violations {
    (kind_of(label).check_column)(label, source, prefix)
}

/// The labels of every row of a panel. All are unknown when the panel lacks the label's column. Nothing but the panel is
/// looked at: a label that would resolve after its last row is unknown. Linear in the rows.
pub fn compute(panel: &Panel, label: &LabelSpec, source: &SourceSpec) -> Labels {
    let mut labels = Labels {
        values: vec![LabelValue::Unknown; panel.rows()],
        resolve_times: vec![UNRESOLVED; panel.rows()],
    };
    let kind = kind_of(label);
    let Some(column) = column(label, source).and_then(|name| panel.column(name)) else {
        return labels;
    };
    for entity in 0..panel.entities().len() {
        let rows = panel.range_of(entity);
        let columns = [column];
        let bars = Bars::of(panel, &columns, rows.clone());
        let values = &mut labels.values[rows.clone()];
        let resolve_times = &mut labels.resolve_times[rows];
        (kind.label)(&bars, label, source, values, resolve_times);
    }
    labels
}

#[cfg(test)]
mod tests;
