//! A sum of trees: the base and what the trees add, or the logistic function of that.

use super::ensemble::Ensemble;
use super::graph::Graph;
use crate::gradient_boosting::{Boosted, Link};

/// Adds the score or the number, double [rows, 1].
pub(super) fn write(boosted: &Boosted, values: &str, graph: &mut Graph) -> String {
    let mut ensemble = Ensemble::default();
    boosted.trees().iter().for_each(|tree| ensemble.tree(tree));
    let sum = ensemble.write(values, 1, graph);
    let base = graph.number(boosted.base());
    let sum = graph.op("Add", &[&sum, &base], Vec::new());
    match boosted.link() {
        Link::Logistic => graph.op("Sigmoid", &[&sum], Vec::new()),
        Link::Identity => sum,
    }
}
