//! The training rows as trees are grown on them.

use super::gradient::RowWeights;
use crate::binned::BinnedMatrix;
use crate::binned::packed::PackedRows;
use crate::fit::{FitError, Task};

/// Bins, labels and weights, row by row in the same order.
pub(super) struct Data {
    pub(super) bins: BinnedMatrix,
    pub(super) packed: PackedRows,
    labels: Vec<u8>,
    by_row: Option<Vec<f32>>,
    by_class: [f32; 2],
}

impl Data {
    /// Of the rows of a task whose classes have these weights.
    pub(super) fn of(task: &Task<'_>, by_class: [f32; 2]) -> Result<Self, FitError> {
        let bins = BinnedMatrix::of(task.x, task.rows, task.control)?;
        let packed = PackedRows::of(&bins, task.control)?;
        Ok(Self {
            bins,
            packed,
            labels: task.labels.clone(),
            by_row: task.weights.clone(),
            by_class,
        })
    }

    pub(super) fn weights(&self) -> RowWeights<'_> {
        RowWeights {
            labels: &self.labels,
            by_class: self.by_class,
            by_row: self.by_row.as_deref(),
        }
    }

    /// Puts the rows into another order: the one numbered `order[i]` becomes number `i`.
    pub(super) fn reorder(&mut self, order: &[u32], task: &Task<'_>) -> Result<(), FitError> {
        self.bins.reorder(order, task.control)?;
        self.packed.fill(&self.bins, task.control)?;
        self.labels = order.iter().map(|&row| self.labels[row as usize]).collect();
        if let Some(weights) = &mut self.by_row {
            *weights = order.iter().map(|&row| weights[row as usize]).collect();
        }
        Ok(())
    }
}
