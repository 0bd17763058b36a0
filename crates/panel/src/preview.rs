//! What a label would look like, before any job.

use crate::labels::{self, LabelValue, Labels};
use crate::uniqueness::average_uniqueness;
use crate::{MICROS_PER_DAY, Panel};
use mltraining_domain::{LabelSpec, SourceSpec};
use std::collections::BTreeMap;

/// Rows by what is known of their label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LabelCounts {
    /// The label came true.
    pub positives: u64,
    /// It did not.
    pub negatives: u64,
    /// It cannot be known.
    pub unknown: u64,
}

/// Counts of labels over some rows of a panel. Only groups with rows appear.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelPreview {
    /// All rows.
    pub total: LabelCounts,
    /// By entity, in the panel's order.
    pub by_entity: Vec<(String, LabelCounts)>,
    /// By lifecycle phase at the decision time, ordered by id, rows without one first; empty when the panel has none.
    pub by_phase: Vec<(Option<i32>, LabelCounts)>,
    /// By UTC day of the decision time (its start in microseconds since 1970-01-01 UTC), in order of time.
    pub by_day: Vec<(i64, LabelCounts)>,
    /// Mean of the [average uniqueness](average_uniqueness) of the known labels: so many of them, as a share, are as good as
    /// independent of the others of their entity. `None` when no label is known.
    pub mean_uniqueness: Option<f64>,
}

impl LabelCounts {
    /// Rows counted.
    pub fn rows(&self) -> u64 {
        self.positives + self.negatives + self.unknown
    }

    /// Positives among the known; `None` when no label is known.
    pub fn positive_share(&self) -> Option<f64> {
        let known = self.positives + self.negatives;
        (known > 0).then(|| self.positives as f64 / known as f64)
    }

    fn add(&mut self, value: LabelValue) {
        match value {
            LabelValue::Positive => self.positives += 1,
            LabelValue::Negative => self.negatives += 1,
            LabelValue::Unknown => self.unknown += 1,
        }
    }
}

/// Computes the labels of a panel and counts those of `rows` (rows of the panel, each once, in any order). `end` is as in
/// [`labels::compute`].
///
/// # Panics
/// When a row is named that the panel lacks.
pub fn labels(panel: &Panel, source: &SourceSpec, label: &LabelSpec, rows: &[u32], end: i64) -> LabelPreview {
    let labels = labels::compute(panel, label, source, end);
    let mut total = LabelCounts::default();
    let mut by_entity = vec![LabelCounts::default(); panel.entities().len()];
    let mut by_phase = BTreeMap::<Option<i32>, LabelCounts>::new();
    let mut by_day = BTreeMap::<i64, LabelCounts>::new();
    for row in rows.iter().map(|row| *row as usize) {
        let value = labels.values[row];
        total.add(value);
        by_entity[panel.entity_of(row)].add(value);
        if let Some(phases) = panel.phases() {
            by_phase.entry(phases[row]).or_default().add(value);
        }
        let day = panel.times()[row].div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
        by_day.entry(day).or_default().add(value);
    }
    let named = panel.entities().iter().cloned().zip(by_entity);
    LabelPreview {
        total,
        by_entity: named.filter(|(_, counts)| counts.rows() > 0).collect(),
        by_phase: by_phase.into_iter().collect(),
        by_day: by_day.into_iter().collect(),
        mean_uniqueness: mean_uniqueness(panel, &labels, rows),
    }
}

fn mean_uniqueness(panel: &Panel, labels: &Labels, rows: &[u32]) -> Option<f64> {
    let rows = rows.iter().map(|row| *row as usize);
    let mut known: Vec<usize> = rows
        .filter(|row| labels.values[*row] != LabelValue::Unknown)
        .collect();
    known.sort_unstable(); // by entity, then by time, as the panel is
    let of_entity = known.chunk_by(|one, next| panel.entity_of(*one) == panel.entity_of(*next));
    let sums = of_entity.map(|rows| {
        let decision: Vec<i64> = rows.iter().map(|row| panel.times()[*row]).collect();
        let resolve: Vec<i64> = rows.iter().map(|row| labels.resolve_times[*row]).collect();
        average_uniqueness(&decision, &resolve).iter().sum::<f64>()
    });
    let sum: f64 = sums.sum();
    (!known.is_empty()).then(|| sum / known.len() as f64)
}
