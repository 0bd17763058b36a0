//! One label with many changes and horizons, from the same rows.

use super::Counted;
use super::labels::{LabelCounts, Shared, walk};
use crate::compute::Cancelled;
use mltraining_domain::{LabelSpec, Span};
use rayon::prelude::*;

/// What one label of a grid would look like: as [`labels`](super::labels) counts it alone.
#[derive(Debug, Clone, PartialEq)]
pub struct GridCell {
    /// The change, as a ratio.
    pub change: f64,
    /// The horizon.
    pub horizon: Span,
    /// All rows.
    pub counts: LabelCounts,
    /// As in [`LabelPreview`](super::LabelPreview).
    pub mean_uniqueness: Option<f64>,
    /// As in [`LabelPreview`](super::LabelPreview).
    pub mean_overlap: Option<f64>,
}

/// Counts a label with each of the changes over each of the horizons, row by row: the first change with every horizon, then
/// the next. Runs in rayon's current pool; no thread holds more than the labels of one entity. Empty for a label that has no
/// change.
///
/// # Errors
/// [`Cancelled`].
///
/// # Panics
/// As [`labels`](super::labels).
pub fn grid(
    counted: &Counted<'_>,
    label: &LabelSpec,
    changes: &[f64],
    horizons: &[Span],
) -> Result<Vec<GridCell>, Cancelled> {
    let pairs = changes
        .iter()
        .flat_map(|change| horizons.iter().map(move |horizon| (*change, *horizon)));
    let cells: Vec<(f64, Span)> = pairs.collect();
    let cells = cells.into_par_iter().filter_map(|(change, horizon)| {
        let label = label.with(change, horizon)?;
        Some(cell(counted, &label, change, horizon))
    });
    cells.collect()
}

fn cell(counted: &Counted<'_>, label: &LabelSpec, change: f64, horizon: Span) -> Result<GridCell, Cancelled> {
    let (mut counts, mut shared) = (LabelCounts::default(), Shared::default());
    walk(counted, label, |of| {
        of.values().for_each(|(_, value)| counts.add(value));
        shared.add(counted, of);
    })?;
    Ok(GridCell {
        change,
        horizon,
        counts,
        mean_uniqueness: shared.mean_uniqueness(),
        mean_overlap: shared.mean_overlap(),
    })
}
