//! Histograms of gradients over all features of a node.

use super::gradient::{Cell, Fine, Scale};
use crate::binned::packed::{LANES, PackedRows};
use crate::control::Control;
use crate::fit::FitError;
use rayon::prelude::*;

/// Rows that are gathered in one go: their words and cells stay in the nearest cache while one group of features is
/// counted after the other.
const TILE: usize = 512;
/// Rows of one piece of work.
const PART: usize = 32_768;

/// Cells by bin, for each chosen feature; the last cell is that of missing values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Histogram(Vec<[Cell; 256]>);

/// The features that a tree looks at, in ascending order.
pub(super) struct Columns {
    features: Vec<u16>,
    groups: Vec<Group>,
}

/// Chosen features that lie in one word.
struct Group {
    word: usize,
    shifts: Vec<u32>,
}

/// What histograms are counted from.
#[derive(Clone, Copy)]
pub(super) struct Counter<'a> {
    pub(super) packed: &'a PackedRows,
    pub(super) columns: &'a Columns,
    pub(super) fine: &'a [Fine],
    pub(super) scale: Scale,
    pub(super) control: &'a Control<'a>,
}

impl Columns {
    /// Of ascending features.
    pub(super) fn new(features: Vec<u16>) -> Self {
        let same_word = |a: &u16, b: &u16| usize::from(*a) / LANES == usize::from(*b) / LANES;
        let group = |features: &[u16]| Group {
            word: usize::from(features[0]) / LANES,
            shifts: features
                .iter()
                .map(|&f| 8 * u32::from(f % LANES as u16))
                .collect(),
        };
        let groups = features.chunk_by(same_word).map(group).collect();
        Self { features, groups }
    }

    pub(super) fn features(&self) -> &[u16] {
        &self.features
    }
}

impl Histogram {
    fn empty(features: usize) -> Self {
        Self(vec![[Cell::default(); 256]; features])
    }

    /// Bytes of a histogram.
    pub(super) fn bytes(features: usize) -> usize {
        features * size_of::<[Cell; 256]>()
    }

    /// Cells of the chosen feature at `place`.
    pub(super) fn of(&self, place: usize) -> &[Cell; 256] {
        &self.0[place]
    }

    /// All rows together.
    pub(super) fn total(&self) -> Cell {
        self.0[0].iter().fold(Cell::default(), |sum, &cell| sum + cell)
    }

    fn add(&mut self, other: &Self) {
        for (cells, others) in self.0.iter_mut().zip(&other.0) {
            for (cell, &other) in cells.iter_mut().zip(others) {
                *cell += other;
            }
        }
    }

    /// What is left when the rows of `part` are taken out.
    pub(super) fn without(mut self, part: &Self) -> Self {
        for (cells, parts) in self.0.iter_mut().zip(&part.0) {
            for (cell, &part) in cells.iter_mut().zip(parts) {
                *cell -= part;
            }
        }
        self
    }
}

impl Counter<'_> {
    /// The histogram of `rows`.
    pub(super) fn count(&self, rows: &[u32]) -> Result<Histogram, FitError> {
        let empty = || Histogram::empty(self.columns.features.len());
        if rows.len() <= PART {
            let mut histogram = empty();
            self.add(rows, &mut histogram)?;
            return Ok(histogram);
        }
        // Whole numbers: it does not matter who adds what to whom first.
        rows.par_chunks(PART)
            .try_fold(empty, |mut histogram, rows| {
                self.add(rows, &mut histogram)?;
                Ok(histogram)
            })
            .try_reduce_with(|mut a, b| {
                a.add(&b);
                Ok(a)
            })
            .unwrap_or_else(|| Ok(empty()))
    }

    fn add(&self, rows: &[u32], histogram: &mut Histogram) -> Result<(), FitError> {
        let width = self.packed.width();
        let mut words = vec![0u64; width * TILE];
        let mut cells = [Cell::default(); TILE];
        for rows in rows.chunks(TILE) {
            self.control.check()?;
            for (cell, &row) in cells.iter_mut().zip(rows) {
                *cell = self.scale.round(self.fine[row as usize]);
            }
            touch(self.packed, rows);
            gather(self.packed, rows, &mut words);
            let mut rest = histogram.0.as_mut_slice();
            for group in &self.columns.groups {
                let (histograms, later) = rest.split_at_mut(group.shifts.len());
                rest = later;
                let words = &words[group.word * TILE..][..rows.len()];
                group.add(words, &cells[..rows.len()], histograms);
            }
        }
        Ok(())
    }
}

/// Reads one word of each cache line of `rows` and does nothing with it: so little work for each row that many of them are on
/// their way from memory at once, which they would not be while they are copied.
#[inline(never)]
fn touch(packed: &PackedRows, rows: &[u32]) {
    let mut seen = 0;
    for &row in rows {
        let words = packed.row(row);
        seen ^= words[0] ^ words[words.len() - 1];
    }
    std::hint::black_box(seen);
}

/// Copies the words of `rows`, one place of the row after the other. Loads that wait for memory overlap here, as they would not
/// between the additions to histograms.
#[inline(never)]
fn gather(packed: &PackedRows, rows: &[u32], words: &mut [u64]) {
    for (i, &row) in rows.iter().enumerate() {
        for (to, &word) in words[i..].iter_mut().step_by(TILE).zip(packed.row(row)) {
            *to = word;
        }
    }
}

impl Group {
    fn add(&self, words: &[u64], cells: &[Cell], histograms: &mut [[Cell; 256]]) {
        if let Ok(all) = histograms.try_into() {
            return add_all(words, cells, all);
        }
        let fours = histograms.chunks_exact_mut(4).zip(self.shifts.chunks_exact(4));
        for (histograms, shifts) in fours {
            if let (Ok(histograms), Ok(shifts)) = (histograms.try_into(), shifts.try_into()) {
                add_some::<4>(words, cells, shifts, histograms);
            }
        }
        let rest = self.shifts.len() / 4 * 4;
        for (histogram, &shift) in histograms[rest..].iter_mut().zip(&self.shifts[rest..]) {
            add_some(words, cells, [shift], std::array::from_mut(histogram));
        }
    }
}

#[inline(never)] // alone, its loop keeps everything in registers
fn add_all(words: &[u64], cells: &[Cell], histograms: &mut [[Cell; 256]; LANES]) {
    for (&word, &cell) in words.iter().zip(cells) {
        for (histogram, bin) in histograms.iter_mut().zip(word.to_le_bytes()) {
            histogram[usize::from(bin)] += cell;
        }
    }
}

#[inline(never)]
fn add_some<const N: usize>(
    words: &[u64],
    cells: &[Cell],
    shifts: [u32; N],
    histograms: &mut [[Cell; 256]; N],
) {
    for (&word, &cell) in words.iter().zip(cells) {
        for (histogram, shift) in histograms.iter_mut().zip(shifts) {
            histogram[usize::from((word >> shift) as u8)] += cell;
        }
    }
}
