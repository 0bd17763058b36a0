//! Training rows as small integers: what histogram learners read instead of values.

mod cuts;
pub(crate) mod packed;
pub(crate) mod sort;

use crate::control::Control;
use crate::fit::FitError;
use crate::matrix::Matrix;
use rayon::prelude::*;

/// Bins of values: 0 to 254.
pub(crate) const VALUE_BINS: usize = 255;
/// The bin of a missing value.
pub(crate) const MISSING: u8 = 255;

/// Column-major u8 bins of the training rows. Bin `b` of a value says `cuts[b - 1] < value <= cuts[b]`.
pub(crate) struct BinnedMatrix {
    rows: usize,
    bins: Vec<u8>,
    cuts: Vec<Vec<f32>>,
}

impl BinnedMatrix {
    /// Bins `rows` of `x`. The cuts are quantiles of these rows alone, so that nothing of other rows is known.
    pub(crate) fn of(x: &Matrix, rows: &[u32], control: &Control<'_>) -> Result<Self, FitError> {
        let mut bins = vec![0; rows.len() * x.features()];
        let cuts = bins
            .par_chunks_mut(rows.len())
            .enumerate()
            .map(|(feature, bins)| {
                control.check()?;
                let column = x.column(feature);
                let cuts = cuts::quantiles(&column, rows);
                cuts::assign(&cuts, &column, rows, bins);
                Ok(cuts)
            })
            .collect::<Result<_, FitError>>()?;
        Ok(Self {
            rows: rows.len(),
            bins,
            cuts,
        })
    }

    /// Bins other rows by the cuts of these.
    pub(crate) fn of_others(
        &self,
        x: &Matrix,
        rows: &[u32],
        control: &Control<'_>,
    ) -> Result<Self, FitError> {
        let mut bins = vec![0; rows.len() * x.features()];
        bins.par_chunks_mut(rows.len().max(1))
            .enumerate()
            .try_for_each(|(feature, bins)| {
                control.check()?;
                cuts::assign(&self.cuts[feature], &x.column(feature), rows, bins);
                Ok(())
            })?;
        Ok(Self {
            rows: rows.len(),
            bins,
            cuts: self.cuts.clone(),
        })
    }

    /// Puts the rows into another order: the one numbered `order[i]` becomes number `i`.
    pub(crate) fn reorder(&mut self, order: &[u32], control: &Control<'_>) -> Result<(), FitError> {
        self.bins
            .par_chunks_mut(self.rows)
            .try_for_each_init(Vec::new, |moved, column| {
                control.check()?;
                moved.clear();
                moved.extend(order.iter().map(|&row| column[row as usize]));
                column.copy_from_slice(moved);
                Ok(())
            })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn features(&self) -> usize {
        self.cuts.len()
    }

    /// Bins of one feature, in the order of the rows.
    pub(crate) fn column(&self, feature: usize) -> &[u8] {
        &self.bins[feature * self.rows..(feature + 1) * self.rows]
    }

    /// Bins of values that the feature has: 1 to [`VALUE_BINS`].
    pub(crate) fn value_bins(&self, feature: usize) -> usize {
        self.cuts[feature].len() + 1
    }

    /// The value up to which rows lie in `bin` or below; +inf for the last bin.
    pub(crate) fn threshold(&self, feature: usize, bin: u8) -> f32 {
        self.cuts[feature]
            .get(usize::from(bin))
            .copied()
            .unwrap_or(f32::INFINITY)
    }
}
