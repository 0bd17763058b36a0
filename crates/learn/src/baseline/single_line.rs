//! The one feature that tells most of a number, by a straight line.

use crate::matrix::Matrix;
use mltraining_domain::Direction;
use rayon::prelude::*;

/// A straight line over one feature, fitted by least squares on the rows that know it; the mean of the label where it is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SingleLine {
    /// Index of the feature.
    pub feature: usize,
    /// Up when large values are those of large numbers.
    pub direction: Direction,
    slope: f64,
    center: f64,
    /// At the center.
    level: f64,
    /// Where the feature is missing.
    mean: f64,
}

impl SingleLine {
    /// The line that takes the most from the squared error of the training rows `rows`, of equally good ones that of the first
    /// feature; `None` when no feature has two values. `targets` has one entry per matrix row.
    ///
    /// # Panics
    /// When a row lies outside the matrix.
    pub fn choose(x: &Matrix, targets: &[f32], rows: &[u32]) -> Option<Self> {
        let mean = rows
            .iter()
            .map(|&row| f64::from(targets[row as usize]))
            .sum::<f64>()
            / rows.len() as f64;
        let lines: Vec<Option<(f64, Self)>> = (0..x.features())
            .into_par_iter()
            .map(|feature| Self::of(x, targets, rows, feature, mean))
            .collect();
        let better = |a: (f64, Self), b: (f64, Self)| if b.0 > a.0 { b } else { a };
        lines.into_iter().flatten().reduce(better).map(|(_, line)| line)
    }

    /// The line of a feature, and what it takes from the squared error.
    fn of(x: &Matrix, targets: &[f32], rows: &[u32], feature: usize, mean: f64) -> Option<(f64, Self)> {
        let column = x.column(feature);
        let known = || {
            rows.iter()
                .map(|&row| (f64::from(column[row as usize]), f64::from(targets[row as usize])))
                .filter(|(value, _)| !value.is_nan())
        };
        let (count, values, labels) = known().fold((0.0, 0.0, 0.0), |(n, x, y), (value, label)| {
            (n + 1.0, x + value, y + label)
        });
        let (center, level) = (values / count, labels / count);
        let (squares, products) = known().fold((0.0, 0.0), |(squares, products), (value, label)| {
            let apart = value - center;
            (squares + apart * apart, products + apart * (label - level))
        });
        let slope = products / squares;
        // NaN without a known value, or with one value alone.
        slope.is_finite().then_some((
            products * slope,
            Self {
                feature,
                direction: if slope < 0.0 {
                    Direction::Down
                } else {
                    Direction::Up
                },
                slope,
                center,
                level,
                mean,
            },
        ))
    }

    /// The number for each of `rows`.
    ///
    /// # Panics
    /// When a row lies outside the matrix.
    pub fn numbers(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        let column = x.column(self.feature);
        let number = |&row: &u32| match f64::from(column[row as usize]) {
            missing if missing.is_nan() => self.mean,
            value => self.level + self.slope * (value - self.center),
        };
        rows.iter().map(number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_with_the_closest_line_is_followed() {
        let targets = [1.0, 3.0, 5.0, 7.0, 100.0];
        let names = ["still", "noise", "told"].map(str::to_owned).to_vec();
        let columns = vec![
            vec![2.0; 5],
            vec![1.0, -1.0, 1.0, -1.0, 3.0],
            vec![3.0, 2.0, f32::NAN, 0.0, f32::NAN],
        ];
        let x = Matrix::new(names, columns).unwrap();
        let line = SingleLine::choose(&x, &targets, &[0, 1, 2, 3]).unwrap();
        assert_eq!((line.feature, line.direction), (2, Direction::Down));
        assert_eq!(line.numbers(&x, &[0, 3, 4]), [1.0, 7.0, 4.0]);
        let x = Matrix::new(vec!["still".to_owned()], vec![vec![2.0, f32::NAN]]).unwrap();
        assert_eq!(SingleLine::choose(&x, &[1.0, 2.0], &[0, 1]), None);
    }
}
