//! A fitted sum of trees.

use crate::functions::logistic;
use crate::matrix::Matrix;
use crate::tree::{self, Tree};

/// The logistic function of a base and a sum of trees.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    base: f64,
    trees: Vec<Tree>,
    gains: Vec<f64>,
}

impl Boosted {
    /// A finite base and at least one tree, over as many features as there are gains. `None` when there is none.
    pub(crate) fn new(base: f64, trees: Vec<Tree>, gains: Vec<f64>) -> Option<Self> {
        (base.is_finite() && !trees.is_empty()).then_some(Self { base, trees, gains })
    }

    /// Log odds before any tree.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The trees, in the order in which they were grown; their leaves are parts of the log odds.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// What the splits on each feature gained (XGBoost's `total_gain`), over all trees.
    pub fn gains(&self) -> &[f64] {
        &self.gains
    }

    /// The probability of a positive for each of `rows`.
    pub(crate) fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        tree::sum(&self.trees, x, rows, self.base, logistic)
    }
}
