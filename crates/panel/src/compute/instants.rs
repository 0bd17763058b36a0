//! The rows of a panel in the order of time: what all entities have at the same instant lies side by side.

use crate::Panel;
use crate::catalogue::{Bars, PlannedFeature, Scratch};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;

/// Rows by time, those of one time by entity.
pub(super) struct Instants {
    rows: Vec<u32>,
    times: Vec<i64>,
}

/// Rows from which on instants are gathered into one piece of work.
const ROWS_PER_PIECE: usize = 32 * 1024;

impl Instants {
    pub(super) fn of(panel: &Panel) -> Self {
        let times = panel.times();
        let mut rows: Vec<u32> = (0..times.len() as u32).collect();
        rows.par_sort_unstable_by_key(|row| (times[*row as usize], *row));
        Self {
            times: rows.iter().map(|row| times[*row as usize]).collect(),
            rows,
        }
    }

    /// A feature whose formula sees all entities at one time; inputs and outcome have one value for each row of the panel.
    pub(super) fn compute(&self, feature: &PlannedFeature, inputs: &[Cow<'_, [f64]>]) -> Vec<f64> {
        let mut ordered = vec![f64::NAN; self.rows.len()];
        let mut rest = ordered.as_mut_slice();
        let mut parts = Vec::new();
        for piece in self.pieces() {
            let (part, after) = rest.split_at_mut(piece.len());
            parts.push((piece, part));
            rest = after;
        }
        parts
            .into_par_iter()
            .for_each(|(piece, part)| self.fill(feature, inputs, piece, part));
        let mut values = vec![f64::NAN; self.rows.len()];
        for (row, value) in self.rows.iter().zip(ordered) {
            values[*row as usize] = value;
        }
        values
    }

    fn fill(
        &self,
        feature: &PlannedFeature,
        inputs: &[Cow<'_, [f64]>],
        piece: Range<usize>,
        out: &mut [f64],
    ) {
        let mut scratch = Scratch::default();
        let mut start = piece.start;
        for instant in self.times[piece.clone()].chunk_by(|a, b| a == b) {
            let places = start..start + instant.len();
            let rows = &self.rows[places.clone()];
            let gathered = inputs.iter().map(|column| {
                let values = rows.iter().map(|row| column[*row as usize]);
                Cow::Owned(values.collect())
            });
            let gathered: Vec<Cow<'_, [f64]>> = gathered.collect();
            let bars = Bars::at_one_time(instant, &gathered);
            let out = &mut out[places.start - piece.start..places.end - piece.start];
            (feature.family.formula)(&bars, feature.arguments, &mut scratch, out);
            start = places.end;
        }
    }

    /// Parts the places at borders of instants.
    fn pieces(&self) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = 0;
        while start < self.times.len() {
            let last = self.times[(start + ROWS_PER_PIECE - 1).min(self.times.len() - 1)];
            let end = start + self.times[start..].partition_point(|time| *time <= last);
            pieces.push(start..end);
            start = end;
        }
        pieces
    }
}
