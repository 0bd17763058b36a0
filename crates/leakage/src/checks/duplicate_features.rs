//! Features that are equal, or nearly.

use super::CheckKind;
use crate::correlation::{ENOUGH, pearson};
use crate::looked::Looked;
use crate::{Check, Finding, Outcome, Scope, Severity, Subject};
use mltraining_panel::compute::Cancelled;
use rayon::prelude::*;
use std::sync::atomic::Ordering;

pub(super) static KIND: CheckKind = CheckKind {
    check: Check::DuplicateFeatures,
    description: "pairs of features that have the same bits on all rows of the sample, or a correlation (Pearson's, without its \
                  sign) of at least 0.9999 on at most 20,000 of them, fewer for more than 200 features, and 256 from some 1,700 \
                  features on. A feature is told once, with the first that it equals; those that are constant are not looked at",
    run,
};

/// So close is nearly equal.
const NEARLY: f64 = 0.9999;
/// Rows at least and at most, and rows times pairs.
const FEWEST_ROWS: usize = 256;
const ROWS: usize = 20_000;
const CELLS: usize = 400_000_000;
/// A pair is compared only when so large a part of the known values of each is known of both.
const TOGETHER: f64 = 0.9;

/// A feature at the rows that are compared, in units of its spread around its mean; NaN where unknown.
struct Column {
    index: usize,
    values: Vec<f32>,
    known: usize,
}

fn run(looked: &Looked<'_>) -> Result<Outcome, Cancelled> {
    let features = looked.matrix.features();
    let pairs = (features * features.saturating_sub(1) / 2).max(1);
    let at = looked.spread((CELLS / pairs).clamp(FEWEST_ROWS, ROWS));
    let columns: Vec<Column> = (0..features)
        .into_par_iter()
        .filter_map(|index| standardised(&looked.matrix.column(index), index, &at))
        .collect();
    let found = (0..columns.len()).into_par_iter().map(|later| {
        if looked.question.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        Ok(first_equal(looked, &columns[..later], &columns[later]))
    });
    let found: Vec<Option<Finding>> = found.collect::<Result<_, Cancelled>>()?;
    Ok(Outcome {
        scope: Scope {
            features: columns.len() as u64,
            ..looked.scope()
        },
        findings: found.into_iter().flatten().collect(),
    })
}

/// `None` for a feature that is constant or nearly always unknown.
fn standardised(column: &[f32], index: usize, at: &[usize]) -> Option<Column> {
    let known = || {
        at.iter()
            .map(|row| column[*row])
            .filter(|value| !value.is_nan())
            .map(f64::from)
    };
    let count = known().count();
    let mean = known().sum::<f64>() / count as f64;
    let spread = (known().map(|value| (value - mean).powi(2)).sum::<f64>() / count as f64).sqrt();
    let usable = count >= ENOUGH && spread > 0.0 && spread.is_finite();
    usable.then(|| Column {
        index,
        values: at
            .iter()
            .map(|row| ((f64::from(column[*row]) - mean) / spread) as f32)
            .collect(),
        known: count,
    })
}

/// The first of the earlier features that this one equals, or nearly.
fn first_equal(looked: &Looked<'_>, earlier: &[Column], this: &Column) -> Option<Finding> {
    let matrix = &looked.matrix;
    let mut closeness = earlier
        .iter()
        .map(|other| (other, correlation(other, this).abs()));
    let (other, close) = closeness.find(|(_, close)| *close >= NEARLY)?;
    let (ours, theirs) = (matrix.column(this.index), matrix.column(other.index));
    let is_equal = ours
        .iter()
        .map(|value| value.to_bits())
        .eq(theirs.iter().map(|value| value.to_bits()));
    let (name, of) = (&matrix.names()[this.index], &matrix.names()[other.index]);
    let text = match is_equal {
        true => format!("equals `{of}` on all rows; exclude one of them"),
        false => format!("goes with `{of}` with a correlation of {close:.6}; one of them is enough"),
    };
    Some(Finding {
        severity: if is_equal {
            Severity::Error
        } else {
            Severity::Warning
        },
        subject: Subject::Feature(name.clone()),
        other: Some(of.clone()),
        value: Some(if is_equal { 1.0 } else { close }),
        change: None,
        text,
    })
}

/// Over the rows where both are known; 0 when these are too few.
fn correlation(a: &Column, b: &Column) -> f64 {
    let rows = a.values.len();
    if a.known == rows && b.known == rows {
        // Both are in units of their spread already.
        let products = a
            .values
            .iter()
            .zip(&b.values)
            .map(|(a, b)| f64::from(*a) * f64::from(*b));
        return (products.sum::<f64>() / rows as f64).clamp(-1.0, 1.0);
    }
    let both = a.values.iter().zip(&b.values);
    let both = both.filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let least = TOGETHER * a.known.max(b.known) as f64;
    match both.clone().count() as f64 >= least {
        true => pearson(both.map(|(a, b)| (f64::from(*a), f64::from(*b)))).unwrap_or(0.0),
        false => 0.0,
    }
}
