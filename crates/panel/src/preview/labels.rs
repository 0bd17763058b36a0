//! What a label would look like.

use super::Counted;
use crate::MICROS_PER_DAY;
use crate::compute::Cancelled;
use crate::labels::{LabelValue, Labeller, Labels};
use crate::uniqueness::sharing;
use mltraining_domain::LabelSpec;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::Ordering;

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
    /// Mean of the [uniqueness](crate::uniqueness::Sharing::uniqueness) of the known labels: so many of them, as a share, are
    /// as good as independent of the others of their entity. `None` when no label is known.
    pub mean_uniqueness: Option<f64>,
    /// Mean of the [overlap](crate::uniqueness::Sharing::overlap) of the known labels: so many others of their entity are open
    /// beside them. `None` when no label is known.
    pub mean_overlap: Option<f64>,
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

    pub(super) fn add(&mut self, value: LabelValue) {
        match value {
            LabelValue::Positive => self.positives += 1,
            LabelValue::Negative => self.negatives += 1,
            LabelValue::Unknown => self.unknown += 1,
        }
    }
}

/// The counted rows of one entity with their labels.
pub(super) struct OfEntity<'a> {
    /// Index of the entity.
    pub(super) entity: usize,
    /// The entity's rows in the panel.
    all: Range<usize>,
    /// Those that are counted.
    rows: &'a [u32],
    /// One for each of `all`.
    labels: &'a Labels,
}

impl OfEntity<'_> {
    /// Each counted row of the panel with its label.
    pub(super) fn values(&self) -> impl Iterator<Item = (usize, LabelValue)> {
        let rows = self.rows.iter().map(|row| *row as usize);
        rows.map(|row| (row, self.labels.values[row - self.all.start]))
    }
}

/// Labels the entities one by one and tells `take` of each that has rows to count.
pub(super) fn walk(
    counted: &Counted<'_>,
    label: &LabelSpec,
    mut take: impl FnMut(&OfEntity<'_>),
) -> Result<(), Cancelled> {
    assert!(
        counted.rows.windows(2).all(|pair| pair[0] < pair[1]),
        "rows must rise strictly"
    );
    let labeller = Labeller::new(counted.panel, label, counted.source, counted.end);
    let mut rest = counted.rows;
    while let Some(first) = rest.first() {
        if counted.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        let entity = counted.panel.entity_of(*first as usize);
        let all = counted.panel.range_of(entity);
        let (rows, others) = rest.split_at(rest.partition_point(|row| (*row as usize) < all.end));
        rest = others;
        take(&OfEntity {
            entity,
            all,
            rows,
            labels: &labeller.of_entity(entity),
        });
    }
    Ok(())
}

/// How the known labels share their time, entity after entity.
#[derive(Default)]
pub(super) struct Shared {
    known: u64,
    uniqueness: f64,
    overlap: f64,
}

impl Shared {
    pub(super) fn add(&mut self, counted: &Counted<'_>, of: &OfEntity<'_>) {
        let known = of.values().filter(|(_, value)| *value != LabelValue::Unknown);
        let (decision, resolve): (Vec<i64>, Vec<i64>) = known
            .map(|(row, _)| {
                (
                    counted.panel.times()[row],
                    of.labels.resolve_times[row - of.all.start],
                )
            })
            .unzip();
        let found = sharing(&decision, &resolve);
        self.known += found.len() as u64;
        self.uniqueness += found.iter().map(|label| label.uniqueness).sum::<f64>();
        self.overlap += found.iter().map(|label| label.overlap).sum::<f64>();
    }

    pub(super) fn mean_uniqueness(&self) -> Option<f64> {
        (self.known > 0).then(|| self.uniqueness / self.known as f64)
    }

    pub(super) fn mean_overlap(&self) -> Option<f64> {
        (self.known > 0).then(|| self.overlap / self.known as f64)
    }
}

/// Computes the labels of a panel entity by entity and counts those of some rows.
///
/// # Errors
/// [`Cancelled`].
///
/// # Panics
/// When the rows do not rise strictly, or one is named that the panel lacks.
pub fn labels(counted: &Counted<'_>, label: &LabelSpec) -> Result<LabelPreview, Cancelled> {
    let panel = counted.panel;
    let mut found = LabelPreview::default();
    let mut shared = Shared::default();
    let mut by_phase = BTreeMap::<Option<i32>, LabelCounts>::new();
    let mut by_day = BTreeMap::<i64, LabelCounts>::new();
    walk(counted, label, |of| {
        let mut counts = LabelCounts::default();
        for (row, value) in of.values() {
            found.total.add(value);
            counts.add(value);
            if let Some(phases) = panel.phases() {
                by_phase.entry(phases[row]).or_default().add(value);
            }
            let day = panel.times()[row].div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
            by_day.entry(day).or_default().add(value);
        }
        shared.add(counted, of);
        let name = panel.entities()[of.entity].clone();
        found.by_entity.push((name, counts));
    })?;
    Ok(LabelPreview {
        by_phase: by_phase.into_iter().collect(),
        by_day: by_day.into_iter().collect(),
        mean_uniqueness: shared.mean_uniqueness(),
        mean_overlap: shared.mean_overlap(),
        ..found
    })
}
