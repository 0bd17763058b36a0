//! Rows from a seed.

use mltraining_domain::{
    AlgorithmSpec, DecisionTreeSpec, ExtraTreesSpec, GaussianNbSpec, GradientBoostingSpec, Growth, KnnSpec,
    LogisticRegressionSpec, RandomForestSpec,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics::{Cut, measure};
use mltraining_learn::model::Model;

/// Numbers in [0, 1) of 12 bits each (Numerical Recipes' linear congruential generator), so that f32 holds them and
/// their products without rounding.
pub(crate) struct Numbers(u32);

impl Numbers {
    pub(crate) fn of(seed: u32) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.0 >> 20) / 4096.0
    }
}

/// A signal that no weighted sum sees: an exclusive or.
pub(crate) fn exclusive_or(row: &[f64]) -> f64 {
    if (row[0] > 0.5) == (row[1] > 0.5) {
        0.1
    } else {
        0.9
    }
}

/// A matrix and its labels, the first half for training.
pub(crate) struct Rows {
    pub(crate) x: Matrix,
    pub(crate) labels: Vec<u8>,
}

impl Rows {
    /// `features` independent uniform columns; positive with the probability that `chance` gives for a row.
    pub(crate) fn of(seed: u32, rows: usize, features: usize, chance: impl Fn(&[f64]) -> f64) -> Self {
        let mut numbers = Numbers::of(seed);
        let mut columns = vec![Vec::with_capacity(rows); features];
        let mut labels = Vec::with_capacity(rows);
        for _ in 0..rows {
            let row: Vec<f64> = (0..features).map(|_| numbers.next()).collect();
            for (column, &value) in columns.iter_mut().zip(&row) {
                column.push(value as f32);
            }
            labels.push(u8::from(numbers.next() < chance(&row)));
        }
        Self {
            x: matrix(columns),
            labels,
        }
    }

    pub(crate) fn train(&self) -> Vec<u32> {
        (0..self.labels.len() as u32 / 2).collect()
    }

    pub(crate) fn test(&self) -> Vec<u32> {
        (self.labels.len() as u32 / 2..self.labels.len() as u32).collect()
    }

    pub(crate) fn fit(&self, spec: &AlgorithmSpec) -> Model {
        fit(spec, &self.x, &self.train(), &self.labels, 42, &Control::none()).unwrap()
    }

    /// ROC AUC of scores of the test rows.
    pub(crate) fn auc(&self, scores: &[f64]) -> f64 {
        let labels = &self.labels[self.labels.len() / 2..];
        measure(labels, scores, Cut::None).roc_auc.unwrap()
    }

    /// ROC AUC on the test rows when trained on the training rows.
    pub(crate) fn fitted_auc(&self, spec: &AlgorithmSpec) -> f64 {
        self.auc(&self.fit(spec).predict(&self.x, &self.test()))
    }
}

pub(crate) fn matrix(columns: Vec<Vec<f32>>) -> Matrix {
    Matrix::new((0..columns.len()).map(|j| format!("f{j}")).collect(), columns).unwrap()
}

/// Every learner of classes; boosting in each of its ways to grow.
pub(crate) fn specs() -> [AlgorithmSpec; 9] {
    let trees = RandomForestSpec {
        trees: 40,
        ..RandomForestSpec::default()
    };
    [
        AlgorithmSpec::RandomForest(trees),
        AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        AlgorithmSpec::ExtraTrees(ExtraTreesSpec {
            trees: 20,
            ..ExtraTreesSpec::default()
        }),
        boosting(Growth::DepthWise),
        boosting(Growth::LeafWise { max_leaves: 20 }),
        boosting(Growth::Symmetric),
        AlgorithmSpec::DecisionTree(DecisionTreeSpec::default()),
        AlgorithmSpec::GaussianNb(GaussianNbSpec::default()),
        AlgorithmSpec::Knn(KnnSpec { neighbors: 20 }),
    ]
}

/// Few trees on samples of rows and features.
pub(crate) fn boosting(growth: Growth) -> AlgorithmSpec {
    AlgorithmSpec::GradientBoosting(GradientBoostingSpec {
        trees: 10,
        max_depth: 5,
        growth,
        row_share: 0.8,
        feature_share: 0.7,
        ..GradientBoostingSpec::default()
    })
}
