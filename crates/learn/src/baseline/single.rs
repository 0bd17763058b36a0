//! The feature that tells most of the label alone, as a rule of its own.

use crate::functions::logistic;
use crate::matrix::Matrix;
use crate::metrics;
use mltraining_domain::Direction;
use rayon::prelude::*;

/// So many training rows, evenly spaced, choose the feature.
const LOOKED_AT: usize = 100_000;
/// Newton needs some six steps; more change nothing.
const STEPS: usize = 50;
/// Keeps the two weights finite where the feature parts the classes.
const RIDGE: f64 = 1e-6;

/// One feature as a rule: the higher its value (or the lower), the likelier a positive.
#[derive(Debug, Clone, PartialEq)]
pub struct SingleRule {
    /// The column.
    pub feature: usize,
    /// ROC AUC on the training rows that chose it, at least 0.5.
    pub train_roc_auc: f64,
    /// Which values are those of positives: the large ones with [`Direction::Up`].
    pub direction: Direction,
    /// Known values of the training rows, rising.
    sorted: Vec<f32>,
    intercept: f64,
    slope: f64,
    /// The score of a row whose value is missing: the share of positives among the training rows.
    prevalence: f64,
}

impl SingleRule {
    /// Chooses the feature with the highest ROC AUC on `rows`, either way round, a missing value lying in the middle of the
    /// known ones; of equals the first. Then fits the chance of a positive as a logistic function of the place of the value
    /// among the training values (its share of them that lie below, ties half): this keeps the order and makes scores that can
    /// stand beside probabilities. At most 100,000 rows, evenly spaced, are looked at.
    ///
    /// `labels` has one entry per matrix row, 0 or 1. `None` when the rows lack a class or no feature has a known value.
    ///
    /// # Panics
    /// When a row lies outside `labels` or the matrix.
    pub fn choose(matrix: &Matrix, labels: &[u8], rows: &[u32]) -> Option<Self> {
        let step = rows.len().div_ceil(LOOKED_AT).max(1);
        let looked_at: Vec<u32> = rows.iter().copied().step_by(step).collect();
        let known: Vec<u8> = looked_at.iter().map(|&row| labels[row as usize]).collect();
        let measured: Vec<Option<f64>> = (0..matrix.features())
            .into_par_iter()
            .map(|j| {
                let column = matrix.column(j);
                let sorted = sorted(&column, &looked_at)?;
                let places: Vec<f64> = looked_at
                    .iter()
                    .map(|&row| place(&sorted, column[row as usize]).unwrap_or(0.5))
                    .collect();
                metrics::roc_auc(&known, &places)
            })
            .collect();
        let strength = |auc: f64| auc.max(1.0 - auc);
        let found = measured
            .into_iter()
            .enumerate()
            .filter_map(|(j, auc)| Some((j, auc?)));
        let (feature, auc) = found.reduce(|a, b| if strength(b.1) > strength(a.1) { b } else { a })?;
        let mut rule = Self {
            feature,
            train_roc_auc: strength(auc),
            direction: if auc < 0.5 { Direction::Down } else { Direction::Up },
            sorted: sorted(&matrix.column(feature), &looked_at)?,
            intercept: 0.0,
            slope: 0.0,
            prevalence: super::prevalence(labels, rows),
        };
        rule.weigh(matrix, &known, &looked_at);
        Some(rule)
    }

    /// The scores of `rows`, probabilities of a positive; a missing value has the share of positives in training.
    ///
    /// # Panics
    /// When a row lies outside the matrix, or the matrix has no such column.
    pub fn scores(&self, matrix: &Matrix, rows: &[u32]) -> Vec<f64> {
        let column = matrix.column(self.feature);
        let score = |&row: &u32| match place(&self.sorted, column[row as usize]) {
            Some(place) => logistic(self.intercept + self.slope * place),
            None => self.prevalence,
        };
        rows.iter().map(score).collect()
    }

    /// Fits the two weights on the known values: Newton on the logistic loss.
    fn weigh(&mut self, matrix: &Matrix, labels: &[u8], rows: &[u32]) {
        let column = matrix.column(self.feature);
        let known: Vec<(f64, f64)> = rows
            .iter()
            .zip(labels)
            .filter_map(|(&row, &label)| Some((place(&self.sorted, column[row as usize])?, f64::from(label))))
            .collect();
        let (mut a, mut b) = (0.0, 0.0);
        for _ in 0..STEPS {
            let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (-RIDGE * a, -RIDGE * b, RIDGE, 0.0, RIDGE);
            for &(x, y) in &known {
                let p = logistic(a + b * x);
                let (off, weight) = (y - p, p * (1.0 - p));
                ga += off;
                gb += off * x;
                haa += weight;
                hab += weight * x;
                hbb += weight * x * x;
            }
            let determinant = haa * hbb - hab * hab;
            if determinant.is_nan() || determinant <= 0.0 {
                break;
            }
            let step = (
                (hbb * ga - hab * gb) / determinant,
                (haa * gb - hab * ga) / determinant,
            );
            // Away from the optimum a whole step may overshoot; eight units of log odds never do harm.
            (a, b) = (a + step.0.clamp(-8.0, 8.0), b + step.1.clamp(-8.0, 8.0));
            if step.0.abs() + step.1.abs() < 1e-9 {
                break;
            }
        }
        (self.intercept, self.slope) = (a, b);
    }
}

/// The known values of `rows`, rising; `None` when there is none.
fn sorted(column: &[f32], rows: &[u32]) -> Option<Vec<f32>> {
    let values = rows.iter().map(|&row| column[row as usize]);
    let mut known: Vec<f32> = values.filter(|value| !value.is_nan()).collect();
    known.sort_unstable_by(f32::total_cmp);
    (!known.is_empty()).then_some(known)
}

