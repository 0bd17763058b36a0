//! Gradients as whole numbers, so that their sums are exact and come out the same in any order.
//!
//! Every row has a fine pair: first and second derivative of its loss, in 2^-30. A leaf's value comes from the exact sums of
//! fine pairs. Histograms hold both sums in one word, so that one addition counts both; for that the pairs are rounded to as
//! many bits as the sum over all rows leaves room for.

use super::margins::Margins;
use crate::control::Control;
use crate::fit::FitError;
use crate::functions::logistic_single;
use rayon::prelude::*;

/// Units of a fine number that make 1.
const ONE: f32 = (1u32 << 30) as f32;
/// Rows whose gradients are computed in one go.
const CHUNK: usize = 8192;
/// Rows that are computed side by side.
const LANES: usize = 64;
/// The largest second derivative of a row of weight 1, in fine units.
const MOST_CURVATURE: u64 = 1 << 28;

/// First and second derivative of one row's loss, in 2^-30.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Fine {
    gradient: i32,
    curvature: u32,
}

/// Exact sums of fine pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    gradient: i64,
    curvature: u64,
}

/// Rounded sums of both derivatives in one word: the gradient in the low half, with its sign borrowed from the high one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell(i64);

/// How fine pairs are rounded: to multiples of 2^shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    gradient: u32,
    curvature: u32,
}

/// What came true in the rows of a fit, and what they weigh, as shares of the heaviest.
pub(super) struct RowTruth<'a> {
    pub(super) truth: Truth<'a>,
    pub(super) by_row: Option<&'a [f32]>,
}

/// What came true, in the order of the rows.
#[derive(Clone, Copy)]
pub(super) enum Truth<'a> {
    /// 0 or 1, and what each class weighs.
    Classes { labels: &'a [u8], by_class: [f32; 2] },
    /// Numbers on the scale of the margins, about within -1 to 1.
    Numbers(&'a [f32]),
}

/// Weight of a row with a number to foresee, so that its second derivative is no larger than that of a class.
pub(super) const NUMBER_WEIGHT: f32 = 0.25;

impl RowTruth<'_> {
    pub(super) fn weight_of(&self, row: usize) -> f32 {
        let whole = match self.truth {
            Truth::Classes { labels, by_class } => by_class[usize::from(labels[row])],
            Truth::Numbers(_) => NUMBER_WEIGHT,
        };
        self.by_row.map_or(whole, |weights| whole * weights[row])
    }
}

/// Writes the pair of every row at its margin (of numbers those of half the squared error), and gives the scale that leaves room for the sum of all.
pub(super) fn refresh(
    truth: &RowTruth<'_>,
    margins: &Margins,
    fine: &mut [Fine],
    control: &Control<'_>,
) -> Result<Scale, FitError> {
    let rows = fine.len();
    let (gradient, curvature) = fine
        .par_chunks_mut(CHUNK)
        .enumerate()
        .map(|(chunk, fine)| {
            control.check()?;
            let mut totals = (0u64, 0u64);
            for (part, fine) in fine.chunks_mut(LANES).enumerate() {
                let first = chunk * CHUNK + part * LANES;
                refresh_some(truth, margins, first, fine);
                for pair in fine {
                    totals.0 += u64::from(pair.gradient.unsigned_abs());
                    totals.1 += u64::from(pair.curvature);
                }
            }
            Ok(totals)
        })
        .try_reduce(|| (0, 0), |a, b| Ok((a.0 + b.0, a.1 + b.1)))?;
    Ok(Scale::of(gradient, curvature, rows))
}

fn refresh_some(truth: &RowTruth<'_>, margins: &Margins, first: usize, fine: &mut [Fine]) {
    let (mut z, mut y, mut w) = ([0f32; LANES], [0f32; LANES], [0f32; LANES]);
    for i in 0..fine.len() {
        z[i] = margins.of(first + i);
        y[i] = match truth.truth {
            Truth::Classes { labels, .. } => f32::from(labels[first + i]),
            Truth::Numbers(numbers) => numbers[first + i],
        };
        w[i] = truth.weight_of(first + i);
    }
    let (mut gradients, mut curvatures) = ([0i32; LANES], [0i32; LANES]);
    match truth.truth {
        Truth::Classes { .. } => {
            for i in 0..LANES {
                let (p, w) = (logistic_single(z[i]), w[i] * ONE);
                gradients[i] = ((p - y[i]) * w) as i32;
                curvatures[i] = (p * (1.0 - p) * w) as i32;
            }
        }
        Truth::Numbers(_) => {
            for i in 0..LANES {
                let w = w[i] * ONE;
                gradients[i] = ((z[i] - y[i]) * w) as i32;
                curvatures[i] = w as i32;
            }
        }
    }
    for (i, pair) in fine.iter_mut().enumerate() {
        *pair = Fine {
            gradient: gradients[i],
            curvature: curvatures[i].max(1) as u32,
        };
    }
}

