//! Labels: what came true, known at a resolve time that is never before the decision. What cannot resolve is unknown, never
//! negative.
//!
//! A new kind is one file here and its line in [`KINDS`] (and, because specs are a closed set, in `rule_of`).

mod change_at_horizon;
mod change_target;
mod column;
mod extreme_within_horizon;
pub(crate) mod first_reach;
pub(crate) mod horizon;
mod quantities;
mod threshold;
mod triple_barrier;

use crate::Panel;
use crate::catalogue::{Bars, did_you_mean};
use mltraining_domain::{LabelSpec, Reason, SourceSpec, Violations};
use std::borrow::Cow;

pub use quantities::{Quantity, quantities};

/// What is known about one row's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum LabelValue {
    /// It did not come true.
    Negative = 0,
    /// It came true.
    Positive = 1,
    /// It cannot be known.
    Unknown = 2,
}

impl LabelValue {
    /// Whether it came true, as a label.
    pub(crate) fn of(came_true: bool) -> Self {
        if came_true { Self::Positive } else { Self::Negative }
    }
}

/// The resolve time of a row whose label is unknown: later than any other.
pub const UNRESOLVED: i64 = i64::MAX;

/// The end of a range that has none.
pub const NO_END: i64 = i64::MAX;

/// One label per row of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// What came true.
    pub values: Vec<LabelValue>,
    /// When it is known, microseconds since 1970-01-01 UTC; [`UNRESOLVED`] for an unknown label.
    pub resolve_times: Vec<i64>,
}

impl Labels {
    fn unknown(rows: usize) -> Self {
        Self {
            values: vec![LabelValue::Unknown; rows],
            resolve_times: vec![UNRESOLVED; rows],
        }
    }
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
}

/// Every kind of label.
pub static KINDS: &[&LabelKind] = &[
    &change_at_horizon::KIND,
    &extreme_within_horizon::KIND,
    &triple_barrier::KIND,
    &threshold::KIND,
    &column::KIND,
    &change_target::KIND,
];

/// How the labels of a kind come about.
trait Rule {
    /// The columns that it looks at: one for each of its inputs, in their order.
    fn columns(&self) -> Vec<Wanted<'_>>;

    /// Marks what is known of one entity's rows. The inputs of the bars are the [`columns`](Self::columns).
    fn mark(&self, bars: &Bars<'_>, source: &SourceSpec, marks: &mut Marks<'_>);
}

/// A column that a label looks at.
struct Wanted<'a> {
    /// The spec's field that names it.
    field: &'static str,
    /// Its name; `None` means the source's CLOSE column.
    name: Option<&'a str>,
}

/// Where the labels of one entity are written; unknown until something is said.
struct Marks<'a> {
    values: &'a mut [LabelValue],
    resolve_times: &'a mut [i64],
}

impl Marks<'_> {
    fn set(&mut self, row: usize, value: LabelValue, resolve_time: i64) {
        self.values[row] = value;
        self.resolve_times[row] = resolve_time;
    }
}

fn rule_of(label: &LabelSpec) -> &dyn Rule {
    match label {
        LabelSpec::ChangeAtHorizon(spec) => spec,
        LabelSpec::ExtremeWithinHorizon(spec) => spec,
        LabelSpec::TripleBarrier(spec) => spec,
        LabelSpec::Threshold(spec) => spec,
        LabelSpec::Column(spec) => spec,
        LabelSpec::ChangeTarget(spec) => spec,
    }
}

/// The columns that must be read for a label, one for each of its inputs (so that one may come twice); `None` when the
/// source lacks one.
pub fn columns<'a>(label: &'a LabelSpec, source: &'a SourceSpec) -> Option<Vec<&'a str>> {
    let wanted = rule_of(label).columns();
    wanted.iter().map(|wanted| find(wanted, source)).collect()
}

fn find<'a>(wanted: &Wanted<'_>, source: &'a SourceSpec) -> Option<&'a str> {
    let found = source.column_or_close(wanted.name);
    found.map(|column| column.name.as_str())
}

/// What is wrong with the label's columns in this source; fields are named below `prefix` (`spec.label`).
pub fn check_columns(label: &LabelSpec, source: &SourceSpec, prefix: &str) -> Violations {
    let path = format!("{prefix}.{}", label.name());
    check_wanted(&rule_of(label).columns(), source, &path)
}

