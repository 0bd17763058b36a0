//! Features of a panel, in parallel over features and entities.

mod ahead;
mod as_of;
mod bound;
mod instants;

use crate::Panel;
use crate::catalogue::{FeaturePlan, PlannedFeature, Scratch};
use ahead::Ahead;
use bound::Bound;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How a long computation is watched and stopped.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    /// Set from outside to stop at the next opportunity (a few milliseconds).
    pub cancel: &'a AtomicBool,
    /// Told (steps done, steps in all) from any thread; a call may overtake another.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// The computation was stopped by its [`Control`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Features of some rows, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureColumns {
    /// The features' names.
    pub names: Vec<String>,
    /// One column per name, one value per row asked for; NaN for unknown.
    pub columns: Vec<Vec<f32>>,
}

/// Rows of the panel from which on entities are gathered into one piece of work.
const ROWS_PER_PIECE: usize = 32 * 1024;

/// Computes a plan's features for some rows of the panel (`rows`, rising), from all rows of the panel. Runs in rayon's
/// current pool; the outcome is the same on any number of threads. A value beyond the range of `f32` becomes its largest.
///
/// # Errors
/// [`Cancelled`] when the control says so.
///
/// # Panics
/// When `rows` does not rise strictly, names a row that the panel lacks, or the panel lacks a column or a context of the plan.
pub fn features(
    panel: &Panel,
    plan: &FeaturePlan,
    rows: &[u32],
    control: &Control<'_>,
) -> Result<FeatureColumns, Cancelled> {
    let work = Work::of(panel, plan, rows, control);
    let ahead = Ahead::of(panel, &plan.features, control)?;
    let columns = plan.features.par_iter();
    let columns = columns.map(|feature| work.column(feature, &ahead));
    Ok(FeatureColumns {
        columns: columns.collect::<Result<_, Cancelled>>()?,
        names: plan.names(),
    })
}

/// Computes the same [`features`], `at_once` at a time, and keeps of each only what `take` makes of its column: for those
/// who look at columns one by one, so that memory holds no matrix. What comes out is in the order of the plan.
///
/// # Errors
/// [`Cancelled`] when the control says so.
///
/// # Panics
/// As [`features`].
pub fn each_feature<T: Send>(
    panel: &Panel,
    plan: &FeaturePlan,
    rows: &[u32],
    control: &Control<'_>,
    at_once: usize,
    take: impl Fn(&PlannedFeature, Vec<f32>) -> T + Sync,
) -> Result<Vec<T>, Cancelled> {
    let work = Work::of(panel, plan, rows, control);
    let mut taken = Vec::with_capacity(plan.features.len());
    for some in plan.features.chunks(at_once.max(1)) {
        let ahead = Ahead::of(panel, some, control)?;
        let each = some
            .par_iter()
            .map(|feature| Ok(take(feature, work.column(feature, &ahead)?)));
        taken.extend(each.collect::<Result<Vec<T>, Cancelled>>()?);
    }
    Ok(taken)
}

/// What the features of a plan have in common.
struct Work<'a> {
    panel: &'a Panel,
    rows: &'a [u32],
    pieces: Vec<Range<usize>>,
    control: &'a Control<'a>,
    done: AtomicU64,
    total: u64,
}

impl<'a> Work<'a> {
    fn of(panel: &'a Panel, plan: &FeaturePlan, rows: &'a [u32], control: &'a Control<'a>) -> Self {
        assert!(
            rows.windows(2).all(|pair| pair[0] < pair[1]),
            "rows must rise strictly"
        );
        let pieces = pieces(panel, rows);
        Self {
            panel,
            rows,
            control,
            done: AtomicU64::new(0),
            total: (pieces.len() * plan.features.len()) as u64,
            pieces,
        }
    }

    fn column(&self, feature: &PlannedFeature, ahead: &Ahead) -> Result<Vec<f32>, Cancelled> {
        let bound = Bound::to(self.panel, feature, ahead);
        let mut column = vec![0.0; self.rows.len()];
        let parts = parts_of(&mut column, &self.pieces);
        parts.into_par_iter().try_for_each(|(piece, part)| {
            if self.control.cancel.load(Ordering::Relaxed) {
                return Err(Cancelled);
            }
            fill(self.panel, &bound, &self.rows[piece], part);
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            (self.control.progress)(done, self.total);
            Ok(())
        })?;
        Ok(column)
    }
}

/// One feature for every row of the panel, in full precision.
///
/// # Panics
/// When the panel lacks a column or a context of the feature.
pub fn feature_values(panel: &Panel, feature: &PlannedFeature) -> Vec<f64> {
    let control = Control {
        cancel: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    let ahead = Ahead::of(panel, [feature], &control).expect("nobody cancels it");
    Bound::to(panel, feature, &ahead).whole(panel).into_owned()
}

/// Parts the rows asked for at borders of entities: ranges of positions in `rows`.
fn pieces(panel: &Panel, rows: &[u32]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < rows.len() {
        let first = panel.range_of(panel.entity_of(rows[start] as usize)).start;
        let target = (first + ROWS_PER_PIECE - 1).min(panel.rows() - 1);
        let end = panel.range_of(panel.entity_of(target)).end;
        let stop = start + rows[start..].partition_point(|row| (*row as usize) < end);
        pieces.push(start..stop);
        start = stop;
    }
    pieces
}

/// Each piece with its part of the column.
fn parts_of<'a>(column: &'a mut [f32], pieces: &[Range<usize>]) -> Vec<(Range<usize>, &'a mut [f32])> {
    let mut rest = column;
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let (part, after) = rest.split_at_mut(piece.len());
        parts.push((piece.clone(), part));
        rest = after;
    }
    parts
}

/// Computes a feature entity by entity and keeps the rows asked for.
fn fill(panel: &Panel, feature: &Bound<'_>, rows: &[u32], out: &mut [f32]) {
    let mut scratch = Scratch::default();
    let mut values = Vec::new();
    let mut next = 0;
    while next < rows.len() {
        let of_entity = panel.range_of(panel.entity_of(rows[next] as usize));
        values.clear();
        values.resize(of_entity.len(), f64::NAN);
        feature.fill(of_entity.clone(), &mut scratch, &mut values);
        while let Some(row) = rows.get(next).map(|row| *row as usize)
            && row < of_entity.end
        {
            out[next] = narrow(values[row - of_entity.start]);
            next += 1;
        }
    }
}

/// A value as a model sees it: NaN stays, and what lies beyond the range of `f32` becomes its largest.
pub fn narrow(value: f64) -> f32 {
    // NaN stays NaN under clamp.
    value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}
