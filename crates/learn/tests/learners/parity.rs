//! smartcore as the oracle, where it computes the same thing: a tree on columns of few values (each value is a bin of ours), ridge, and
//! logistic regression on columns that are standardised before. What it computes otherwise is compared by what it is worth: see forest.rs.

use crate::seeded::{Numbers, matrix};
use mltraining_domain::{AlgorithmSpec, ClassWeight, DecisionTreeSpec, LogisticRegressionSpec, RidgeSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitRows, Truth, fit_truth};
use mltraining_learn::model::Model;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};
use smartcore::tree::decision_tree_classifier::{DecisionTreeClassifier, DecisionTreeClassifierParameters};
use smartcore::tree::decision_tree_regressor::{DecisionTreeRegressor, DecisionTreeRegressorParameters};

const ROWS: usize = 600;
const DEPTH: u32 = 5;
const LEAF: u32 = 8;

/// Columns of 20 to 100 different values, a number to foresee and its class.
struct Fixed {
    columns: Vec<Vec<f32>>,
    targets: Vec<f32>,
    labels: Vec<u8>,
}

impl Fixed {
    fn of(seed: u32) -> Self {
        let mut numbers = Numbers::of(seed);
        let steps = [20.0, 33.0, 64.0, 100.0];
        let mut columns = vec![Vec::new(); steps.len()];
        let (mut targets, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..ROWS {
            let row: [f64; 4] = std::array::from_fn(|j| (numbers.next() * steps[j]).floor() / steps[j]);
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value as f32);
            }
            let step = f64::from(u8::from((row[0] > 0.4) == (row[2] > 0.6)));
            let number = step + 0.5 * row[1] - 0.3 * row[3] + 0.4 * numbers.next();
            targets.push(number as f32);
            labels.push(u8::from(number > 0.8));
        }
        Self {
            columns,
            targets,
            labels,
        }
    }

    fn fit(&self, spec: &AlgorithmSpec, truth: Truth<'_>) -> (Model, Vec<f64>) {
        let (x, all) = (matrix(self.columns.clone()), all());
        let rows = FitRows {
            train: &all,
            validation: &[],
        };
        let model = fit_truth(spec, &x, rows, truth, None, 1, &Control::none()).unwrap();
        let said = model.predict(&x, &all);
        (model, said)
    }

    /// As smartcore has it, each column changed by `change`.
    fn dense(&self, change: impl Fn(&[f32], f64) -> f64) -> DenseMatrix<f64> {
        let row = |i: usize| {
            let columns = self.columns.iter();
            columns
                .map(|column| change(column, f64::from(column[i])))
                .collect()
        };
        DenseMatrix::from_2d_vec(&(0..ROWS).map(row).collect::<Vec<Vec<f64>>>()).unwrap()
    }

    fn numbers(&self) -> Vec<f64> {
        self.targets.iter().copied().map(f64::from).collect()
    }
}

fn all() -> Vec<u32> {
    (0..ROWS as u32).collect()
}

fn plain(_: &[f32], value: f64) -> f64 {
    value
}

/// Mean 0, variance 1 by all rows.
fn standardised(column: &[f32], value: f64) -> f64 {
    let rows = column.len() as f64;
    let mean = column.iter().copied().map(f64::from).sum::<f64>() / rows;
    let squares = column.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>();
    (value - mean) / (squares / rows).sqrt()
}

fn near(ours: &[f64], theirs: &[f64], most: f64) {
    assert_eq!(ours.len(), theirs.len());
    for (place, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() < most, "row {place}: {a}, smartcore {b}");
    }
}

fn tree() -> AlgorithmSpec {
    AlgorithmSpec::DecisionTree(DecisionTreeSpec {
        max_depth: DEPTH,
        min_samples_leaf: LEAF,
        class_weight: ClassWeight::None,
    })
}

/// smartcore counts the root as a level.
const LEVELS: u16 = DEPTH as u16 + 1;

/// The same splits leave the same rows in the same leaf, and a leaf says their mean.
#[test]
fn a_tree_of_numbers_has_the_leaves_of_that_of_smartcore() {
    for seed in [3, 4, 5] {
        let fixed = Fixed::of(seed);
        let (_, ours) = fixed.fit(&tree(), Truth::Numbers(&fixed.targets));
        let parameters = DecisionTreeRegressorParameters::default()
            .with_max_depth(LEVELS)
            .with_min_samples_leaf(LEAF as usize);
        let x = fixed.dense(plain);
        let oracle = DecisionTreeRegressor::fit(&x, &fixed.numbers(), parameters).unwrap();
        let theirs: Vec<f64> = oracle.predict(&x).unwrap();
        let mut leaves: Vec<u64> = theirs.iter().map(|said| said.to_bits()).collect();
        leaves.sort_unstable();
        leaves.dedup();
        assert!(leaves.len() > 15, "seed {seed}: {} leaves", leaves.len());
        near(&ours, &theirs, 1e-6);
    }
}

