//! A fitted sum of trees.

use crate::functions::logistic;
use crate::matrix::Matrix;
use crate::tree::{self, Tree};

/// What is made of the sum of the trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Its logistic function: the sum is the log odds.
    Logistic,
    /// Nothing: the sum is the number that is foreseen.
    Identity,
}

/// A base and a sum of trees, and what is made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    link: Link,
    base: f64,
    trees: Vec<Tree>,
    gains: Vec<f64>,
}

impl Boosted {
    /// A finite base and at least one tree, over as many features as there are gains. `None` when there is none.
    pub(crate) fn new(link: Link, base: f64, trees: Vec<Tree>, gains: Vec<f64>) -> Option<Self> {
        (base.is_finite() && !trees.is_empty()).then_some(Self {
            link,
            base,
            trees,
            gains,
        })
    }

    /// What is made of the sum.
    pub fn link(&self) -> Link {
        self.link
    }

    /// The sum before any tree.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The trees, in the order in which they were grown; their leaves are parts of the sum.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// What the splits on each feature gained (XGBoost's `total_gain`), over all trees.
    pub fn gains(&self) -> &[f64] {
        &self.gains
    }

    /// The probability of a positive, or the number, for each of `rows`.
    pub(crate) fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        match self.link {
            Link::Logistic => tree::sum(&self.trees, x, rows, self.base, logistic),
            Link::Identity => tree::sum(&self.trees, x, rows, self.base, |sum| sum),
        }
    }
}
