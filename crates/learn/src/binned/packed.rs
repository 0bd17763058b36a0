//! The same bins row by row, eight features in a word: what a histogram of all features reads.

use super::BinnedMatrix;
use crate::control::Control;
use crate::fit::FitError;
use rayon::prelude::*;

/// Features in a word.
pub(crate) const LANES: usize = 8;
/// Rows that are packed in one go.
const CHUNK: usize = 4096;

/// Row-major words of eight bins each; the first feature stands in the lowest byte.
pub(crate) struct PackedRows {
    words: Vec<u64>,
    width: usize,
}

impl PackedRows {
    pub(crate) fn of(bins: &BinnedMatrix, control: &Control<'_>) -> Result<Self, FitError> {
        let width = bins.features().div_ceil(LANES);
        let words = vec![0u64; bins.rows * width];
        let mut packed = Self { words, width };
        packed.fill(bins, control)?;
        Ok(packed)
    }

    /// Packs the same rows again, whose order has changed.
    pub(crate) fn fill(&mut self, bins: &BinnedMatrix, control: &Control<'_>) -> Result<(), FitError> {
        let width = self.width;
        self.words
            .par_chunks_mut(CHUNK * width)
            .enumerate()
            .try_for_each(|(chunk, words)| {
                control.check()?;
                words.fill(0);
                for feature in 0..bins.features() {
                    let column = &bins.column(feature)[chunk * CHUNK..];
                    let shift = 8 * (feature % LANES);
                    let places = words[feature / LANES..].iter_mut().step_by(width);
                    for (word, &bin) in places.zip(column) {
                        *word |= u64::from(bin) << shift;
                    }
                }
                Ok(())
            })
    }

    /// Words of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The words of one row.
    #[inline]
    pub(crate) fn row(&self, row: u32) -> &[u64] {
        &self.words[row as usize * self.width..][..self.width]
    }
}