/// Squared error over 0 and 1 falls as Gini impurity does: a tree of classes says the share of positives that a tree of numbers says.
#[test]
fn a_tree_of_classes_says_the_shares_of_smartcores_tree_and_decides_as_its_classifier() {
    let fixed = Fixed::of(6);
    let (_, ours) = fixed.fit(&tree(), Truth::Classes(&fixed.labels));
    let x = fixed.dense(plain);
    let labels: Vec<f64> = fixed.labels.iter().copied().map(f64::from).collect();
    let parameters = DecisionTreeRegressorParameters::default()
        .with_max_depth(LEVELS)
        .with_min_samples_leaf(LEAF as usize);
    let oracle = DecisionTreeRegressor::fit(&x, &labels, parameters).unwrap();
    let theirs: Vec<f64> = oracle.predict(&x).unwrap();
    near(&ours, &theirs, 1e-6);
    let parameters = DecisionTreeClassifierParameters::default()
        .with_max_depth(LEVELS)
        .with_min_samples_leaf(LEAF as usize);
    let classes: Vec<u32> = fixed.labels.iter().copied().map(u32::from).collect();
    let oracle = DecisionTreeClassifier::fit(&x, &classes, parameters).unwrap();
    let theirs: Vec<u32> = oracle.predict(&x).unwrap();
    let decided = ours.iter().zip(theirs).filter(|(ours, _)| **ours != 0.5);
    for (place, (ours, theirs)) in decided.enumerate() {
        assert_eq!(u32::from(*ours > 0.5), theirs, "row {place} says {ours}");
    }
}

#[test]
fn ridge_has_the_coefficients_of_smartcore() {
    let fixed = Fixed::of(7);
    for l2 in [0.1, 1.0, 50.0] {
        let spec = AlgorithmSpec::Ridge(RidgeSpec { l2 });
        let (model, ours) = fixed.fit(&spec, Truth::Numbers(&fixed.targets));
        let x = fixed.dense(plain);
        let parameters = RidgeRegressionParameters::default()
            .with_alpha(l2)
            .with_normalize(true);
        let oracle = RidgeRegression::fit(&x, &fixed.numbers(), parameters).unwrap();
        let theirs: Vec<f64> = oracle.predict(&x).unwrap();
        near(&ours, &theirs, 1e-6);
        let Model::Ridge(linear) = model else {
            panic!("a ridge was asked for, not {}", model.algorithm())
        };
        // Theirs are of plain columns, ours of standardised ones.
        let theirs = fixed.columns.iter().enumerate().map(|(j, column)| {
            let unit = standardised(column, 1.0) - standardised(column, 0.0);
            oracle.coefficients().get((j, 0)) / unit
        });
        near(linear.weights(), &theirs.collect::<Vec<f64>>(), 1e-6);
    }
}

#[test]
fn logistic_regression_has_the_coefficients_of_smartcore() {
    let fixed = Fixed::of(8);
    for l2 in [0.5, 5.0] {
        let spec = AlgorithmSpec::LogisticRegression(LogisticRegressionSpec {
            l2,
            tolerance: 1e-11,
            ..LogisticRegressionSpec::default()
        });
        let (model, _) = fixed.fit(&spec, Truth::Classes(&fixed.labels));
        let Model::Linear(linear) = model else {
            panic!("a logistic regression was asked for, not {}", model.algorithm())
        };
        let classes: Vec<u32> = fixed.labels.iter().copied().map(u32::from).collect();
        let parameters = LogisticRegressionParameters::default().with_alpha(l2);
        let oracle = LogisticRegression::fit(&fixed.dense(standardised), &classes, parameters).unwrap();
        let theirs: Vec<f64> = (0..fixed.columns.len())
            .map(|j| *oracle.coefficients().get((0, j)))
            .collect();
        near(linear.weights(), &theirs, 1e-4);
        let theirs = *oracle.intercept().get((0, 0));
        near(&[linear.intercept()], &[theirs], 1e-4);
    }
}
