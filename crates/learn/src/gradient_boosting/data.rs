//! The training rows as trees are grown on them.

use super::gradient::{RowTruth, Truth};
use crate::binned::BinnedMatrix;
use crate::binned::packed::PackedRows;
use crate::control::Control;
use crate::fit::FitError;
use crate::matrix::Matrix;
use std::borrow::Cow;

/// Bins, truths and weights, row by row in the same order.
pub(super) struct Data<'a> {
    pub(super) bins: BinnedMatrix,
    pub(super) packed: PackedRows,
    kept: Kept<'a>,
}

/// What came true in some rows, and what they weigh.
pub(super) struct Kept<'a> {
    pub(super) truth: KeptTruth<'a>,
    pub(super) by_row: Option<Cow<'a, [f32]>>,
}

/// See [`Truth`].
pub(super) enum KeptTruth<'a> {
    Classes {
        labels: Cow<'a, [u8]>,
        by_class: [f32; 2],
    },
    Numbers(Vec<f32>),
}

impl Kept<'_> {
    pub(super) fn view(&self) -> RowTruth<'_> {
        RowTruth {
            truth: match &self.truth {
                KeptTruth::Classes { labels, by_class } => Truth::Classes {
                    labels,
                    by_class: *by_class,
                },
                KeptTruth::Numbers(numbers) => Truth::Numbers(numbers),
            },
            by_row: self.by_row.as_deref(),
        }
    }

    fn reorder(&mut self, order: &[u32]) {
        match &mut self.truth {
            KeptTruth::Classes { labels, .. } => *labels = Cow::Owned(moved(labels, order)),
            KeptTruth::Numbers(numbers) => *numbers = moved(numbers, order),
        }
        if let Some(weights) = &mut self.by_row {
            *weights = Cow::Owned(moved(weights, order));
        }
    }
}

fn moved<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&row| values[row as usize]).collect()
}

impl<'a> Data<'a> {
    /// Of the rows of a fit, in which `kept` came true.
    pub(super) fn of(
        x: &Matrix,
        rows: &[u32],
        kept: Kept<'a>,
        control: &Control<'_>,
    ) -> Result<Self, FitError> {
        let bins = BinnedMatrix::of(x, rows, control)?;
        let packed = PackedRows::of(&bins, control)?;
        Ok(Self { bins, packed, kept })
    }

    pub(super) fn truth(&self) -> RowTruth<'_> {
        self.kept.view()
    }

    /// Puts the rows into another order: the one numbered `order[i]` becomes number `i`.
    pub(super) fn reorder(&mut self, order: &[u32], control: &Control<'_>) -> Result<(), FitError> {
        self.bins.reorder(order, control)?;
        self.packed.fill(&self.bins, control)?;
        self.kept.reorder(order);
        Ok(())
    }
}