fn check_wanted(wanted: &[Wanted<'_>], source: &SourceSpec, path: &str) -> Violations {
    let mut found = Violations::new();
    for wanted in wanted.iter().filter(|wanted| find(wanted, source).is_none()) {
        let known = source.columns.iter().map(|column| column.name.as_str());
        let text = match wanted.name {
            Some(name) => format!("the source has no column `{name}`{}", did_you_mean(name, known)),
            None => "the source has no column with the role CLOSE; name the column to foresee".to_owned(),
        };
        found.add(format!("{path}.{}", wanted.field), Reason::InvalidField, text);
    }
    found
}

/// The column whose value at the decision time tells the label, so that no feature may be computed from it: that of a
/// `column` label, and that of a `threshold` with a horizon of 0. `None` for labels that lie ahead.
pub fn telling_column<'a>(label: &'a LabelSpec, source: &'a SourceSpec) -> Option<&'a str> {
    let tells = match label {
        LabelSpec::Threshold(spec) => spec.horizon.is_zero(),
        LabelSpec::Column(_) => true,
        _ => false,
    };
    let wanted = rule_of(label).columns();
    tells.then(|| find(wanted.first()?, source)).flatten()
}

/// The labels of every row of a panel. All are unknown when the panel lacks a column of the label. Nothing but the panel is
/// looked at: a label that would resolve after its last row is unknown. A row whose horizon reaches `end` (microseconds
/// since 1970-01-01 UTC, the first instant that was not read; [`NO_END`] without one) is unknown even when a barrier was
/// touched before: of such rows only those that were touched could be known, and they alone would be no fair sample.
/// Linear in the rows, but for labels that look within the horizon: those take n log n.
pub fn compute(panel: &Panel, label: &LabelSpec, source: &SourceSpec, end: i64) -> Labels {
    let labeller = Labeller::new(panel, label, source, end);
    let mut labels = Labels::unknown(panel.rows());
    for entity in 0..panel.entities().len() {
        let rows = panel.range_of(entity);
        labeller.mark(
            entity,
            &mut Marks {
                values: &mut labels.values[rows.clone()],
                resolve_times: &mut labels.resolve_times[rows],
            },
        );
    }
    labels
}

/// Labels one entity after another, as [`compute`] labels all: for those who need not hold the labels of a whole panel.
pub struct Labeller<'a> {
    panel: &'a Panel,
    label: &'a LabelSpec,
    source: &'a SourceSpec,
    end: i64,
    /// Empty when the panel lacks one.
    inputs: Vec<&'a [f64]>,
}

impl<'a> Labeller<'a> {
    /// Everything as in [`compute`].
    pub fn new(panel: &'a Panel, label: &'a LabelSpec, source: &'a SourceSpec, end: i64) -> Self {
        let names = columns(label, source).unwrap_or_default();
        let inputs: Option<Vec<&[f64]>> = names.into_iter().map(|name| panel.column(name)).collect();
        Self {
            panel,
            label,
            source,
            end,
            inputs: inputs.unwrap_or_default(),
        }
    }

    /// The labels of one entity's rows, in their order.
    ///
    /// # Panics
    /// When there is no such entity.
    pub fn of_entity(&self, entity: usize) -> Labels {
        let mut labels = Labels::unknown(self.panel.range_of(entity).len());
        self.mark(
            entity,
            &mut Marks {
                values: &mut labels.values,
                resolve_times: &mut labels.resolve_times,
            },
        );
        labels
    }

    fn mark(&self, entity: usize, marks: &mut Marks<'_>) {
        if self.inputs.is_empty() {
            return;
        }
        let rows = self.panel.range_of(entity);
        let inputs: Vec<Cow<'_, [f64]>> = self
            .inputs
            .iter()
            .map(|all| Cow::Borrowed(&all[rows.clone()]))
            .collect();
        let bars = Bars::of(self.panel, &inputs, rows);
        rule_of(self.label).mark(&bars, self.source, marks);
        for row in horizon::open(bars.times, self.label.horizon(), self.end) {
            marks.set(row, LabelValue::Unknown, UNRESOLVED);
        }
    }
}

/// The kind of a spec.
pub fn kind_of(label: &LabelSpec) -> &'static LabelKind {
    let named = KINDS.iter().copied().find(|kind| kind.name == label.name());
    named.expect("every kind of spec is registered, which a test holds")
}

#[cfg(test)]
mod tests;