impl Sums {
    /// Of some rows.
    pub(super) fn of(rows: &[u32], fine: &[Fine]) -> Self {
        rows.iter().fold(Self::default(), |sums, &row| {
            let pair = fine[row as usize];
            Self {
                gradient: sums.gradient + i64::from(pair.gradient),
                curvature: sums.curvature + u64::from(pair.curvature),
            }
        })
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            curvature: self.curvature + other.curvature,
        }
    }

    /// Sums of the first and of the second derivatives.
    pub(super) fn values(self) -> (f64, f64) {
        let unit = 1.0 / f64::from(ONE);
        (self.gradient as f64 * unit, self.curvature as f64 * unit)
    }
}

impl Scale {
    /// For so many rows with these sums of absolute fine numbers: no sum over any of them leaves 31 bits and a sign.
    fn of(gradient: u64, curvature: u64, rows: usize) -> Self {
        // Rounding may add half a unit for each row.
        let room = (i32::MAX as u64).saturating_sub(rows as u64 / 2 + 1);
        let shift = |total: u64| (0..).find(|shift| total >> shift < room).unwrap_or(0);
        Self {
            gradient: shift(gradient),
            curvature: shift(curvature),
        }
    }

    #[inline]
    pub(super) fn round(self, fine: Fine) -> Cell {
        let nearest = |value: i64, shift: u32| (value + (1 << shift >> 1)) >> shift;
        let gradient = nearest(i64::from(fine.gradient), self.gradient);
        Cell(gradient + (nearest(i64::from(fine.curvature), self.curvature) << 32))
    }

    /// What one unit of a cell's halves is worth.
    pub(super) fn units(self) -> (f32, f32) {
        let unit = |shift: u32| (1u64 << shift) as f32 / ONE;
        (unit(self.gradient), unit(self.curvature))
    }

    /// Sums of the first and of the second derivatives.
    pub(super) fn values(self, cell: Cell) -> (f64, f64) {
        let (gradient, curvature) = self.units();
        (
            f64::from(cell.gradient()) * f64::from(gradient),
            f64::from(cell.curvature()) * f64::from(curvature),
        )
    }

    /// At least so many rows have this sum of second derivatives.
    pub(super) fn rows_at_least(self, cell: Cell) -> u64 {
        let most = (MOST_CURVATURE >> self.curvature) + 1;
        cell.curvature().max(0) as u64 / most
    }
}

impl Cell {
    pub(super) fn new(gradient: i32, curvature: i32) -> Self {
        Self(i64::from(gradient) + (i64::from(curvature) << 32))
    }

    #[inline]
    pub(super) fn gradient(self) -> i32 {
        self.0 as i32
    }

    #[inline]
    pub(super) fn curvature(self) -> i32 {
        ((self.0 + (1 << 31)) >> 32) as i32
    }
}

impl std::ops::Add for Cell {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for Cell {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::ops::AddAssign for Cell {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl std::ops::SubAssign for Cell {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the pairs are: both halves of a sum of cells are the sums of the rounded halves.
        #[test]
        fn a_cell_keeps_both_sums_apart(
            pairs in proptest::collection::vec((-(1i32 << 30)..=1 << 30, 1u32..=1 << 28), 1..200)
        ) {
            let pairs: Vec<Fine> =
                pairs.into_iter().map(|(gradient, curvature)| Fine { gradient, curvature }).collect();
            let total = |of: fn(&Fine) -> u64| pairs.iter().map(of).sum::<u64>();
            let scale = Scale::of(
                total(|p| u64::from(p.gradient.unsigned_abs())), total(|p| u64::from(p.curvature)), pairs.len()
            );
            let cell = pairs.iter().fold(Cell::default(), |sum, &pair| sum + scale.round(pair));
            let (gradient, curvature) = scale.values(cell);
            let rows: Vec<u32> = (0..pairs.len() as u32).collect();
            let exact = Sums::of(&rows, &pairs).values();
            let (unit, curve) = scale.units();
            let off = pairs.len() as f64 / 2.0;
            prop_assert!((gradient - exact.0).abs() <= off * f64::from(unit), "{gradient} {exact:?}");
            prop_assert!((curvature - exact.1).abs() <= off * f64::from(curve), "{curvature} {exact:?}");
            prop_assert!(scale.rows_at_least(cell) <= pairs.len() as u64);
        }
    }
}
