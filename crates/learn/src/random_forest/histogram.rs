//! Histograms of a node's draws: filled for several features in one go over the rows.

use super::draw::{Cell, Draw};

/// Tallies by bin; the last one is that of missing values.
pub(super) type Histogram<C> = [C; 256];
/// Features whose histograms are filled in one go.
pub(super) const AT_ONCE: usize = 3;

/// Counts the rows by bin, for each of up to [`AT_ONCE`] columns of the same length.
pub(super) fn fill<C: Cell>(columns: &[&[u8]], rows: &[Draw], histograms: &mut [Histogram<C>; AT_ONCE]) {
    match *columns {
        [a, b, c] => fill_some([a, b, c], rows, histograms),
        [a, b] => fill_some([a, b], rows, first(histograms)),
        [a] => fill_some([a], rows, first(histograms)),
        _ => unreachable!("features come in groups of 1 to {AT_ONCE}"),
    }
}

fn first<C, const N: usize>(histograms: &mut [Histogram<C>; AT_ONCE]) -> &mut [Histogram<C>; N] {
    histograms.first_chunk_mut().expect("N is at most AT_ONCE")
}

#[inline(never)] // alone, its loop keeps everything in registers
fn fill_some<C: Cell, const N: usize>(
    columns: [&[u8]; N],
    rows: &[Draw],
    histograms: &mut [Histogram<C>; N],
) {
    // One length for all: one bounds check per row instead of one per column.
    let length = columns[0].len();
    let columns = columns.map(|column| &column[..length]);
    histograms.fill([C::default(); 256]);
    for &draw in rows {
        let (row, count) = (draw.row(), C::of(draw));
        for (column, histogram) in columns.iter().zip(histograms.iter_mut()) {
            histogram[usize::from(column[row])] += count;
        }
    }
}
