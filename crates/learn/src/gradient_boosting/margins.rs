//! The sum of the trees so far, for each training row.

use std::sync::atomic::{AtomicU32, Ordering};

/// Log odds of each row, as the bits of an f32. Leaves are written from several threads, each row by one of them; atomics
/// without an order say so to the compiler and cost nothing.
pub(super) struct Margins(Vec<AtomicU32>);

impl Margins {
    pub(super) fn new(rows: usize, base: f32) -> Self {
        Self((0..rows).map(|_| AtomicU32::new(base.to_bits())).collect())
    }

    /// Puts the rows into another order: the one numbered `order[i]` becomes number `i`.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        let moved = |&row: &u32| AtomicU32::new(self.of(row as usize).to_bits());
        self.0 = order.iter().map(moved).collect();
    }

    #[inline]
    pub(super) fn of(&self, row: usize) -> f32 {
        f32::from_bits(self.0[row].load(Ordering::Relaxed))
    }

    /// Adds to some rows, which no other thread adds to at the same time.
    pub(super) fn add(&self, rows: &[u32], value: f32) {
        for &row in rows {
            let sum = self.of(row as usize) + value;
            self.0[row as usize].store(sum.to_bits(), Ordering::Relaxed);
        }
    }
}
