//! Looks at rows before any job: counts of labels, a grid of them, and all that a training would learn from.

mod dataset;
mod grid;
mod labels;
mod statistics;

pub use dataset::{
    ColumnPreview, Dataset, DatasetPreview, FoldPreview, Refusal, ShownRow, dataset, needed_bytes,
};
pub use grid::{GridCell, grid};
pub use labels::{LabelCounts, LabelPreview, labels};
pub use statistics::{ColumnStatistics, QUANTILES};

use crate::Panel;
use mltraining_domain::SourceSpec;
use std::sync::atomic::AtomicBool;

/// The rows whose labels are counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// All that was read.
    pub panel: &'a Panel,
    /// Where it is from.
    pub source: &'a SourceSpec,
    /// The rows of the panel that are counted, rising strictly.
    pub rows: &'a [u32],
    /// As in [`crate::labels::compute`].
    pub end: i64,
    /// Set from outside to stop between two entities.
    pub cancel: &'a AtomicBool,
}
