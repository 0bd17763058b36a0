//! The same for small nodes: only bins that rows lie in are looked at.

use super::draw::{Cell, Draw, Narrow};
use super::histogram::Histogram;
use crate::binned::MISSING;

/// The bins of a small node that rows lie in.
pub(super) struct Occupied {
    /// All 0 between two uses.
    cells: Histogram<Narrow>,
    running: Histogram<Narrow>,
    bins: [u8; 256],
}

impl Default for Occupied {
    fn default() -> Self {
        Self {
            cells: [Narrow::default(); 256],
            running: [Narrow::default(); 256],
            bins: [0; 256],
        }
    }
}

impl Occupied {
    /// Counts the rows by bin. Gives the running tallies of the bins with a row, in ascending order, which bins these are, and
    /// the tally of missing values.
    pub(super) fn count(&mut self, column: &[u8], rows: &[Draw]) -> (&[Narrow], &[u8], Narrow) {
        let mut present = [0u64; 4];
        for &draw in rows {
            let bin = column[draw.row()];
            self.cells[usize::from(bin)] += Narrow::of(draw);
            present[usize::from(bin >> 6)] |= 1 << (bin & 63);
        }
        present[3] &= !(1 << 63);
        let missing = std::mem::take(&mut self.cells[usize::from(MISSING)]);
        let (mut found, mut sum) = (0usize, Narrow::default());
        for (word, mut bits) in present.into_iter().enumerate() {
            while bits != 0 {
                let bin = (word as u8) << 6 | bits.trailing_zeros() as u8;
                bits &= bits - 1;
                let place = found & 255; // at most 255 bins hold values; this says so to the compiler
                sum += std::mem::take(&mut self.cells[usize::from(bin)]);
                self.running[place] = sum;
                self.bins[place] = bin;
                found += 1;
            }
        }
        (&self.running[..found], &self.bins[..found], missing)
    }
}