/// What one feature alone says of `rows`, by a rule that was chosen on others: the place of each value among those of the rows, from
/// 0 to 1, turned so that a high one is that of a positive; a missing value lies in the middle. It is an order, no probability.
/// `None` when no value is known.
///
/// # Panics
/// When a row lies outside the matrix, or the matrix has no such column.
pub fn order_by(matrix: &Matrix, feature: usize, direction: Direction, rows: &[u32]) -> Option<Vec<f64>> {
    let column = matrix.column(feature);
    let sorted = sorted(&column, rows)?;
    let turned = |place: f64| match direction {
        Direction::Up => place,
        Direction::Down => 1.0 - place,
    };
    let score = |&row: &u32| place(&sorted, column[row as usize]).map_or(0.5, turned);
    Some(rows.iter().map(score).collect())
}

/// The share of `sorted` below `value`, ties half; `None` for a missing value.
fn place(sorted: &[f32], value: f32) -> Option<f64> {
    if value.is_nan() {
        return None;
    }
    let below = sorted.partition_point(|known| *known < value);
    let not_above = below + sorted[below..].partition_point(|known| *known <= value);
    Some((below + not_above) as f64 / (2 * sorted.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::roc_auc;

    #[test]
    fn a_rule_that_was_chosen_elsewhere_orders_rows_by_its_feature() {
        let column = vec![3.0, f32::NAN, 1.0, 2.0, 9.0];
        let x = Matrix::new(vec!["a".to_owned()], vec![column]).unwrap();
        let order = |direction| order_by(&x, 0, direction, &[0, 1, 2, 3]).unwrap();
        assert_eq!(order(Direction::Up), [2.5 / 3.0, 0.5, 0.5 / 3.0, 0.5]);
        assert_eq!(
            order(Direction::Down),
            [1.0 - 2.5 / 3.0, 0.5, 1.0 - 0.5 / 3.0, 0.5]
        );
        assert_eq!(order_by(&x, 0, Direction::Up, &[1]), None);
    }

    /// `told` falls with the label in the first half and rises in the second; `weak` tells little, `missing` nothing.
    fn matrix() -> (Matrix, Vec<u8>) {
        let labels: Vec<u8> = (0..400).map(|row| u8::from(row % 4 == 0)).collect();
        let told = (0..400).map(|row| {
            let sign = if row < 200 { -1.0 } else { 1.0 };
            sign * f32::from(labels[row]) + (row % 7) as f32 / 10.0
        });
        let weak = (0..400).map(|row| (row % 16) as f32).collect();
        let missing = vec![f32::NAN; 400];
        let names = ["missing", "weak", "told"].map(str::to_owned).to_vec();
        let matrix = Matrix::new(names, vec![missing, weak, told.collect()]).unwrap();
        (matrix, labels)
    }

    #[test]
    fn the_feature_and_its_direction_come_from_the_training_rows_alone() {
        let (matrix, labels) = matrix();
        let (first, second): (Vec<u32>, Vec<u32>) = ((0..200).collect(), (200..400).collect());
        let auc = |rule: &SingleRule, rows: &[u32]| {
            let known: Vec<u8> = rows.iter().map(|&row| labels[row as usize]).collect();
            roc_auc(&known, &rule.scores(&matrix, rows)).unwrap()
        };
        let rule = SingleRule::choose(&matrix, &labels, &first).unwrap();
        assert_eq!((rule.feature, rule.direction), (2, Direction::Down));
        assert!(auc(&rule, &first) > 0.99 && rule.train_roc_auc > 0.99);
        assert!(
            auc(&rule, &second) < 0.01,
            "it does not turn round on rows that it has not seen"
        );
        let rule = SingleRule::choose(&matrix, &labels, &second).unwrap();
        assert_eq!((rule.feature, rule.direction), (2, Direction::Up));
    }

    #[test]
    fn a_missing_value_has_the_prevalence_of_training() {
        let (_, labels) = matrix();
        let column = (0..400).map(|row| match row % 5 {
            0 => f32::NAN,
            _ => f32::from(labels[row]) + (row % 3) as f32,
        });
        let matrix = Matrix::new(vec!["x".to_owned()], vec![column.collect()]).unwrap();
        let rows: Vec<u32> = (0..400).collect();
        let rule = SingleRule::choose(&matrix, &labels, &rows[..300]).unwrap();
        let scores = rule.scores(&matrix, &rows);
        assert_eq!(scores[5], 0.25);
        let known: Vec<f64> = (0..300)
            .filter(|row| row % 5 != 0)
            .map(|row| scores[row])
            .collect();
        let positives = (0..300).filter(|row| row % 5 != 0 && row % 4 == 0).count();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let share = positives as f64 / known.len() as f64;
        assert!(
            (mean - share).abs() < 1e-6,
            "a logistic fit keeps the mean: {mean}, {share}"
        );
    }

    #[test]
    fn classes_that_a_feature_parts_give_finite_scores_and_a_lack_of_a_class_gives_no_rule() {
        let labels: Vec<u8> = (0..100).map(|row| u8::from(row >= 50)).collect();
        let matrix = Matrix::new(
            vec!["x".to_owned()],
            vec![(0..100).map(|row| row as f32).collect()],
        )
        .unwrap();
        let rows: Vec<u32> = (0..100).collect();
        let scores = SingleRule::choose(&matrix, &labels, &rows)
            .unwrap()
            .scores(&matrix, &rows);
        assert!(scores.iter().all(|p| (0.0..=1.0).contains(p)));
        assert!(scores[0] < 0.01 && scores[99] > 0.99);
        assert_eq!(SingleRule::choose(&matrix, &labels, &rows[..50]), None);
    }
}
